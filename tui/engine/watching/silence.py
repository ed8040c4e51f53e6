"""Silence: how long a run may report nothing before the screen says so."""

from __future__ import annotations

from collections import deque

LEAST = 45.0
"""Seconds without news that mean nothing, however often there usually is some."""

_TIMES = 3.0
"""How often its longest usual silence a run may be silent."""

_USUAL = 16
"""Silences that are remembered."""


class Silence:
    """Signs of life, and the silences between them.

    Args:
        least: seconds without a sign that mean nothing.
        last: when the last one was, by the caller's clock.
    """

    def __init__(self, least: float, last: float) -> None:
        self._least = least
        self.last = last
        self._silences: deque[float] = deque(maxlen=_USUAL)

    def beat(self, now: float, *, usual: bool) -> None:
        """There was a sign; `usual` where the run was at work before, so that the silence may be measured by."""
        if usual:
            self._silences.append(now - self.last)
        self.last = now

    def fails(self, now: float) -> bool:
        """Whether the silence is longer than it ever was, by far."""
        return now - self.last > max(self._least, _TIMES * max(self._silences, default=0.0))
