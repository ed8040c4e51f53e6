"""Silence: decides after how many seconds without news the screen says so."""

from __future__ import annotations

from collections import deque

LEAST = 45.0
"""Seconds without news that are normal for any run."""

_TIMES = 3.0
"""A run may be silent this many times as long as its longest recent silence."""

_USUAL = 16
"""Number of silences that are remembered."""


class Silence:
    """Measures the time between signs of life.

    Args:
        least: seconds without a sign that are always normal.
        last: when the last one was, by the caller's clock.
    """

    def __init__(self, least: float, last: float) -> None:
        self._least = least
        self.last = last
        self._silences: deque[float] = deque(maxlen=_USUAL)

    def beat(self, now: float, *, usual: bool) -> None:
        """Note a sign. `usual` says that the run was training, so that the silence before it counts as normal."""
        if usual:
            self._silences.append(now - self.last)
        self.last = now

    def fails(self, now: float) -> bool:
        """Whether the silence is much longer than normal."""
        return now - self.last > max(self._least, _TIMES * max(self._silences, default=0.0))
