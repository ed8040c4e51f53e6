"""Account: what the lines of a run's metrics amount to, and what the screen is to be told of each."""

from __future__ import annotations

import math
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
from tui.loss_history import Point
from tui.recalled import Recalled
from tui.standing import State


class Account:
    """Takes in the events of a run's lines, one after another.

    Args:
        folder: the run's, as it is called here; on the machine where it is trained it may be called otherwise.
        restarted: whether there were other lines before, which have been taken back.
    """

    def __init__(self, folder: str, *, restarted: bool = False) -> None:
        self._folder = folder
        self.state: State = "restarted" if restarted else "waiting"
        """As the lines have it: neither 'silent' nor 'gone'."""
        self.corpus: CorpusReady | None = None
        self.compiled: Compiled | None = None
        self.finished: Finished | None = None
        self._ends: list[EpochEnd] = []
        self._losses: list[tuple[int, float]] | None = []
        """Step and loss, until the past is told."""
        self._progress: Progress | None = None
        self._first: Step | None = None
        """Of the steps that were logged in the epoch under way."""
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
        if self._first is None or self._first.epoch != step.epoch:
            self._first, self._logged, self._sum = step, 0, 0.0
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
            characters_per_second=self._pace(step, self._first, per_epoch),
            seconds=step.seconds,
        )
        return [progress]

    def _pace(self, step: Step, first: Step, steps_per_epoch: int) -> float:
        """Training text consumed in a second, since the first step that was logged in the epoch."""
        seconds = step.seconds - first.seconds
        if self.corpus and seconds > 0:
            return (step.step - first.step) * self.corpus.training_characters / steps_per_epoch / seconds
        return self._progress.characters_per_second if self._progress else math.nan

    def _end_epoch(self, end: EpochEnd) -> list[Event]:
        self._ends.append(end)
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
