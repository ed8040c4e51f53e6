"""RunView: what a run looks like, folded from its events.

One fold for live, resumed, watched and listed runs. Times come with the events. Nothing here imports JAX.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from model.baselines.names import Overtaking
from model.runs.loss_history import LossHistory, Overfitting, OverfittingSearch, Point
from model.training.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Progress,
    Resumed,
    RolledBack,
    Saved,
    SaveFailed,
    Step,
    TimedEvent,
    Unpaused,
)
from model.training.steering.history import SteeringHistory

State = Literal["waiting", "training", "restarted", "paused", "showing", "finished"]
"""Before the first step; training; begun again, before a step; paused; paused until samples are written; ended."""

_PACE_SECONDS = 0.5
"""The least time between two reports, read from a file, that the pace is measured from."""
_PACE_WINDOW = 64
"""Reports over which the pace of training is measured: some ten seconds."""


@dataclass
class RunView:
    """What is known of a run. `apply` folds in an event; everything else is only read."""

    corpus: CorpusReady | None = field(default=None, init=False)
    compiled: Compiled | None = field(default=None, init=False)
    progress: Progress | None = field(default=None, init=False)
    """Where training is. Read from a folder, `loss` is that of the last logged step; NaN if the epoch has none."""
    epoch_ends: list[EpochEnd] = field(default_factory=list, init=False)
    """The epochs that still count: none that were rolled back."""
    state: State = field(default="waiting", init=False)
    finished: Finished | None = field(default=None, init=False)
    overfitting: Overfitting | None = field(default=None, init=False)
    run: str | None = field(default=None, init=False)
    """The run's folder."""
    kept: int | None = field(default=None, init=False)
    """Optimiser steps of the newest state on the disk; None where none is known to be there."""
    save_failure: str | None = field(default=None, init=False)
    """Why the last save failed, in a sentence; None if it did not."""
    steering: SteeringHistory = field(default_factory=SteeringHistory, init=False)
    """How it was steered."""
    overtaking: Overtaking = field(default_factory=Overtaking, init=False)
    """The baselines, and which of them the last event has overtaken."""
    _overfitting_search: OverfittingSearch = field(default_factory=OverfittingSearch, init=False)
    _losses: LossHistory = field(default_factory=LossHistory, init=False)
    """Steps and losses."""
    _bests: list[EpochEnd | None] = field(default_factory=lambda: [None], init=False)
    """The best epoch before the first of `epoch_ends`, and after each."""
    _resumed: bool = field(default=False, init=False)
    _live: bool = field(default=False, init=False)
    """Whether `Progress` comes: then logged steps tell nothing new about where training is."""
    _since: tuple[float | None, float] = field(default=(None, 0.0), init=False)
    """A time at which the training time was known, and the training time then."""
    _pace: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_PACE_WINDOW), init=False)
    """Steps and training times."""
    _logged: tuple[int, int, float] = field(default=(0, 0, 0.0), init=False)
    """Epoch, number and sum of the losses that a run of an earlier version logged in it."""

    def apply_all(self, events: Iterable[TimedEvent]) -> None:
        """Fold in events, in their order."""
        for event, at in events:
            self.apply(event, at)

    def apply(self, event: Event, at: float | None = None) -> None:
        """Fold in an event.

        Args:
            event: what the run reports.
            at: when it happened, in seconds since 1970; None if that is not known.
        """
        self.steering.apply(event)
        self.overtaking.hear(event)
        match event:
            case CorpusReady():
                self.state = "restarted" if self.corpus or self.progress else "waiting"
                self.corpus, self.finished, self._resumed, self._live = event, None, False, False
            case Resumed():
                self._resume(event)
            case Compiled():
                if not self._resumed:  # a run that had saved nothing begins again
                    self._go_to(0, 0)
                self.compiled, self.run = event, self.run or event.run
                self._since = at, self._since[1]
            case Progress():
                self._take_progress(event, at)
            case Step():
                self._take_step(event, at)
            case EpochEnd():
                self._end_epoch(event, at)
            case RolledBack():
                best, self.state = self.best, "training"
                self._go_to(event.to_step, event.to_epoch)
                self._bests[-1] = best
            case Paused():
                self.state = "showing" if event.showing else "paused"
                self._since = None, self._seconds(at)
            case Unpaused():
                self.state = "training"
                self._since = at, self._since[1]
            case Saved(path, step):
                self.kept, self.save_failure = step, None
                folder, kind = os.path.split(os.path.dirname(path))
                if self.run and kind == "checkpoints":  # the folder may have been moved meanwhile
                    self.run = folder
            case SaveFailed(reason, on_disk):
                self.save_failure, self.kept = reason, self.kept if on_disk is None else on_disk or None
            case Finished():
                self.finished, self.state = event, "finished"

    @property
    def best(self) -> EpochEnd | None:
        """The epoch with the best weights. They are kept even after a rollback to before it."""
        return self._bests[-1]

    @property
    def epoch_end(self) -> EpochEnd | None:
        """The latest one."""
        return self.epoch_ends[-1] if self.epoch_ends else None

    @property
    def epoch(self) -> int:
        """The epoch that training is in, from 1; 0 before the first step."""
        return self.progress.epoch if self.progress else 0

    @property
    def whole_epochs(self) -> int:
        """Whole epochs done: the time limit may end a run in the middle of one."""
        end, steps = self.epoch_end, self.steps_per_epoch
        return end.epoch - (end.step < end.epoch * steps) if end and steps else 0

    @property
    def epochs_done(self) -> float:
        """Epochs trained, with the part of the present one: 2.25 is a quarter into the third."""
        return self.progress.step / max(1, self.progress.steps_per_epoch) if self.progress else 0.0

    @property
    def steps_per_epoch(self) -> int | None:
        """None if that is not known yet. Runs that do not report it have it from their first epoch."""
        if self.compiled:
            return max(1, self.compiled.steps_per_epoch)
        if self.progress:
            return max(1, self.progress.steps_per_epoch)
        return max(1, self.epoch_ends[0].step // max(1, self.epoch_ends[0].epoch)) if self.epoch_ends else None

    @property
    def steps_per_second(self) -> float:
        """Pace of training; NaN while it is not known."""
        if len(self._pace) > 1:
            (first_step, first_second), (last_step, last_second) = self._pace[0], self._pace[-1]
            if last_step > first_step and last_second > first_second:
                return (last_step - first_step) / (last_second - first_second)
        return math.nan

    def training_curve(self, most: int) -> list[Point]:
        """Epochs and training losses, at most `most` points; without logged steps, means in the middle of epochs."""
        steps = self.steps_per_epoch
        if steps is None:
            return []
        if points := self._losses.curve(most):
            return [(step / steps, loss) for step, loss in points]
        means = LossHistory()
        for end in self.epoch_ends:
            means.add((end.epoch - 1 + end.step / steps) / 2, end.loss)
        return means.curve(most)

    def held_out_curve(self) -> list[Point]:
        """Epochs and held-out losses; none that is not finite."""
        steps = self.steps_per_epoch or 1
        ends = ((end.step / steps, end.held_out) for end in self.epoch_ends)  # an epoch may have been cut short
        return [(epoch, loss) for epoch, loss in ends if loss is not None and math.isfinite(loss)]

    def keep_only(self, step: int, epochs: int, best: int | None) -> None:
        """Forget all after this step and these whole epochs; the best epoch stays if it ended at the step `best`."""
        self._go_to(step, epochs)
        self._bests[-1] = next((end for end in (*self.epoch_ends, self.best) if end and end.step == best), None)

    def _resume(self, event: Resumed) -> None:
        known = {end.held_out: end for end in (*self.epoch_ends, *self._bests) if end}
        self.state, self.finished, self._resumed, self.kept = "restarted", None, True, event.step
        if self.compiled and event.total_epochs:
            self.compiled = replace(self.compiled, epochs=event.total_epochs)
        self._go_to(event.step, event.epoch)
        if event.best_held_out in known and event.best_held_out is not None:  # an epoch cut short may be the best
            self._bests[-1] = known[event.best_held_out]

    def _take_progress(self, event: Progress, at: float | None) -> None:
        self._go_to(event.step, event.epoch - (event.step_in_epoch < event.steps_per_epoch))
        if not self._live:
            self._pace.clear()
        self.state, self.progress, self._live = "training", event, True
        self._since = at, event.seconds
        self._pace.append((event.step, event.seconds))

    def _take_step(self, event: Step, at: float | None) -> None:
        self._go_to(event.step, event.epoch - 1)
        self._losses.add(event.step, event.loss if event.mean is None else event.mean)
        self.state = "training"
        steps = self.steps_per_epoch
        if self._live or steps is None:
            return
        seconds = self._seconds(at)
        self._since = at, seconds
        if at is not None:
            self._note_pace(event.step, seconds)
        characters = self.steps_per_second * self.corpus.training_characters / steps if self.corpus else math.nan
        if math.isnan(characters) and self.progress:
            characters = self.progress.characters_per_second
        self._set_progress(
            event.epoch,
            event.step,
            loss=event.loss,
            epoch_loss=self._epoch_loss(event),
            rate=event.rate,
            characters_per_second=characters,
            seconds=seconds,
        )

    def _end_epoch(self, end: EpochEnd, at: float | None) -> None:
        self._go_to(end.step, end.epoch - 1)
        self.epoch_ends.append(end)
        self.overfitting = self.overfitting or self._overfitting_search.add(end)
        self._bests.append(end if end.beats(self.best.judged if self.best else None) else self.best)
        if self.state not in ("paused", "showing"):  # a pause may be asked for while the epoch is judged
            self.state = "training"
        before = self.progress
        self._set_progress(
            end.epoch,
            end.step,
            loss=before.loss if before and before.epoch == end.epoch else math.nan,
            epoch_loss=end.loss,
            rate=before.rate if before else math.nan,
            characters_per_second=end.characters_per_second,
            seconds=end.seconds,
        )
        self._since = at, end.seconds
        if not self._live:
            self._note_pace(end.step, end.seconds)

    def _set_progress(self, epoch: int, step: int, **readings: float) -> None:
        """Training is at this step; `readings` are the other fields of Progress."""
        steps = self.steps_per_epoch or 1
        done = min(steps, max(0, step - (epoch - 1) * steps))
        self.progress = Progress(epoch=epoch, step=step, step_in_epoch=done, steps_per_epoch=steps, **readings)

    def _note_pace(self, step: int, seconds: float) -> None:
        """Take a report into the pace, but not several that were read in one moment."""
        if not self._pace or seconds >= self._pace[-1][1] + _PACE_SECONDS:
            self._pace.append((step, seconds))

    def _epoch_loss(self, step: Step) -> float:
        """The epoch's mean so far; for runs of an earlier version, the mean of the losses that were logged."""
        if step.epoch_loss is not None:
            return step.epoch_loss
        epoch, count, total = self._logged if self._logged[0] == step.epoch else (step.epoch, 0, 0.0)
        self._logged = epoch, count + 1, total + step.loss
        return self._logged[2] / self._logged[1]

    def _seconds(self, at: float | None) -> float:
        """Training time at a time, as far as it is known."""
        since, seconds = self._since
        return seconds if at is None or since is None else seconds + max(0.0, at - since)

    def _go_to(self, step: int, epochs: int) -> None:
        """Training is at this step, with so many whole epochs done. Discard everything reported after this step."""
        while self.epoch_ends and (self.epoch_ends[-1].epoch > epochs or self.epoch_ends[-1].step > step):
            self.epoch_ends.pop()
            self._bests.pop()
        at = self.progress
        if at and at.step <= step:
            return
        self._losses.forget_after(step)
        self._pace.clear()
        if at:
            in_epoch = max(0, step - epochs * at.steps_per_epoch)
            at = replace(at, epoch=epochs + 1, step=step, step_in_epoch=in_epoch)
            self.progress = at if step else None
