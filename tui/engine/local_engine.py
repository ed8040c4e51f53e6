"""The engine that trains here: one thread trains and one writes.

JAX is imported only inside the threads, so the first frame does not wait for it. Text leaves through the token buffer,
everything else as a message.
"""

from __future__ import annotations

import io
import math
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from textual.message import Message

from model.training.events import Compiled, EpochEnd, Finished, Progress, SampleAsked, Saved, SaveFailed
from model.training.steering.training_commands import Pause, Resume, SampleNow, Save, ScaleRate, StopAfterEpoch
from model.writing.provenance import to_record
from tui.engine.messages import LOADING, EpochSamples, TrainingEvent
from tui.engine.threads import Stopped, keep_what_is_built
from tui.engine.writing.writer import Writer
from tui.engine.writing.writer_commands import EpochLeft, ShowEpoch, TrainingOver, WriterCommand
from tui.engine.writing_engine import WritingEngine
from tui.keys.key_commands import Command, HoldForShowing, PauseTraining, PinSeed, WriteNow
from tui.launch import Launch

if TYPE_CHECKING:
    from corpora.progress import TextProgress
    from model.preparing.prepare import Opened
    from model.runs.folder import Run
    from model.training.events import Event
    from model.training.publishing import Snapshot
    from model.training.trainer import Trainer
    from model.writing.provenance import Sample
    from model.writing.sample_log import SampleLog
    from model.writing.time_lapse import TimeLapse
    from tui.engine.generating.generator import ModelGenerator


_LAST_WORDS_SECONDS = 1.0
"""How long a run stays open for the last sample and the last settings when the screen closes."""

_TIMED = 20
"""Chunks of steps from whose time the rest of an epoch is estimated."""


class ThreadEngine(WritingEngine):
    """Trains and writes what a launch asks for.

    Args:
        stdin: the text of standard input, where the corpus is '-'.
    """

    def __init__(self, stdin: bytes = b"") -> None:
        super().__init__()
        self._stdin = stdin
        self._trainer: Trainer | None = None
        self._run: Run | None = None
        self._time_lapse: TimeLapse | None = None
        self._hold = self._held = False
        self._writes = True
        """Whether a showing can be waited for: the writer has not failed."""
        self._unsaved = False
        """Whether something was trained that is not known to be on the disk."""
        self._untrained: Run | None = None
        """A new run without a step."""

    def start(self, launch: Launch, post: Callable[[Message], object]) -> None:
        """Begin what was asked for; `post` takes a message for the screen from any thread without blocking."""
        self._launch, self._threads.post = launch, post
        self._threads.begin(self._train, "training", "training")

    @property
    def _kept_run(self) -> Run | None:
        return self._run

    def _obey(self, writer: Writer, command: Command | WriterCommand) -> None:
        match command:
            case PauseTraining(paused) if self._trainer:
                self._trainer.send(Pause() if paused else Resume())
            case HoldForShowing(hold):
                self._hold = hold
                self._wait_for_showing(self._held)
            case Save() | ScaleRate() | StopAfterEpoch() | SampleNow() if self._trainer:
                self._trainer.send(command)
            case PinSeed(text):
                if self._time_lapse:
                    self._time_lapse.pin(text)
                super()._obey(writer, command)
            case _:
                super()._obey(writer, command)

    def stop(self, timeout: float) -> bool:
        """Save and end all threads within `timeout` seconds; see `tui.engine.protocol`."""
        from model.training.steering.training_commands import Stop

        with self._lock:
            if not self._threads.stopping.is_set():
                self._stop_writing()
                if self._time_lapse:
                    self._time_lapse.stop()
                if self._trainer:
                    self._trainer.send(Stop())
        self._threads.join(timeout)
        if self._untrained:  # its thread may still compile, and end with the program
            self._untrained.discard_untrained()
        return not self._unsaved

    def _wait_for_showing(self, to_come: bool) -> None:
        """Pause training until a showing has been written, if the user asked for that, or resume it."""
        with self._lock:
            held = to_come and self._hold and self._writes
            if held != self._held and self._trainer:
                self._held = held
                self._trainer.send(Pause(showing=True) if held else Resume(showing=True))

    def _lose_writer(self) -> None:
        """Continue training without waiting for showings: the writer has failed."""
        self._writes = False
        self._wait_for_showing(False)

    # What follows runs in the threads.

    def _train(self) -> None:
        """Train; the run stays locked while it is open here, because samples and settings are written into it."""
        with ExitStack() as held:
            try:
                self._prepare_and_learn(held)
            except Exception as error:
                if self._run is None or self._untrained or isinstance(error, Stopped):
                    raise
                self._threads.fail(error, "training")
            self._threads.stopping.wait()
            self._threads.join_others(_LAST_WORDS_SECONDS)

    def _prepare_and_learn(self, held: ExitStack) -> None:
        from model.preparing.prepare import make_trainer, open_training, text_name
        from model.writing.stored_samples import read_samples, time_lapses_of
        from tui.engine.runs.run_history import resumed_history

        launch, notes, threads = self._launch, list[str](), self._threads

        def tell(progress: TextProgress) -> None:
            threads.stage(f"{progress.doing} {text_name(launch)}: {progress.words}")

        opened = open_training(
            launch,
            held,
            note=notes.append,
            stage=threads.stage,
            progress=tell,
            stdin=io.BytesIO(self._stdin),
        )
        past = opened.past
        if past is not None:
            threads.post(resumed_history(past, opened.corpus, notes))
            with suppress(OSError):
                for number, (seed, epochs) in enumerate(time_lapses_of(read_samples(past.run)).items()):
                    threads.post(EpochSamples(epochs, seed if number else None))
        threads.stage("starting JAX")
        trainer, run = make_trainer(opened, held, unkept=self._say_unkept, progress=tell)
        self._untrained = run if past is None else None
        self._learn(trainer, opened, run, over=past is not None and past.over)

    def _say_unkept(self, reason: str) -> None:
        self._threads.post(TrainingEvent(SaveFailed(reason)))

    def _learn(self, trainer: Trainer, opened: Opened, run: Run | None, *, over: bool) -> None:
        """Follow a training to its end; if it is `over`, only write with its weights."""
        from model.preparing.prepare import make_time_lapse, run_training
        from model.writing.sample_log import SampleLog
        from tui.engine.generating.generator import ModelGenerator
        from tui.engine.generating.seeds import CorpusSeeds

        seeds, log = CorpusSeeds(opened.corpus), SampleLog(run, self._say_unkept)
        places, streams = random.Random(trainer.recipe.random_seed), trainer.recipe.streams
        self._run, self._language_model = run, trainer.language_model()
        self._tell_text(opened.corpus)
        generator = ModelGenerator(self._language_model, seeds, places, streams)
        time_lapse = make_time_lapse(opened, trainer, run, log, self._post_samples, self._warn)

        def publish(snapshot: Snapshot) -> None:
            generator.publish(snapshot)
            time_lapse.take(snapshot)

        self._threads.stage(LOADING if over else "compiling the training step")
        self._equip(trainer, generator, time_lapse, log, over)
        events = run_training(opened, trainer, run, publish, self._threads.stopping.is_set)
        self._follow(events, time_lapse, saved=run is not None)

    def _follow(self, events: Iterable[Event], time_lapse: TimeLapse, *, saved: bool) -> None:
        """Tell the screen, the writer and the time-lapse of a training's events, up to its end."""
        frozen, times = False, deque[Progress](maxlen=_TIMED)
        for event in events:
            time_lapse.hear(event)
            match event:
                case Compiled():
                    self._unsaved, self._untrained = True, None
                case Progress():
                    times.append(event)
                    self.send(EpochLeft(_seconds_left(times)))
                case Saved() | SaveFailed():
                    saved = isinstance(event, Saved)
                case Finished():
                    self._unsaved = not saved
                case SampleAsked():
                    self.send(WriteNow())
            if isinstance(event, Compiled) or (isinstance(event, EpochEnd) and not frozen):
                keep_what_is_built()
                frozen = isinstance(event, EpochEnd)
            if isinstance(event, EpochEnd):
                self._wait_for_showing(True)
            self._threads.post(TrainingEvent(event))
            if isinstance(event, EpochEnd):
                self.send(ShowEpoch(event.epoch))
            elif isinstance(event, Finished):
                self.send(TrainingOver())

    def _post_samples(self, epoch: int, samples: tuple[Sample, ...], of_pinned: tuple[Sample, ...]) -> None:
        if samples:
            self._threads.post(EpochSamples({epoch: samples}))
        if of_pinned:
            self._threads.post(EpochSamples({epoch: of_pinned}, of_pinned[0].asked))

    def _equip(
        self, trainer: Trainer, generator: ModelGenerator, time_lapse: TimeLapse, log: SampleLog, over: bool
    ) -> None:
        """Start the writing threads, and pass on the commands that came before them."""
        writer = Writer(
            generator,
            self.buffer,
            trainer.recipe,
            sample_done=lambda sample: log.add(to_record(sample)),
            idle=lambda: self._wait_for_showing(False),
        )
        # A run that is over begins with a showing, as if its last epoch had just ended.
        over_now = (TrainingOver(), ShowEpoch(trainer.recipe.epochs)) if over else ()
        with self._lock:
            self._trainer, self._time_lapse = trainer, time_lapse
            self._begin_writing(generator, writer, over_now, self._lose_writer)
        self._threads.begin(time_lapse.run, "time-lapse")
        if run := self._run:
            stopping = self._threads.stopping
            self._threads.begin(lambda: self._settings.run(run, stopping, self._warn), "settings")


def _seconds_left(times: Sequence[Progress]) -> float:
    """Until the end of the present epoch, as fast as the last chunks were; NaN where that is not known."""
    first, last = times[0], times[-1]
    if last.step <= first.step:
        return math.nan
    pace = (last.seconds - first.seconds) / (last.step - first.step)
    return (last.steps_per_epoch - last.step_in_epoch) * pace
