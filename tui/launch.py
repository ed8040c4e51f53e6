"""Launch: what the command line decided before the screen opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.options.fields import option
from model.options.parser import positive
from model.options.training_options import TrainingOptions
from tui.keys.screen_settings import NOTHING_SET, ScreenSettings

Speed = float | Literal["auto"] | None
"""Characters written per second in each stream: 'auto' ends an epoch's samples before the next epoch does; None is as
fast as the screen takes them."""


def _speed(text: str) -> Speed:
    return "auto" if text == "auto" else None if text == "unlimited" else positive(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch(TrainingOptions):
    """The settings a screen starts with; what keys change afterwards lives in `tui.keys.session`."""

    program = ("charlstm-tui",)

    theme: Literal["dark", "light"] | None = option(None, "colours to start with (default: dark)")
    speed: Speed = option(
        "auto",
        "characters written per second, 'unlimited', or 'auto', which ends an epoch's samples before the next epoch "
        "does (default: {})",
        parse=_speed,
        metavar="N",
    )
    ascii: bool | None = option(None, "draw with plain ASCII only (default: as the terminal's locale allows)")
    watch: str | None = option(
        None,
        "watch a run that another program trains: one listed by 'charlstm runs', its folder, or 'latest'",
        metavar="RUN",
    )
    """`tui.engine.runs.launch_runs.watching` puts the run's folder here, and its recipe and name into their fields.

    With `resume`, `tui.engine.runs.launch_runs.resuming` does the same.
    """
    lesson: str | None = option(
        None, "begin a lesson, a short guided experiment; without NAME, list them", metavar="NAME", bare=""
    )
    lesson_at: int = 0
    """The place of the lesson's step that this run begins with, from 0."""
    lesson_kept: tuple[tuple[str, float], ...] = ()
    """Losses of the lesson's earlier runs, by name."""
    kept: ScreenSettings = NOTHING_SET
    """What was set on the screen before, with the run that is resumed or watched."""
    kept_note: str = ""
    """Why that cannot be read, in a sentence; empty if it can."""
    choose_run: bool = False
    """Whether to let the user choose at the start among the runs, if there are any."""

    @property
    def watches(self) -> bool:
        """Whether another program trains the run."""
        return self.watch is not None or self.group is not None
