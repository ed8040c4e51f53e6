"""LossHistory: the loss curve of a run of any length, in bounded memory; and whether the losses tell of overfitting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from model.training.events import EpochEnd

Point = tuple[float, float]
"""How far training had come, and the loss there."""

_MOST_POINTS = 8192

_FEWEST = 5
"""Epochs before which nothing is said."""
_PATIENCE = 3
"""Epochs in a row that are all worse than the best on the held-out text, and better in training."""
_GAINED, _APART = 0.02, 0.05
"""Nats by which training has got better at least, and by which both losses have moved apart: more than noise."""


class LossHistory:
    """Training losses from left to right. When they get many, neighbours are averaged: the curve keeps its shape."""

    def __init__(self, most: int = _MOST_POINTS) -> None:
        self._most = most
        self._stride = 1
        self._points: list[Point] = []
        self._pending: list[Point] = []

    def add(self, x: float, loss: float) -> None:
        """Append a point to the right of all others; a point that is not finite leaves no mark."""
        if not (math.isfinite(x) and math.isfinite(loss)):
            return
        self._pending.append((x, loss))
        if len(self._pending) < self._stride:
            return
        self._points.append(_mean(self._pending))
        self._pending.clear()
        if len(self._points) >= self._most:
            self._points = _paired(self._points)
            self._stride *= 2

    def forget_after(self, x: float) -> None:
        """Remove the points to the right of a place: training continues from there."""
        self._points = [point for point in self._points if point[0] <= x]
        self._pending = [point for point in self._pending if point[0] <= x]

    def curve(self, most: int) -> list[Point]:
        """At most `most` points, evenly spread, each the mean of its neighbourhood."""
        points = [*self._points, _mean(self._pending)] if self._pending else self._points
        if len(points) <= most or most < 1:
            return list(points)
        left, right = points[0][0], points[-1][0]
        width = (right - left) / most or 1.0
        buckets: list[list[Point]] = [[] for _ in range(most)]
        for point in points:
            buckets[min(most - 1, int((point[0] - left) / width))].append(point)
        return [_mean(bucket) for bucket in buckets if bucket]


def _mean(points: Sequence[Point]) -> Point:
    return (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))


def _paired(points: list[Point]) -> list[Point]:
    return [_mean(points[start : start + 2]) for start in range(0, len(points), 2)]


class Overfitting(NamedTuple):
    """That the held-out loss no longer improves while the training loss does."""

    best: EpochEnd
    """The epoch since which it does not."""
    noticed: EpochEnd

    @property
    def losses(self) -> tuple[float, float]:
        """Held-out, at its best and when it was noticed."""
        return self.best.held_out or 0.0, self.noticed.held_out or 0.0

    def words(self, best: str, noticed: str) -> str:
        """What has happened and what helps, for a log, with the `losses` spelled so."""
        return (
            f"Overfitting: the held-out loss has not improved since epoch {self.best.epoch} ({best}, now {noticed}), "
            "the training loss has. More text, --dropout, a smaller network (--hidden) or stopping now help. The best "
            "weights are kept."
        )


class OverfittingSearch:
    """Takes the ends of epochs one after another; each takes the same short time."""

    def __init__(self) -> None:
        self._judged: list[EpochEnd] = []
        self._best: list[int] = []
        """For each of them, the place of the best up to there."""

    def add(self, end: EpochEnd) -> Overfitting | None:
        """Whether it shows overfitting. Ends of epochs that follow it were rolled back, and are forgotten."""
        judged, best = self._judged, self._best
        while judged and (judged[-1].epoch >= end.epoch or judged[-1].step > end.step):
            judged.pop()
            best.pop()
        if end.held_out is None or not math.isfinite(end.held_out + end.loss):
            return None
        at = best[-1] if best and end.held_out >= (judged[best[-1]].held_out or 0.0) else len(judged)
        judged.append(end)
        best.append(at)
        newest = judged[max(at + 1, len(judged) - _PATIENCE) :]
        if len(judged) < _FEWEST or len(newest) < _PATIENCE:
            return None
        gained = judged[at].loss - max(each.loss for each in newest)
        lost = min(each.held_out or 0.0 for each in newest) - (judged[at].held_out or 0.0)
        return Overfitting(judged[at], end) if gained >= _GAINED and gained + lost >= _APART else None
