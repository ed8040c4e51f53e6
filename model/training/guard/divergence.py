"""Divergence: finds in the losses that training goes wrong, while good weights are still kept.

The detector only suspects. `rollback` then tests whether the weights are spoiled or the text is harder than the rest.
It is arithmetic, step by step: the same losses raise the same suspicion however they are cut into chunks, and its
figures are saved with every checkpoint. Nothing here imports JAX.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

MARGIN = 0.1
"""How many nats worse than the best the probe may be before the weights count as spoiled."""

_FAST, _USUAL, _TREND = 8, 50, 400
"""Steps that the running means reach back over."""

_JUMP = 0.3
"""A spike is this many nats, plus a step's standard deviation, above the best usual loss."""

_SETTLED = 50
"""Before this many steps, losses vary too much to tell a spike."""


_KEY = "guard_"
"""Prefix of the names of its figures in a checkpoint."""


@dataclass(slots=True)
class Figures:
    """Running means of the loss, in nats per character."""

    steps: int = 0
    fast: float = 0.0
    usual: float = 0.0
    best_usual: float = math.inf
    variance: float = 0.0
    """Of a step's loss around the fast mean, which follows a falling loss."""
    trend: float = 0.0
    best_trend: float = math.inf


class DivergenceDetector:
    """Watches the losses of one training run."""

    def __init__(self) -> None:
        self._figures = Figures()

    @classmethod
    def from_progress(cls, progress: Mapping[str, float | int | None]) -> DivergenceDetector:
        """The detector saved in a checkpoint's `progress`; figures missing there are those of a new one."""
        detector = cls()
        known = {name: progress[_KEY + name] for name in asdict(detector._figures) if _KEY + name in progress}
        detector._figures = replace(detector._figures, **known)  # type: ignore[arg-type]
        return detector

    def to_progress(self) -> dict[str, float | int | None]:
        """For a checkpoint's `progress`."""
        return {_KEY + name: value for name, value in asdict(self._figures).items()}

    def watch(self, loss: float, norm: float) -> str | None:
        """Add an optimiser step.

        Args:
            loss: of the step's batch.
            norm: of its gradient.

        Returns:
            What looks wrong, as a clause; None where nothing does.
        """
        if not math.isfinite(loss):
            return "the loss was no number"
        if not math.isfinite(norm):
            return "the gradient was no number"
        seen = self._figures
        seen.steps += 1
        away = loss - seen.fast if seen.steps > 1 else 0.0
        seen.fast = _nearer(seen.fast, loss, _FAST, seen.steps)
        seen.usual = _nearer(seen.usual, loss, _USUAL, seen.steps)
        seen.variance = _nearer(seen.variance, away * away, _TREND, seen.steps)
        seen.trend = _nearer(seen.trend, loss, _TREND, seen.steps)
        if seen.steps < _SETTLED:
            return None
        seen.best_usual = min(seen.best_usual, seen.usual)
        if seen.fast > seen.best_usual + _JUMP + math.sqrt(seen.variance):
            return f"the loss jumped from {seen.best_usual:.2f} to {seen.fast:.2f}"
        if seen.steps >= _TREND:
            seen.best_trend = min(seen.best_trend, seen.trend)
            if seen.trend > seen.best_trend + MARGIN:
                return f"the loss rose from {seen.best_trend:.2f} to {seen.trend:.2f}"
        return None

    def accept(self) -> None:
        """Take the losses as they are now for the usual ones: the text is harder."""
        seen = self._figures
        seen.usual = seen.best_usual = max(seen.fast, seen.usual)
        seen.trend = seen.best_trend = max(seen.usual, seen.trend)


def _nearer(mean: float, value: float, reach: int, steps: int) -> float:
    """A running mean after one more value; at first, the plain mean of all there are."""
    return mean + (value - mean) / min(reach, steps)
