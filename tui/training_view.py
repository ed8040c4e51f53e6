"""TrainingView: the run as the screen shows it, folded from the stream of events. No widgets, no clocks."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from model.events import Compiled, CorpusReady, EpochEnd, Event, Finished, Progress, Saved, SaveFailed
from model.recipe import Recipe

Phase = Literal["preparing", "training", "paused", "waiting", "finished", "failed"]

_PACE_WINDOW = 64
"""Progress events over which the pace of training is measured, some ten seconds."""


@dataclass
class TrainingView:
    """What is known of the run so far. `apply` takes an event; everything else is read."""

    recipe: Recipe
    recipe_name: str
    stage: str = "starting"
    corpus: CorpusReady | None = None
    compiled: Compiled | None = None
    progress: Progress | None = None
    epoch_end: EpochEnd | None = None
    """The latest one."""
    best: EpochEnd | None = None
    """The epoch with the lowest held-out loss, however it is read."""
    saved: bool = False
    """Whether anything of it was."""
    save_failure: str | None = None
    """Why the last save failed, in a sentence; None where it did not."""
    finished: Finished | None = None
    pause_asked: bool = False
    hold_asked: bool = False
    failed: bool = False
    _between_epochs: bool = field(default=False, init=False)
    _pace: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_PACE_WINDOW), init=False)

    def apply(self, event: Event) -> None:
        """Take in what the run says of itself."""
        match event:
            case CorpusReady():
                self.corpus = event
            case Compiled():
                self.compiled = event
            case Progress():
                self.progress = event
                self._between_epochs = False
                self._pace.append((event.step, event.seconds))
            case EpochEnd():
                self.epoch_end = event
                self._between_epochs = True
                if self.is_best(event):
                    self.best = event
            case Saved():
                self.saved, self.save_failure = True, None
            case SaveFailed(reason):
                self.save_failure = reason
            case Finished():
                self.finished = event

    def is_best(self, event: EpochEnd) -> bool:
        """Whether no earlier epoch was judged better on held-out text (a NaN never counts)."""
        if event.held_out is None or event.judged != event.judged:
            return False
        return self.best is None or event.judged <= self.best.judged

    @property
    def phase(self) -> Phase:
        """What training is doing."""
        if self.failed:
            return "failed"
        if self.finished is not None:
            return "finished"
        if self.progress is None:
            return "preparing"
        if self.pause_asked:
            return "paused"
        if self.hold_asked and self._between_epochs:
            return "waiting"
        return "training"

    @property
    def epochs(self) -> int:
        """How many the run will have."""
        return self.compiled.epochs if self.compiled else self.recipe.epochs

    @property
    def epoch(self) -> int:
        """The one under way, from 1; 0 before the first step."""
        return self.progress.epoch if self.progress else 0

    @property
    def epochs_done(self) -> float:
        """With the part of the epoch under way: 2.25 is a quarter into the third."""
        if self.progress is None:
            return 0.0
        return self.progress.step / max(1, self.progress.steps_per_epoch)

    @property
    def run_fraction(self) -> float:
        """Of the whole run, 0 to 1; a finished run is full, however it ended."""
        if self.finished is not None and self.finished.reason == "epochs":
            return 1.0
        return min(1.0, self.epochs_done / max(1, self.epochs))

    @property
    def epoch_fraction(self) -> float:
        """Of the epoch under way, 0 to 1."""
        if self.progress is None:
            return 0.0
        return min(1.0, self.progress.step_in_epoch / max(1, self.progress.steps_per_epoch))

    @property
    def seconds_left(self) -> float:
        """Of the whole run; NaN while nobody can tell."""
        if self.progress is None:
            return float("nan")
        steps = self.epochs * self.progress.steps_per_epoch - self.progress.step
        return self._seconds_for(steps)

    @property
    def epoch_seconds_left(self) -> float:
        """Of the epoch under way; NaN while nobody can tell."""
        if self.progress is None:
            return float("nan")
        return self._seconds_for(self.progress.steps_per_epoch - self.progress.step_in_epoch)

    def _seconds_for(self, steps: int) -> float:
        if steps <= 0:
            return 0.0
        (first_step, first_second), (last_step, last_second) = self._pace[0], self._pace[-1]
        if last_step <= first_step or last_second <= first_second:
            return float("nan")
        return steps * (last_second - first_second) / (last_step - first_step)
