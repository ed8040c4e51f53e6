"""The training loop: an iterator of events that takes commands between two chunks of steps.

The screen and the command line read the same events. What leaves the loop are numbers, and copies of the parameters
that nothing overwrites.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Generator, Iterator, Sequence

from corpora.corpus import Corpus
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint, differences
from model.runs.folder import Run
from model.training.events import Compiled, EpochEnd, Event, Finished, Progress, Resumed, SaveFailed
from model.training.guard.rollback import NOT_FINITE, Rollback
from model.training.learner import Learner
from model.training.publishing import Publisher, Snapshot
from model.training.run_record import RunRecord
from model.training.steering.command_queue import CommandQueue
from model.training.steering.history import Change
from model.training.steering.request_watch import RequestWatch
from model.training.steering.training_commands import Command
from model.training.train_step import CHUNK
from model.writing.language_model import LanguageModel

_CHUNK_SECONDS = 0.2
"""How long a chunk should take: commands are taken between chunks, and every chunk allocates memory anew."""


class Trainer:
    """One run: trains on the corpus by the recipe, epoch after epoch.

    Args:
        corpus: the open text.
        recipe: every hyperparameter.
        devices: how many to train on; 0 chooses.
        max_seconds: end after this much training time, without compiling, at the end of the chunk in progress.
        save_seconds: between two checkpoints in the middle of an epoch.
        log_every: report the loss of every N-th step; 0 reports none.
        resume_from: the checkpoint to resume from, of a run of this corpus and recipe.
        best: that run's best checkpoint.
        learner: what is trained, where several processes share the work.
        epoch_budget: bytes for the weights of epochs in the run's folder.
        replay: changes of the learning rate since that checkpoint, to be made again at their steps.

    Raises:
        BatchError: the corpus is too short for the recipe.
        DeviceError: there are fewer devices, or the batch does not divide over them.
        CheckpointError: the checkpoint does not fit the recipe.
    """

    def __init__(
        self,
        corpus: Corpus,
        recipe: Recipe,
        *,
        devices: int = 0,
        max_seconds: float | None = None,
        save_seconds: float = math.inf,
        log_every: int = 0,
        resume_from: Checkpoint | None = None,
        best: Checkpoint | None = None,
        learner: Learner | None = None,
        epoch_budget: int = 0,
        replay: Sequence[Change] = (),
    ) -> None:
        self.recipe = recipe
        known = resume_from.manifest.tokenizer if resume_from else None
        self._learner = learner = learner or Learner(corpus, recipe, devices, tokenizer=known)
        self.tokenizer, self.graph, self.parameters = learner.tokenizer, learner.graph, learner.parameters
        self._max_seconds = max_seconds
        self._save_seconds, self._log_every, self._epoch_budget = save_seconds, log_every, epoch_budget
        self._commands, self._rollback, self._record = CommandQueue(learner, replay), Rollback(learner), RunRecord(None)
        self._publisher: Publisher
        self._chunk, self._compiled = 1, False
        self._next_save = 0.0
        self._resume_from = resume_from
        if resume_from is not None:
            learner.restore(resume_from)
        if best is not None:
            self._rollback.states.keep(best, best=True)
        self._begun_with = learner.totals.seconds

    def send(self, command: Command) -> None:
        """Send a command to the run, from any thread."""
        self._commands.send(command)

    def language_model(self) -> LanguageModel:
        """A language model with the parameters as they are now."""
        return self._learner.language_model()

    def finish_saving(self, seconds: float) -> None:
        """Wait until everything is saved, but not longer than this: for quitting in the middle."""
        self._record.finish(seconds)

    def run(
        self, publish: Callable[[Snapshot], None] = lambda snapshot: None, *, keep: Run | None = None
    ) -> Iterator[Event]:
        """Train to the end. Iterate once.

        Args:
            keep: the folder for metrics and checkpoints; None keeps nothing.
            publish: called in the iterating thread with the parameters: at the start, at the end of each epoch before
                its event, about every second between, and when they are the best so far.
        """
        over = self._resume_from is not None and self._learner.cursor.epoch >= self.recipe.epochs
        self._publisher = Publisher(self._learner, publish)
        self._record = RunRecord(keep, notes=not over, epoch_budget=self._epoch_budget)
        requests = RequestWatch(keep, self._commands.request) if keep and not over else None
        try:
            yield from map(self._record.note, self._learner.introduction())
            yield from self._begin()
            reason = yield from self._learn()
            if self._commands.stopped and self._compiled:  # otherwise no step was done since the start
                yield from self._keep()
            finished = self._record.note(self._finished(reason))
            yield from self._record.finish()
            yield finished
        finally:
            if requests:
                requests.end()
            self._record.end()

    # From the beginning to the end

    def _begin(self) -> Iterator[Event]:
        """Publish and keep the state that training begins with."""
        learner, epochs = self._learner, self.recipe.epochs
        if self._resume_from:
            self._record.forget_epochs(learner.cursor.epoch)
            yield self._record.note(
                Resumed(
                    epoch=learner.cursor.epoch,
                    step=learner.step,
                    best_held_out=learner.totals.best_held_out,
                    notices=differences(self._resume_from.manifest, learner.mesh.size),
                    total_epochs=epochs if epochs != self._resume_from.manifest.read_recipe().epochs else None,
                )
            )
        if best := self._rollback.states.best:
            self._publisher.publish_best_of(best)
        self._publisher.publish_newest()
        if state := learner.capture():
            self._rollback.states.keep(state)
        self._next_save = time.perf_counter() + self._save_seconds

    def _learn(self) -> Generator[Event, None, str]:
        """Train epoch after epoch; returns why training ends."""
        learner = self._learner
        while learner.cursor.epoch < self.recipe.epochs:
            yield from self._learn_epoch()
            if self._rollback.gave_up:
                return "diverged"
            if not self._commands.stopped and learner.totals.epoch_count:
                yield from self._end_epoch()
            if self._commands.stopped:
                return "stopped"
            if learner.cursor.epoch < self.recipe.epochs:
                if learner.cursor.epoch >= self._commands.last_epoch:
                    return "stopped"
                if self._out_of_time:
                    return "time"
        return "epochs"

    def _learn_epoch(self) -> Iterator[Event]:
        """Train to the end of the epoch, or until something ends the run."""
        while self._learner.steps_left:
            yield from self._record.reports()
            self._commands.take(self._record)
            yield from self._commands.events()
            if self._commands.stopped or self._rollback.gave_up or self._out_of_time:
                return
            if self._commands.save_asked or (not self._commands.paused and time.perf_counter() >= self._next_save):
                yield from self._keep()
            elif not self._commands.paused:  # commands sent while saving come first, above all a pause
                yield from self._train()

    @property
    def _out_of_time(self) -> bool:
        return self._max_seconds is not None and self._learner.totals.seconds - self._begun_with >= self._max_seconds

    def _finished(self, reason: str) -> Finished:
        return Finished(
            reason=reason,
            epoch=self._learner.cursor.epoch,
            step=self._learner.step,
            seconds=self._learner.totals.seconds,
            best_held_out=self._learner.totals.best_held_out,
            best_epoch=self._learner.totals.best_epoch,
            run=self._record.folder,
        )

    # A chunk of steps

    def _train(self) -> Iterator[Event]:
        learner, totals, at = self._learner, self._learner.totals, self._learner.cursor
        done = learner.reader.in_pass(at).step
        n = min(self._chunk, learner.steps_at_once, self._commands.free_steps)
        begun = time.perf_counter()
        chunk = learner.learn(n)
        spent = time.perf_counter() - begun
        if self._compiled:
            totals.seconds += spent
            totals.time(spent, learner.characters(done + n) - learner.characters(done))
            self._chunk = max(1, min(CHUNK, round(_CHUNK_SECONDS * n / spent)))
        else:  # nearly all of it is the compiler's time
            self._compiled = True
            yield self._record.note(
                Compiled(
                    seconds=spent,
                    parameters=self.parameters,
                    devices=learner.mesh.size,
                    steps_per_epoch=learner.reader.steps_per_epoch,
                    epochs=self.recipe.epochs,
                    run=self._record.folder,
                    platform=learner.platform,
                )
            )
        if self.recipe.guard and (reason := self._rollback.find_divergence(chunk)):
            yield from self._roll_back(reason)
            return
        yield from self._record.log(chunk, learner, self._log_every)
        yield Progress(
            epoch=at.epoch + 1,
            step=learner.step,
            step_in_epoch=learner.cursor.step,
            steps_per_epoch=learner.reader.steps_per_epoch,
            loss=float(chunk.losses[-1]),
            epoch_loss=totals.mean_loss,
            rate=float(chunk.rates[-1]),
            characters_per_second=totals.characters_per_second,
            seconds=totals.seconds,
        )
        if self._publisher.due:
            self._publisher.publish_newest()

    # The end of an epoch

    def _end_epoch(self) -> Iterator[Event]:
        """Evaluate the weights on the held-out text and keep them; also after an epoch cut short by `max_seconds`."""
        learner, totals, epoch = self._learner, self._learner.totals, self._learner.cursor.epoch + 1
        if self.recipe.guard and not learner.sound:
            yield from self._roll_back(NOT_FINITE)
            return

        def stopped() -> bool:
            self._commands.take(self._record, wait=False)
            return self._commands.stopped

        held_out, windowed = learner.judge(stopped) or (None, None)
        if self._commands.stopped:
            return
        event = EpochEnd(
            epoch=epoch,
            step=learner.step,
            loss=totals.mean_loss,
            held_out=held_out,
            bpc=None if held_out is None else held_out / math.log(2),
            seconds=totals.seconds,
            characters_per_second=totals.characters_per_second,
            windowed=windowed,
            trained=learner.cursor.step / learner.reader.steps_per_epoch,
        )
        best = totals.judge(event)
        learner.end_epoch()
        params = self._publisher.publish_newest(ended=epoch)
        if best:
            self._publisher.publish_best(params, event.step)
        yield from self._commands.events()
        yield self._record.note(event)
        yield from self._keep(best=best, ended=epoch)

    # Saving and rolling back

    def _keep(self, *, best: bool = False, ended: int | None = None) -> Iterator[Event]:
        """Save the state, and keep it for a rollback; `ended` is the epoch that it ends, if any."""
        self._commands.save_asked = False
        begun = time.perf_counter()
        state = self._learner.capture()
        now = time.perf_counter()
        self._next_save = now + max(self._save_seconds, 50 * (now - begun))
        if state is not None:
            self._rollback.states.keep(state, best=best)
            self._record.keep(state, best=best, ended=ended)
        elif self.recipe.guard:
            yield from self._roll_back(NOT_FINITE)
        elif self._record.kept:
            yield SaveFailed("The weights are no numbers any more, so they are not saved; earlier ones are kept.")

    def _roll_back(self, reason: str) -> Iterator[Event]:
        """Resume from good weights at half the rate."""
        event = self._rollback.roll_back(reason)
        self._commands.forget_replay()
        self._record.forget_epochs(event.to_epoch)
        self._publisher.publish_newest()
        yield self._record.note(event)
        yield from self._keep()
