"""Recalled: what a run's folder tells of the part of it that is over, as the screen shows it. Plain data."""

from __future__ import annotations

from dataclasses import dataclass

from model.events import EpochEnd, Progress
from tui.views.loss_history import Point


@dataclass(frozen=True, slots=True)
class Recalled:
    """A run's past, up to where it goes on."""

    folder: str
    curve: tuple[Point, ...]
    """The training loss."""
    epoch_ends: tuple[EpochEnd, ...]
    progress: Progress | None
    """Where it stood; None where it had not learned anything."""
    notes: tuple[str, ...]
    """What was found wrong with it, a sentence each."""
    again: bool = False
    """Whether it takes the place of a past that was told before: some of that was taken back meanwhile."""
