"""Account: what the lines of a run's metrics amount to, and what the screen is to be told of each."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

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
    Step,
    Unpaused,
)
from tui.views.loss_history import Point
from tui.views.resume_summary import Recalled
from tui.views.run_state import State


class Account:
    """Takes in the events of a run's lines, one after another.

    Args:
        folder: the run's, as it is called here; on the machine where it is trained it may be called otherwise.
        clock: seconds, only ever forward: lines of steps tell no time, so that runs can be compared line by line.
        restarted: whether there were other lines before, which have been taken back.
    """

    def __init__(self, folder: str, clock: Callable[[], float], *, restarted: bool = False) -> None:
        self._folder, self._clock = folder, clock
        self.state: State = "restarted" if restarted else "waiting"
        """As the lines have it: neither 'silent' nor 'gone'."""
        self.corpus: CorpusReady | None = None
        self.compiled: Compiled | None = None
        self.finished: Finished | None = None
        self._ends: list[EpochEnd] = []
        self._losses: list[tuple[int, float]] | None = []
        """Step and loss, until the past is told."""
        self._progress: Progress | None = None
        self._anchor: tuple[float, float] | None = None
        """By the clock, when a line was read that tells how long training has taken, and how long."""
        self._first: tuple[Step, float] | None = None
        """Of the steps that were logged in the epoch under way, and read as they came; with its time."""
        self._epoch = 0
        """The epoch under way."""
        self._logged, self._sum = 0, 0.0
        """How many these are, and the sum of their losses."""

    @property
    def epoch(self) -> int:
        """Whole epochs done."""
        return self._ends[-1].epoch if self._ends else 0

    def past(self, *, again: bool) -> Recalled:
        """All so far, for the screen; steps that come later are told one by one.

        Args:
            again: whether the screen has been told of a past before, and is to forget it.
        """
        steps = self._steps_per_epoch
        losses, self._losses = self._losses or [], None
        curve: list[Point] = [(step / steps, loss) for step, loss in losses] if steps else []
        if not curve:  # where no steps are logged, an epoch's mean stands in its middle
            curve = [(end.epoch - 0.5, end.loss) for end in self._ends]
        return Recalled(self._folder, tuple(curve), tuple(self._ends), self._progress, (), again)

    def take(self, event: Event) -> list[Event]:
        """Take in what a line says; what the screen is to be told of it."""
        match event:
            case CorpusReady():
                if self.corpus or self._progress:
                    self.state = "restarted"
                self.corpus, self.finished = event, None
            case Resumed():
                self.state, self.finished = "restarted", None
            case Compiled():
                self.compiled = event = replace(event, run=self._folder)
            case Step():
                self.state = "training"
                return self._take_step(event)
            case EpochEnd():
                if self.state != "paused":  # whoever asks for a pause in the last step of an epoch has its end told
                    self.state = "training"
                return self._end_epoch(event)
            case RolledBack() | Unpaused():
                self.state = "training"
            case Paused():
                self.state = "paused"
            case Finished():
                self.state = "finished"
                self.finished = event = replace(event, run=self._folder)
        return [event]

    @property
    def _steps_per_epoch(self) -> int | None:
        """As it was compiled; of runs whose lines do not say, as the first epoch had them."""
        if self.compiled:
            return max(1, self.compiled.steps_per_epoch)
        first = self._ends[0] if self._ends else None
        return max(1, first.step // max(1, first.epoch)) if first else None

    def _take_step(self, step: Step) -> list[Event]:
        if self._losses is not None:
            self._losses.append((step.step, step.loss))
        seconds = self._seconds()
        if self._epoch != step.epoch:
            self._epoch, self._first, self._logged, self._sum = step.epoch, None, 0, 0.0
        if self._first is None and self._losses is None:
            self._first = step, seconds
        self._logged += 1
        self._sum += step.loss
        per_epoch = self._steps_per_epoch
        if per_epoch is None:
            return []
        in_epoch = min(per_epoch, max(0, step.step - (step.epoch - 1) * per_epoch))
        self._progress = progress = Progress(
            epoch=step.epoch,
            step=step.step,
            step_in_epoch=in_epoch,
            steps_per_epoch=per_epoch,
            loss=step.loss,
            epoch_loss=self._sum / self._logged,
            rate=step.rate,
            characters_per_second=self._pace(step, seconds, per_epoch),
            seconds=seconds,
        )
        return [progress]

    def _seconds(self) -> float:
        """How long training has taken, as far as one can tell from here."""
        now = self._clock()
        if self._anchor is None:
            self._anchor = now, 0.0
        read, seconds = self._anchor
        return seconds + (now - read if self._losses is None else 0.0)

    def _pace(self, step: Step, seconds: float, steps_per_epoch: int) -> float:
        """Training text consumed in a second, since the first step of the epoch that was seen to come."""
        if self.corpus and self._first and seconds > self._first[1]:
            steps = step.step - self._first[0].step
            return steps * self.corpus.training_characters / steps_per_epoch / (seconds - self._first[1])
        return self._progress.characters_per_second if self._progress else math.nan

    def _end_epoch(self, end: EpochEnd) -> list[Event]:
        self._ends.append(end)
        self._anchor = self._clock(), end.seconds
        per_epoch = self._steps_per_epoch or 1
        before = self._progress
        self._progress = progress = Progress(
            epoch=end.epoch,
            step=end.step,
            step_in_epoch=per_epoch,
            steps_per_epoch=per_epoch,
            loss=before.loss if before and before.epoch == end.epoch else end.loss,
            epoch_loss=end.loss,
            rate=before.rate if before else math.nan,
            characters_per_second=end.characters_per_second,
            seconds=end.seconds,
        )
        return [progress, end]
