"""TrainingView: a run as the screen shows it: the fold of `RunView`, and what only the screen knows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from model.recipe import Recipe
from model.runs.run_view import RunView
from model.training.events import Baselines, Compiled, Event, Progress, Step
from tui.views.chart_view import Line, Mark, Overlay, baseline_lines, marked
from tui.views.run_state import RunState

Phase = Literal["preparing", "training", "paused", "waiting", "finished", "failed"]


@dataclass
class TrainingView(RunView):
    """What is known of the run. Only the app's thread changes it."""

    recipe: Recipe
    recipe_name: str
    run_state: RunState | None = None
    """What a watched run is doing; None for a run that is trained here."""
    stage: str = "starting"
    began: bool = False
    """Whether training has done a step since the launch; for a watched run, ever."""
    pause_asked: bool = False
    hold_asked: bool = False
    writing_paused: bool = False
    failure: str = ""
    """Why the engine has stopped, in a sentence; empty while it works."""
    lines: tuple[Line, ...] = ()
    """For the chart, like the next two: baselines."""
    marks: tuple[Mark, ...] = ()
    """What happened, the best epoch excepted."""
    overlays: tuple[Overlay, ...] = ()
    """Other runs."""
    logged_failure: str = ""
    """The reason in the last log line about a failed save: the log repeats none."""
    emptied: bool = False
    """Whether all that was saved has gone from the disk, and nothing was saved since."""
    logged_end: tuple[int, str] = (-1, "")
    """Step and reason of the last end in the log: opening the run again does not repeat it."""

    @property
    def watched(self) -> bool:
        """Whether another program trains the run. Then no key steers it."""
        return self.run_state is not None

    def apply(self, event: Event, at: float | None = None) -> None:
        """Fold in an event, as `RunView.apply` does."""
        before = self.kept
        super().apply(event, at)
        self.emptied = (self.emptied or before is not None) and self.kept is None
        self.marks = () if isinstance(event, Compiled) and not self._resumed else marked(self.marks, event)
        if isinstance(event, Baselines):
            self.lines = baseline_lines(event)
        self.began |= isinstance(event, Progress | Step)

    def begin_with(self, folder: str) -> None:
        """Start again with an empty view, before the events of this folder's run."""
        RunView.__init__(self)
        self.run, self.marks = folder, ()

    def end_history(self) -> None:
        """Called when all events from before the launch have been applied."""
        self.kept = self.progress.step if self.progress else None
        if not self.watched:  # it is about to be resumed
            self.began, self.finished = False, None

    def take_state(self, run_state: RunState) -> None:
        """Note what a watched run is doing."""
        self.run_state = run_state

    @property
    def unsaved(self) -> bool:
        """Whether training has done something that is not on the disk because saving failed."""
        return self.began and self.save_failure is not None

    @property
    def phase(self) -> Phase:
        """What training is doing."""
        if self.failure:
            return "failed"
        if self.finished is not None:
            return "finished"
        if not self.began:
            return "preparing"
        if self.pause_asked or self.state == "paused":
            return "paused"
        if self.state == "showing" or (self.hold_asked and self._between_epochs):
            return "waiting"
        return "training"

    @property
    def compiles(self) -> bool:
        """Whether the training step is being compiled, which cannot be interrupted."""
        return self.phase == "preparing" and self.stage.startswith("compiling")

    @property
    def epochs(self) -> int:
        """How many epochs the run will have."""
        return self.compiled.epochs if self.compiled else self.recipe.epochs

    @property
    def run_fraction(self) -> float:
        """Part of the whole run, 0 to 1; 1 when all epochs are done."""
        if self.finished is not None and self.finished.reason == "epochs":
            return 1.0
        return min(1.0, self.epochs_done / max(1, self.epochs))

    @property
    def epoch_fraction(self) -> float:
        """Part of the present epoch, 0 to 1."""
        return min(1.0, self.progress.step_in_epoch / max(1, self.progress.steps_per_epoch)) if self.progress else 0.0

    @property
    def seconds_left(self) -> float:
        """Seconds to the end of the run, or to the stop that is planned before; NaN while unknown."""
        if self.progress is None:
            return math.nan
        last = min(self.epochs, self.steering.last_epoch or self.epochs)
        return self._seconds_for(last * self.progress.steps_per_epoch - self.progress.step)

    @property
    def epoch_seconds_left(self) -> float:
        """Seconds to the end of the epoch; NaN while unknown."""
        if self.progress is None:
            return math.nan
        return self._seconds_for(self.progress.steps_per_epoch - self.progress.step_in_epoch)

    @property
    def _between_epochs(self) -> bool:
        return self.epoch_end is not None and self.progress is not None and self.epoch_end.step == self.progress.step

    def _seconds_for(self, steps: int) -> float:
        if steps <= 0:
            return 0.0
        return math.nan if self.run_state and self.run_state.out_of_reach else steps / self.steps_per_second
