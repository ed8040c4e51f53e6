"""Totals: what a run has done so far, in sums, and the way of these into a checkpoint and back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import numpy as np

from model.events import EpochEnd


@dataclass(slots=True)
class Totals:
    """Sums over the run, and over the epoch in progress."""

    seconds: float = 0.0
    """Of training, pauses left out."""
    best: float | None = None
    """The lowest loss that an epoch's weights were judged at."""
    best_held_out: float | None = None
    """That epoch's held-out loss, where there is a held-out text."""
    best_epoch: int | None = None
    epoch_loss: float = 0.0
    """Of the epoch in progress: its targets' losses."""
    epoch_count: float = 0.0
    """Its targets, in units of lanes."""
    epoch_seconds: float = 0.0
    """That its `epoch_characters` took; chunks that were compiled before they ran count in neither."""
    epoch_characters: int = 0

    @classmethod
    def remembered(cls, progress: Mapping[str, float | int | None]) -> Totals:
        """The tally that a checkpoint's `progress` holds; what it lacks is as at the beginning."""
        return replace(cls(), **{name: progress[name] for name in asdict(cls()) if name in progress})  # type: ignore[arg-type]

    def to_remember(self) -> dict[str, float | int | None]:
        """For a checkpoint's `progress`."""
        return asdict(self)

    def add(self, losses: np.ndarray, counts: np.ndarray) -> None:
        """Take in the steps of a chunk; summed in double precision, so that it is all one how steps are cut."""
        self.epoch_loss += float(np.sum(losses * counts, dtype=np.float64))
        self.epoch_count += float(np.sum(counts, dtype=np.float64))

    def time(self, seconds: float, characters: int) -> None:
        """Take in how long a chunk took that was compiled before."""
        self.epoch_seconds += seconds
        self.epoch_characters += characters

    def judge(self, end: EpochEnd) -> bool:
        """Take in the end of an epoch; whether it is the best so far. A NaN never is."""
        if math.isnan(end.judged) or (self.best is not None and end.judged >= self.best):
            return False
        self.best, self.best_held_out, self.best_epoch = end.judged, end.held_out, end.epoch
        return True

    def go_on_from(self, later: Totals) -> None:
        """Keep what stays true of the run where training has gone back: the time it took, and the best there was."""
        self.seconds = later.seconds
        self.best, self.best_held_out, self.best_epoch = later.best, later.best_held_out, later.best_epoch

    def begin_epoch(self) -> None:
        """Forget the epoch that was in progress."""
        self.epoch_loss = self.epoch_count = self.epoch_seconds = 0.0
        self.epoch_characters = 0

    @property
    def mean_loss(self) -> float:
        """Over the epoch so far."""
        return self.epoch_loss / self.epoch_count if self.epoch_count else math.nan

    @property
    def characters_per_second(self) -> float:
        """Training text consumed, over the epoch so far."""
        return self.epoch_characters / self.epoch_seconds if self.epoch_seconds else 0.0
