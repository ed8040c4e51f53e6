"""Totals: sums over what a run has done so far, saved with every checkpoint."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from model.training.events import EpochEnd


@dataclass(slots=True)
class Totals:
    """Sums over the run, and over the epoch in progress."""

    seconds: float = 0.0
    """Of training, without pauses and compiling."""
    best: float | None = None
    """The lowest `EpochEnd.judged` of all epochs."""
    best_held_out: float | None = None
    """That epoch's held-out loss, where there is a held-out text."""
    best_epoch: int | None = None
    epoch_loss: float = 0.0
    """Of the epoch in progress: the sum of its losses, each times its count."""
    epoch_count: float = 0.0
    """The sum of its counts, see `learner.Chunk`."""
    epoch_seconds: float = 0.0
    """Training time of its `epoch_characters`; a chunk that had to be compiled counts in neither."""
    epoch_characters: int = 0
    logged_loss: float = 0.0
    """Sum of the targets' losses since the last logged step."""
    logged_count: float = 0.0
    """Their targets, in units of lanes."""
    batch_loss: float | None = None
    """Of the newest step; None where an earlier version saved it."""

    @classmethod
    def from_progress(cls, progress: Mapping[str, float | int | None]) -> Totals:
        """The totals saved in a checkpoint's `progress`; values missing there are those of a new run."""
        return replace(cls(), **{name: progress[name] for name in asdict(cls()) if name in progress})  # type: ignore[arg-type]

    def to_progress(self) -> dict[str, float | int | None]:
        """For a checkpoint's `progress`."""
        return asdict(self)

    def add(self, losses: np.ndarray, counts: np.ndarray) -> None:
        """Add the steps of a chunk, in double precision, so that it does not matter how they are cut into chunks."""
        loss, count = _sums(losses, counts)
        self.epoch_loss += loss
        self.epoch_count += count
        self.batch_loss = float(losses[-1]) if len(losses) else self.batch_loss

    def log(self, losses: np.ndarray, counts: np.ndarray, ends: Sequence[int]) -> list[tuple[float, float]]:
        """Take in a chunk of steps that `add` has seen, and cut it behind each logged step.

        Args:
            losses: of the chunk's steps.
            counts: the targets behind each.
            ends: how many of the chunk's steps lie before each cut, in rising order.

        Returns:
            For each cut the mean loss since the cut before, which may lie in an earlier chunk, and the epoch's so far.
        """
        means, begin = [], 0
        for end in ends:
            self._wait(losses[begin:end], counts[begin:end])
            loss, count = _sums(losses[end:], counts[end:])
            means.append((self.logged_loss / self.logged_count, (self.epoch_loss - loss) / (self.epoch_count - count)))
            self.logged_loss = self.logged_count = 0.0
            begin = end
        self._wait(losses[begin:], counts[begin:])
        return means

    def _wait(self, losses: np.ndarray, counts: np.ndarray) -> None:
        loss, count = _sums(losses, counts)
        self.logged_loss += loss
        self.logged_count += count

    def time(self, seconds: float, characters: int) -> None:
        """Add the time of a chunk that was compiled before."""
        self.epoch_seconds += seconds
        self.epoch_characters += characters

    def judge(self, end: EpochEnd) -> bool:
        """Add the end of an epoch; returns whether it is the best so far. NaN never is."""
        if not end.beats(self.best):
            return False
        self.best, self.best_held_out, self.best_epoch = end.judged, end.held_out, end.epoch
        return True

    def keep_from(self, later: Totals) -> None:
        """After a rollback, keep what stays true of the run: its training time and its best epoch."""
        self.seconds = later.seconds
        self.best, self.best_held_out, self.best_epoch = later.best, later.best_held_out, later.best_epoch

    def begin_epoch(self) -> None:
        """Reset the sums of the epoch."""
        self.epoch_loss = self.epoch_count = self.epoch_seconds = 0.0
        self.epoch_characters = 0

    @property
    def mean_loss(self) -> float:
        """Over the epoch so far."""
        return self.epoch_loss / self.epoch_count if self.epoch_count else math.nan

    @property
    def characters_per_second(self) -> float:
        """Of training text, over the epoch so far."""
        return self.epoch_characters / self.epoch_seconds if self.epoch_seconds else 0.0


def _sums(losses: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    return float(np.sum(losses * counts, dtype=np.float64)), float(np.sum(counts, dtype=np.float64))
