"""The engine of `--watch`: one thread follows a run that another program trains, another writes with its weights.

Nothing is written into the run but requests to the program that trains it, and its lock is not taken. JAX is imported
only inside the threads.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from model.training.events import Saved
from model.training.steering.training_commands import Command as TrainingCommand
from model.training.steering.training_commands import Pause, Resume, SampleNow, Save, ScaleRate, StopAfterEpoch
from tui.engine.messages import LOADING, Note, TrainingEvent
from tui.engine.watching.silence import LEAST
from tui.engine.writing.writer import Writer
from tui.engine.writing.writer_commands import ShowEpoch, TrainingResumed, WriterCommand
from tui.engine.writing_engine import WritingEngine
from tui.keys.key_commands import Command, PauseTraining, WriteEpochs
from tui.launch import Launch

if TYPE_CHECKING:
    from model.runs.checkpoint import Checkpoint
    from model.runs.folder import Run
    from model.writing.language_model import LanguageModel
    from tui.engine.generating.generator import ModelGenerator
    from tui.engine.generating.seeds import EarlierSeeds
    from tui.engine.watching.asking_trainer import AskingTrainer
    from tui.engine.watching.checkpoint_watch import Found
    from tui.engine.watching.follower import Follower

_LOOK_SECONDS = 0.25
"""Time between two looks into the run's folder."""


class WatchingEngine(WritingEngine):
    """Follows the run that a launch watches.

    Args:
        silence: seconds without news that are normal for any run.
    """

    def __init__(self, *, silence: float = LEAST) -> None:
        super().__init__()
        self._silence = silence
        self._newest = False
        """Whether the newest weights were loaded, not only the best."""
        self._epoch = 0
        """Whole epochs that the newest weights were trained."""
        self._asking: AskingTrainer | None = None

    def start(self, launch: Launch, post: Callable[[Message], object]) -> None:
        """Begin to follow the run; `post` takes a message for the screen from any thread without blocking."""
        self._launch, self._threads.post = launch, post
        self._threads.begin(self._follow, "following", "training")

    @property
    def _kept_run(self) -> Run | None:
        from model.runs.folder import Run

        return Run(Path(self._launch.watch)) if self._launch.watch else None

    def send(self, command: Command | WriterCommand) -> None:
        """Pass on what a key asked for; what the writer does not do needs no writer."""
        match command:
            case WriteEpochs(seed):
                with self._lock:
                    self._write_epochs(seed)
            case PauseTraining(paused):
                self._ask(Pause() if paused else Resume())
            case Save() | ScaleRate() | StopAfterEpoch() | SampleNow():
                self._ask(command)
            case _:
                super().send(command)

    def _ask(self, command: TrainingCommand) -> None:
        """Ask the program that trains the run, in a thread that begins with the first request."""
        from model.runs.folder import Run
        from tui.engine.watching.asking_trainer import AskingTrainer

        with self._lock:
            if self._asking is None:
                self._asking = asking = AskingTrainer(Run(Path(self._launch.watch or "")), self._warn)
                self._threads.begin(lambda: asking.run(self._threads.stopping), "asking")
            self._asking.ask(command)

    def stop(self, timeout: float) -> bool:
        """End all threads within `timeout` seconds. Nothing is trained here, so nothing can be lost."""
        self._stop_writing()
        self._threads.join(timeout)
        return True

    # What follows runs in the threads.

    def _follow(self) -> None:
        from model.runs.folder import Run
        from tui.engine.watching.checkpoint_watch import CheckpointWatch
        from tui.engine.watching.follower import Follower

        run = Run(Path(self._launch.watch or ""))
        follower = Follower(run, self._threads.post, self.send, silence=self._silence)
        checkpoint_watch = CheckpointWatch(run, self._warn)
        self._threads.stage("waiting for its first step")
        sign = False
        while True:
            follower.look(sign=sign)
            sign = False
            for found in checkpoint_watch.look():
                self._threads.go_on()
                sign |= self._writer is not None  # what was there before the first look is no news
                self._take(run, found, follower)
            if self._threads.stopping.wait(_LOOK_SECONDS):
                return

    def _take(self, run: Run, found: Found, follower: Follower) -> None:
        """Write with the weights of a checkpoint from now on."""
        from model.devices.jax_setup import start_jax
        from model.runs.checkpoint import CheckpointError
        from model.runs.continuing.edited_recipe import with_writing_settings

        if self._writer is None:
            self._threads.stage(LOADING)
        start_jax(devices=1, device="cpu")  # leave the accelerator to the training
        from model.training.publishing import Snapshot
        from model.writing.language_model import LanguageModel

        manifest = found.checkpoint.manifest
        epoch, step = manifest.cursor.epoch, manifest.step
        age = epoch + round(manifest.cursor.step / follower.steps_per_epoch, 3)
        try:
            if self._language_model is None:
                self._language_model = LanguageModel.from_checkpoint(
                    with_writing_settings(run, found.checkpoint, self._warn)
                )
            params = self._language_model.weights_of(found.checkpoint)
        except CheckpointError as error:
            if self._writer is None:
                self._threads.stage("waiting for other weights")
            self._warn(str(error))
            return
        generator = self._generator or self._make_generator(self._language_model, run, found.checkpoint, follower.seeds)
        if found.best:
            generator.publish(Snapshot(params, age, step, best=True))
        self._newest |= not found.best
        if not (found.best and self._newest):  # the best may be the only one that can be used
            generator.publish(Snapshot(params, age, step))
            self._show(epoch)
            self._threads.post(TrainingEvent(Saved(str(found.path), step)))
        if self._writer is None:
            # Samples written here are not saved: only the program that trains a run writes into it.
            recipe = self._language_model.recipe
            writer = Writer(generator, self.buffer, recipe, sample_done=lambda sample: None, idle=lambda: None)
            self._begin_writing(generator, writer)

    def _show(self, epoch: int) -> None:
        """Ask for the showing of the newest weights, once for each epoch."""
        if epoch < self._epoch:
            self.send(TrainingResumed(epoch))
        elif epoch > self._epoch:
            self.send(ShowEpoch(epoch))
        self._epoch = epoch

    def _make_generator(
        self, language_model: LanguageModel, run: Run, checkpoint: Checkpoint, seeds: EarlierSeeds
    ) -> ModelGenerator:
        from tui.engine.generating.generator import ModelGenerator

        streams = language_model.recipe.streams
        self._generator = generator = ModelGenerator(language_model, seeds, random.Random(), streams)
        self._threads.begin(lambda: self._open_text(run, checkpoint, generator, seeds), "opening the text")
        return generator

    def _open_text(self, run: Run, checkpoint: Checkpoint, generator: ModelGenerator, seeds: EarlierSeeds) -> None:
        """Take random seeds from the run's text if it can be opened here without a download."""
        from corpora.corpus import CorpusError
        from corpora.opening import is_local
        from model.preparing.recipe_text import open_recipe_text
        from model.runs.run_facts import RunError
        from tui.engine.generating.seeds import CorpusSeeds

        trained_on = checkpoint.manifest.corpus
        with suppress(CorpusError, RunError, OSError, MemoryError):
            facts = run.facts()
            if is_local(facts.corpus_spec):
                corpus = open_recipe_text(facts.corpus_spec, facts.recipe)
                if corpus.digest() == trained_on.digest:
                    generator.seeds = CorpusSeeds(corpus)
                    self._tell_text(corpus)
                    self._threads.post(Note("Random seeds are passages of the run's text."))
                    return
        self._tell_text(None)
        instead = "come from its samples" if seeds else "are empty until it has samples; press e to type one"
        self._threads.post(Note(f"The run's text cannot be opened here: random seeds {instead}."))
