"""SpeedMeter: how fast text comes."""

from __future__ import annotations

from collections import deque

_MEASURED_SECONDS = 2.0
"""Over which the speed is measured."""


class SpeedMeter:
    """Characters a second over the last moments."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()

    def add(self, characters: int, now: float) -> None:
        """`characters` came at `now`, in seconds."""
        self._counts.append((now, characters))
        while now - self._counts[0][0] > _MEASURED_SECONDS:
            self._counts.popleft()

    @property
    def rate(self) -> float | None:
        """None until enough time has passed."""
        if not self._counts:
            return None
        seconds = self._counts[-1][0] - self._counts[0][0]
        return (sum(count for _, count in self._counts) - self._counts[0][1]) / seconds if seconds >= 0.4 else None
