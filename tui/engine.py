"""The real engine: a thread that trains and a thread that writes.

JAX is imported inside the threads alone, so the first frame need not wait for it. The threads never touch a widget:
text leaves by the token buffer, everything else as a message. They run at low priority, so the screen wins wherever
they compete.
"""

from __future__ import annotations

import gc
import io
import os
import random
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

from model.events import Compiled, EpochEnd, Finished, SaveFailed
from tui.commands import Command, HoldForShowing, PauseTraining, SetSpeed
from tui.launch import Launch
from tui.messages import EngineFailed, Stage, TrainingEvent
from tui.token_buffer import TokenBuffer
from tui.writer import CHUNK, Sample, ShowEpoch, TrainingOver, Writer

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from model.runs import Run
    from model.trainer import Trainer
    from tui.pen import AuthorsPen

Post = Callable[[Message], object]

_NICE = 10


class _Stopped(Exception):  # noqa: N818 - no error: it only unwinds the thread
    """The screen is closing: give up what is being prepared."""


class ThreadEngine:
    """Trains and writes what a launch asks for.

    Args:
        launch: from the command line.
        stdin: the text of standard input, where the corpus is '-'.
    """

    def __init__(self, launch: Launch, stdin: bytes = b"") -> None:
        self.buffer = TokenBuffer()
        self._launch, self._stdin = launch, stdin
        # Around what was asked for and its passing on, so that threads and keys keep one order.
        self._lock = threading.RLock()
        self._early: list[Command | ShowEpoch | TrainingOver] = []
        self._trainer: Trainer | None = None
        self._writer: Writer | None = None
        self._hold = self._held = self._user_paused = False
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._post: Post = lambda message: None

    def start(self, post: Callable[[Message], object]) -> None:
        """Begin; `post` takes a message for the screen from any thread without blocking."""
        self._post = post
        self._begin(self._train, "training")

    def send(self, command: Command | ShowEpoch | TrainingOver) -> None:
        """Pass on what a key asked for; what comes before the threads are ready is kept for them."""
        with self._lock:
            if self._trainer is None or self._writer is None:
                self._early.append(command)
                return
            match command:
                case PauseTraining(paused):
                    self._user_paused = paused
                    self._pause_or_resume()
                case HoldForShowing(hold):
                    self._hold = hold
                    self._held = self._held and hold
                    self._pause_or_resume()
                case _:
                    self._writer.send(command)

    def stop(self, timeout: float) -> None:
        """Save, end both threads and return within `timeout` seconds; a second call does nothing."""
        from model.commands import Stop

        if self._stopping.is_set():
            return
        self._stopping.set()
        self.buffer.close()
        with self._lock:
            trainer, writer = self._trainer, self._writer
        if writer:
            writer.stop()
        if trainer:
            trainer.send(Stop())
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _begin(self, body: Callable[[], None], name: str) -> None:
        def run() -> None:
            _yield_to_the_screen()
            try:
                body()
            except _Stopped:
                pass
            except Exception as error:
                self._fail(error)

        # Daemons: a thread in the middle of a long download or compilation must not keep the program from ending.
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _fail(self, error: Exception) -> None:
        known = _known(error)
        details = "" if known else "".join(traceback.format_exception(error))
        self._post(EngineFailed(known or _unexpected(error), details))

    def _wait_for_showing(self, to_come: bool) -> None:
        """Hold training while a showing is to come, where that was asked for, or let it go on."""
        with self._lock:
            held = to_come and self._hold
            if held != self._held:
                self._held = held
                self._pause_or_resume()

    def _pause_or_resume(self) -> None:
        from model.commands import Pause, Resume

        if self._trainer:
            self._trainer.send(Pause() if self._user_paused or self._held else Resume())

    # What follows runs in the threads.

    def _train(self) -> None:
        corpus = self._open_corpus()
        self._stage("waking JAX up")
        from model import parallel

        parallel.start(self._launch.devices)
        from model.trainer import Trainer
        from tui.pen import AuthorsPen

        launch = self._launch
        trainer = Trainer(corpus, launch.recipe, devices=launch.devices, max_seconds=launch.max_seconds)
        run = self._create_run(corpus)
        pen = AuthorsPen(trainer.author(), corpus, random.Random())
        self._stage("compiling the training step")
        self._equip(trainer, pen, run)
        for event in trainer.run(pen.publish, keep=run):
            if isinstance(event, Compiled) or (isinstance(event, EpochEnd) and event.epoch == 1):
                # What JAX has built by now stays. Looking through all of it for garbage, again and again, would hold
                # Python, and with it every key, for a tenth of a second each time.
                gc.freeze()
            if isinstance(event, EpochEnd):
                self._wait_for_showing(True)
            self._post(TrainingEvent(event))
            if isinstance(event, EpochEnd):
                self.send(ShowEpoch(event.epoch))
            elif isinstance(event, Finished):
                self.send(TrainingOver())

    def _open_corpus(self) -> Corpus:
        from corpora import open_corpus, open_default_corpus

        def progress(done: int, total: int | None) -> None:
            if self._stopping.is_set():
                raise _Stopped
            self._stage(f"downloading {name}: " + (f"{done / total:.0%}" if total else f"{done / 1e6:.1f} MB"))

        recipe, spec = self._launch.recipe, self._launch.corpus
        name = ", ".join(spec) or "nietzsche"
        self._stage(f"opening {name}")
        if not spec:
            return open_default_corpus(lowercase=recipe.lowercase, min_count=recipe.min_count, progress=progress)
        return open_corpus(
            spec,
            lowercase=recipe.lowercase,
            min_count=recipe.min_count,
            stdin=io.BytesIO(self._stdin),
            progress=progress,
        )

    def _create_run(self, corpus: Corpus) -> Run | None:
        """The run's folder. Where none can be made, training goes on all the same and the screen says so."""
        from model.runs import RunError, create_run, default_runs_folder

        launch = self._launch
        root = launch.runs or default_runs_folder()
        try:
            return create_run(
                root,
                launch.name,
                corpus.name,
                launch.recipe_name,
                launch.recipe,
                datetime.now().astimezone(),
                launch.corpus,
            )
        except RunError as error:
            if launch.name:
                raise
            self._post(TrainingEvent(SaveFailed(str(error))))
            return None

    def _equip(self, trainer: Trainer, pen: AuthorsPen, run: Run | None) -> None:
        """Start the writing thread, and hand both threads what was asked of them before they were there."""

        def keep(sample: Sample) -> None:
            if run is None:
                return
            record = asdict(sample) | {"step": pen.step, "noise_seed": pen.noise_seed}
            try:
                run.append_sample(record)
            except RunError as error:
                self._post(TrainingEvent(SaveFailed(str(error))))

        def write() -> None:
            pen.warm_up(1, CHUNK)
            writer.run()

        from model.runs import RunError

        writer = Writer(
            pen, self.buffer, self._launch.recipe, sample_done=keep, idle=lambda: self._wait_for_showing(False)
        )
        with self._lock:
            self._trainer, self._writer = trainer, writer
            early, self._early = self._early, []
            for command in [SetSpeed(self._launch.speed), *early]:
                self.send(command)
        if self._stopping.is_set():
            raise _Stopped
        self._begin(write, "writing")

    def _stage(self, text: str) -> None:
        if self._stopping.is_set():
            raise _Stopped
        self._post(Stage(text))


def _yield_to_the_screen() -> None:
    """Lower this thread's priority, and that of every thread JAX starts from it. Only Linux lets a thread do so."""
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)


def _known(error: Exception) -> str | None:
    """What our own errors say to people, who can do something about them; None for any other."""
    from corpora.corpus import CorpusError
    from model.batches import BatchError
    from model.parallel import DeviceError
    from model.recipe import RecipeError
    from model.runs import RunError

    known = isinstance(error, CorpusError | BatchError | DeviceError | RecipeError | RunError)
    return str(error) if known else None


def _unexpected(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory for this text and network: take a smaller --hidden, --batch or text."
    return f"Something unexpected stopped the engine: {type(error).__name__}: {error}. The log has the details."
