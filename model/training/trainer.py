"""The training loop: an iterator of events that takes commands between two chunks of steps.

The screen and the command line consume the same stream. What leaves the loop are numbers, and copies of the
parameters that nothing later overwrites.
"""

from __future__ import annotations

import math
import queue
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np

from corpora.corpus import Corpus
from model.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Progress,
    Resumed,
    RolledBack,
    SaveFailed,
    Step,
    Unpaused,
)
from model.networks.network import Params
from model.recipe import NOTEBOOK, Recipe
from model.runs.checkpoint import Checkpoint, differences
from model.runs.folder import Run
from model.runs.json_lines import event_record
from model.runs.saver import Saver
from model.tokens.batches import Cursor
from model.training.divergence import MARGIN
from model.training.learner import Chunk, Learner
from model.training.rollback import Rollback
from model.training.train_step import CHUNK
from model.training_commands import Command, Pause, Resume, Save, SetRate, Stop
from model.writing.language_model import LanguageModel

_CHUNK_SECONDS = 0.2
"""How long a chunk should take: commands are taken between chunks, and every chunk asks the system for memory anew."""

_PUBLISH_SECONDS = 1.0
"""At most this often are parameters copied in mid-epoch."""

_LOOK_SECONDS = 0.1
"""Between two looks, while paused, at what has been saved."""

_CALM_STEPS = 1000
"""Without an alarm for so long, training counts as well again."""

_NO_NUMBER = "a weight was no number"

_MOST_ALARMS = 5
"""In a row; after that, no lower rate will help."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Parameters as they were at one moment, on the host; nothing overwrites them."""

    params: Params
    epoch: float
    """Epochs they have seen; 2.5 is in the middle of the third."""
    step: int
    best: bool = False
    """Whether they are the best on the held-out text so far, rather than the newest."""


class Trainer:
    """One run: reads the corpus by the recipe, epoch after epoch.

    Args:
        corpus: the open text.
        recipe: every hyperparameter.
        devices: how many to train on; 0 chooses.
        max_seconds: end after this much training time, at the end of the chunk in progress.
        save_seconds: between two checkpoints, and states to go back to, in the middle of an epoch.
        log_every: say the loss of every so many steps; 0 of none.
        going_on: the checkpoint to go on from, of a run of this corpus and recipe.
        best: that run's best checkpoint.
        learner: who learns, where it is not this process alone.

    Raises:
        BatchError: the corpus is too short for the recipe.
        DeviceError: there are not as many devices, or the batch does not divide over them.
        CheckpointError: the checkpoint is none of this recipe's.
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
        going_on: Checkpoint | None = None,
        best: Checkpoint | None = None,
        learner: Learner | None = None,
    ) -> None:
        self.recipe = recipe
        self._learner = learner = learner or Learner(corpus, recipe, devices)
        self.tokenizer, self.graph, self.parameters = learner.tokenizer, learner.graph, learner.parameters
        self._corpus, self._max_seconds = corpus, max_seconds
        self._save_seconds, self._log_every = save_seconds, log_every
        self._run: Run | None = None
        self._saver: Saver | None = None
        self._rollback = Rollback(lambda state: learner.probe(learner.params_of(state)))
        self._alarms, self._alarmed_at = 0, 0
        self._chunk = 1
        self._compiled = False
        self._commands: queue.SimpleQueue[Command] = queue.SimpleQueue()
        self._paused = self._stopped = self._save_asked = self._diverged = False
        self._next_publish = self._next_save = 0.0
        self._publish: Callable[[Snapshot], None]
        self._going_on = going_on
        if going_on is not None:
            learner.restore(going_on)
        if best is not None:
            self._rollback.keep(best, best=True)
        self._begun_with = learner.totals.seconds

    def send(self, command: Command) -> None:
        """Ask something of the run, from any thread."""
        self._commands.put(command)

    def language_model(self) -> LanguageModel:
        """The network as it stands, as somebody who writes."""
        return self._learner.language_model()

    def finish_saving(self, seconds: float) -> None:
        """Wait, so long at most, until all that was handed over has been saved: for whoever leaves in the middle."""
        if self._saver:
            self._saver.finish(seconds)

    def run(
        self, publish: Callable[[Snapshot], None] = lambda snapshot: None, *, keep: Run | None = None
    ) -> Iterator[Event]:
        """Train to the end, saying how it goes. To be iterated once.

        Args:
            keep: the folder for metrics and checkpoints; None keeps nothing.
            publish: called by whoever iterates, with the parameters at the start, at the end of each epoch before its
                event, and about every second between; and with the best ones, when they are found.
        """
        self._publish, self._run = publish, keep
        self._saver = Saver(keep) if keep else None
        try:
            yield self._noted(self._corpus_ready())
            yield from self._begin()
            reason = yield from self._learn()
            if self._stopped:
                yield from self._keep()
            finished = self._noted(self._finished(reason))
            if self._saver:
                yield from self._saver.finish()
            yield finished
        finally:
            if self._saver:
                self._saver.end()

    # From the beginning to the end

    def _corpus_ready(self) -> CorpusReady:
        corpus = self._corpus
        # Lanes know no windows: what is counted then are the exercise's.
        windows = self.recipe if self.recipe.reading == "windows" else NOTEBOOK
        return CorpusReady(
            name=corpus.name,
            title=corpus.title,
            characters=len(corpus),
            sequences=corpus.sequences(windows.window, windows.stride),
            distinct=len(corpus.alphabet),
            training_characters=self._learner.training_characters,
            held_out_characters=self._learner.held_out_characters,
            notes=(*corpus.notes, *self._learner.notices),
        )

    def _begin(self) -> Iterator[Event]:
        """Say what there is to go on with, and make it something to go back to."""
        learner = self._learner
        if self._going_on:
            yield self._noted(
                Resumed(
                    epoch=learner.cursor.epoch,
                    step=learner.step,
                    best_held_out=learner.totals.best_held_out,
                    notices=differences(self._going_on.manifest, learner.mesh.size),
                )
            )
        self._take_back_lines()
        if best := self._rollback.best:
            at = best.manifest
            self._publish(Snapshot(learner.params_of(best), self._epochs_at(at.cursor), at.step, best=True))
        self._publish_now()
        if state := learner.capture():
            self._rollback.keep(state)
        self._next_save = time.perf_counter() + self._save_seconds

    def _learn(self) -> Generator[Event, None, str]:
        """Epoch after epoch; returns why it ends."""
        learner = self._learner
        while learner.cursor.epoch < self.recipe.epochs:
            yield from self._learn_epoch()
            if self._diverged:
                return "diverged"
            if not self._stopped and learner.totals.epoch_count:
                yield from self._end_epoch()
            if self._stopped:
                return "stopped"
            if self._out_of_time and learner.cursor.epoch < self.recipe.epochs:
                return "time"
        return "epochs"

    def _learn_epoch(self) -> Iterator[Event]:
        """Train to the end of the epoch, or until something ends the run."""
        while self._learner.steps_left:
            if self._saver:
                yield from self._saver.reports()
            self._take_commands()
            if self._stopped or self._diverged or self._out_of_time:
                return
            if self._save_asked or (not self._paused and time.perf_counter() >= self._next_save):
                yield from self._keep()
            elif not self._paused:  # what was asked while saving comes first: above all, a pause goes on
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
            run=self._run_folder,
        )

    @property
    def _run_folder(self) -> str | None:
        return str(self._run.folder) if self._run else None

    def _take_commands(self, wait: bool = True) -> None:
        """Do what was asked; while paused, wait for more if told to, but not past the saver's next report."""
        while not self._stopped:
            self._learner.keep_in_touch()
            waits = wait and self._paused and not self._save_asked
            limit = min(self._learner.beat_seconds, _LOOK_SECONDS if self._saver and self._saver.busy else math.inf)
            try:
                command = self._commands.get(block=waits, timeout=None if math.isinf(limit) else limit)
            except queue.Empty:
                return
            match command:
                case Pause():
                    self._pause(True)
                case Resume():
                    self._pause(False)
                case SetRate(scale):
                    self._learner.scale_rate(scale)
                case Save():
                    self._save_asked = True
                case Stop():
                    self._stopped = True

    def _pause(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            self._noted(Paused(self._learner.step) if paused else Unpaused(self._learner.step))

    # A chunk of steps

    def _train(self) -> Iterator[Event]:
        learner, totals, at = self._learner, self._learner.totals, self._learner.cursor
        n = min(self._chunk, learner.steps_left)
        begun = time.perf_counter()
        chunk = learner.learn(n)
        spent = time.perf_counter() - begun
        totals.seconds += spent
        if self._compiled:
            totals.time(spent, learner.characters(at.step + n) - learner.characters(at.step))
            self._chunk = max(1, min(CHUNK, round(_CHUNK_SECONDS * n / spent)))
        else:  # the compiler's time is no measure of training speed
            self._compiled = True
            yield self._noted(
                Compiled(
                    seconds=spent,
                    parameters=self.parameters,
                    devices=learner.mesh.size,
                    steps_per_epoch=learner.reader.steps_per_epoch,
                    epochs=self.recipe.epochs,
                    run=self._run_folder,
                    platform=learner.platform,
                )
            )
        if self.recipe.guard and (reason := self._gone_wrong(chunk)):
            yield from self._roll_back(reason)
            return
        yield from self._log(chunk)
        yield Progress(
            epoch=at.epoch + 1,
            step=learner.step,
            step_in_epoch=learner.cursor.step,
            steps_per_epoch=learner.reader.steps_per_epoch,
            loss=float(np.average(chunk.losses, weights=chunk.counts)),
            epoch_loss=totals.mean_loss,
            rate=float(chunk.rates[-1]),
            characters_per_second=totals.characters_per_second,
            seconds=totals.seconds,
        )
        if time.perf_counter() >= self._next_publish:
            self._publish_now()

    def _log(self, chunk: Chunk) -> Iterator[Event]:
        """Say the loss of every N-th step of a chunk."""
        if not self._log_every:
            return
        last = self._learner.step
        first = last - len(chunk.losses) + 1
        for step in range(-(-first // self._log_every) * self._log_every, last + 1, self._log_every):
            loss, rate = chunk.losses[step - first], chunk.rates[step - first]
            yield self._noted(Step(self._learner.cursor.epoch + 1, step, float(loss), float(rate)))

    # When training goes wrong

    def _gone_wrong(self, chunk: Chunk) -> str | None:
        """What went wrong with the weights in a chunk of steps, as a clause."""
        learner = self._learner
        for loss, norm in zip(chunk.losses.tolist(), chunk.norms.tolist(), strict=True):
            suspicion = learner.guard.watch(loss, norm)
            if suspicion is None:
                continue
            # Text that is harder than the rest makes the loss rise as well: weights are judged by what they knew.
            if not learner.probe() <= self._rollback.reference() + MARGIN:
                return suspicion
            learner.guard.accept()
        return None

    def _roll_back(self, reason: str) -> Iterator[Event]:
        """Go on from good weights at half the rate; after several alarms in a row, no more."""
        learner = self._learner
        step, before = learner.step, learner.totals
        scale = min(self._rollback.lowest_rate_scale(), _number(learner.rate_scale)) / 2
        self._alarms = self._alarms + 1 if step - self._alarmed_at <= _CALM_STEPS else 1
        self._diverged = self._alarms > _MOST_ALARMS
        learner.restore(self._rollback.take())
        learner.totals.go_on_from(before)
        self._alarmed_at = learner.step
        learner.scale_rate(scale)
        self._publish_now()
        event = RolledBack(
            step=step,
            to_step=learner.step,
            to_epoch=learner.cursor.epoch,
            reason=reason,
            rate_scale=learner.rate_scale,
        )
        self._take_back_lines()
        yield self._noted(event)
        yield from self._keep()

    # The end of an epoch

    def _end_epoch(self) -> Iterator[Event]:
        """Judge the weights on the held-out text, keep them, and say so. An epoch cut short by time ends here too."""
        learner, totals, epoch = self._learner, self._learner.totals, self._learner.cursor.epoch + 1
        if self.recipe.guard and not learner.sound:
            yield from self._roll_back(_NO_NUMBER)
            return

        def stopped() -> bool:
            self._take_commands(wait=False)
            return self._stopped

        judgement = learner.judge(stopped)
        if self._stopped:
            return
        held_out = judgement.held_out if judgement else None
        event = EpochEnd(
            epoch=epoch,
            step=learner.step,
            loss=totals.mean_loss,
            held_out=held_out,
            bpc=None if held_out is None else held_out / math.log(2),
            seconds=totals.seconds,
            characters_per_second=totals.characters_per_second,
            windowed=judgement.windowed if judgement else None,
        )
        best = totals.judge(event)
        learner.end_epoch()
        params = self._publish_now()
        if best:
            self._publish(Snapshot(params, float(learner.cursor.epoch), event.step, best=True))
        yield self._noted(event)
        yield from self._keep(best=best)

    def _publish_now(self) -> Params:
        """Publish the parameters; a large network's less often: never for more than a twentieth of the time."""
        begun, params = time.perf_counter(), self._learner.host_params()
        self._publish(Snapshot(params, self._epochs_at(self._learner.cursor), self._learner.step))
        now = time.perf_counter()
        self._next_publish = now + max(_PUBLISH_SECONDS, 20 * (now - begun))
        return params

    def _epochs_at(self, cursor: Cursor) -> float:
        return cursor.epoch + round(cursor.step / self._learner.reader.steps_per_epoch, 3)

    # Keeping

    def _keep(self, *, best: bool = False) -> Iterator[Event]:
        """Hand the state to whoever saves, and remember it as one to go back to."""
        self._save_asked = False
        begun = time.perf_counter()
        state = self._learner.capture()
        now = time.perf_counter()
        self._next_save = now + max(self._save_seconds, 50 * (now - begun))
        if state is not None:
            self._rollback.keep(state, best=best)
            if self._saver:
                self._saver.keep(state, best=best)
        elif self.recipe.guard:
            yield from self._roll_back(_NO_NUMBER)
        elif self._saver:
            yield SaveFailed("The weights are no numbers any more, so they are not saved; earlier ones are kept.")

    def _noted(self, event: Event) -> Event:
        """The event, whose line is to be written."""
        if self._saver:
            self._saver.do(lambda run: run.append_metrics(event_record(event)))
        return event

    def _take_back_lines(self) -> None:
        """Have the lines of what will be gone through again taken back."""
        if self._saver:
            cursor, step = self._learner.cursor, self._learner.step
            self._saver.do(lambda run: run.rewind(cursor, step))


def _number(value: float) -> float:
    """The value, and infinity for one that is no number."""
    return math.inf if math.isnan(value) else value
