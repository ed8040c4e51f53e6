"""TrainingView: the run as the screen shows it, folded from the stream of events. No widgets, no clocks."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Literal

from model.events import Compiled, CorpusReady, EpochEnd, Event, Finished, Progress, RolledBack, Saved, SaveFailed
from model.recipe import Recipe
from tui.views.resume_summary import Recalled
from tui.views.run_state import Standing

Phase = Literal["preparing", "training", "paused", "waiting", "finished", "failed"]

_PACE_WINDOW = 64
"""Progress events over which the pace of training is measured, some ten seconds."""


@dataclass
class TrainingView:
    """What is known of the run so far. `recall` takes its past and `apply` an event; everything else is read."""

    recipe: Recipe
    recipe_name: str
    stage: str = "starting"
    corpus: CorpusReady | None = None
    compiled: Compiled | None = None
    progress: Progress | None = None
    """Where it stands; before the first step of a run that goes on, where it stood."""
    epoch_ends: list[EpochEnd] = field(default_factory=list)
    """Those that still count: none of what training has gone back behind."""
    best: EpochEnd | None = None
    """The first of them with the lowest held-out loss, however it is read."""
    run: str | None = None
    """The folder that it is kept in."""
    began: bool = False
    """Whether a step was done since the launch; of a run that is trained elsewhere, ever."""
    saved: bool = False
    """Whether anything of it was."""
    save_failure: str | None = None
    """Why the last save failed, in a sentence; None where it did not."""
    finished: Finished | None = None
    standing: Standing | None = None
    """What a run that is trained elsewhere does; None for one that is trained here."""
    pause_asked: bool = False
    hold_asked: bool = False
    failed: bool = False
    _between_epochs: bool = field(default=False, init=False)
    _pace: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=_PACE_WINDOW), init=False)

    def recall(self, past: Recalled) -> None:
        """Take in where it stood before the launch; its epochs of then are applied like any other."""
        self.run, self.progress, self.saved = past.folder, past.progress, past.progress is not None
        self.epoch_ends, self.best, self.finished = [], None, None
        self._pace.clear()

    def stand(self, standing: Standing) -> None:
        """Take in what a run does that is trained elsewhere."""
        self.standing, self.began = standing, self.progress is not None
        self.pause_asked = standing.state == "paused"

    def apply(self, event: Event) -> None:
        """Take in what the run says of itself."""
        match event:
            case CorpusReady():
                self.corpus, self.finished = event, None
            case Compiled():
                self.compiled, self.run = event, event.run
            case Progress():
                self.progress, self.began = event, True
                self._between_epochs = False
                self._pace.append((event.step, event.seconds))
            case EpochEnd():
                self._end_epoch(event)
                self._between_epochs = True
            case RolledBack():
                self._roll_back(event)
            case Saved():
                self.saved, self.save_failure = True, None
            case SaveFailed(reason):
                self.save_failure = reason
            case Finished():
                self.finished = event

    def _end_epoch(self, event: EpochEnd) -> None:
        self.epoch_ends.append(event)
        # A NaN is never the best.
        if event.held_out is not None and (self.best is None or event.judged < self.best.judged):
            self.best = None if math.isnan(event.judged) else event

    def _roll_back(self, event: RolledBack) -> None:
        ends, self.epoch_ends, self.best = self.epoch_ends, [], None
        for end in ends:
            if end.step <= event.to_step:
                self._end_epoch(end)
        self._pace.clear()
        if self.progress:
            epoch, step = event.to_epoch + 1, event.to_step - event.to_epoch * self.progress.steps_per_epoch
            self.progress = replace(self.progress, epoch=epoch, step=event.to_step, step_in_epoch=step)

    @property
    def epoch_end(self) -> EpochEnd | None:
        """The latest one."""
        return self.epoch_ends[-1] if self.epoch_ends else None

    @property
    def unsaved(self) -> bool:
        """Whether something was learned that is not on the disk because it could not be saved."""
        return self.began and self.save_failure is not None

    @property
    def phase(self) -> Phase:
        """What training is doing."""
        if self.failed:
            return "failed"
        if self.finished is not None:
            return "finished"
        if not self.began:
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
        if not self._pace or (self.standing and self.standing.out_of_reach):
            return float("nan")
        (first_step, first_second), (last_step, last_second) = self._pace[0], self._pace[-1]
        if last_step <= first_step or last_second <= first_second:
            return float("nan")
        return steps * (last_second - first_second) / (last_step - first_step)
