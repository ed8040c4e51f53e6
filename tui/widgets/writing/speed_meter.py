"""SpeedMeter: how fast text comes."""

from __future__ import annotations

from collections import deque

_MEASURED_SECONDS = 2.0
"""Over which the speed is measured."""
_SHOWN_SECONDS = 0.5
"""Between two speeds that are shown, so that the number can be read."""


class SpeedMeter:
    """Characters a second over the last moments."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int]] = deque()
        self._shown_at = 0.0
        self.shown: float | None = None
        """The speed to show; None until enough time has passed."""

    def add(self, characters: int, now: float) -> None:
        """`characters` came at `now`, in seconds."""
        self._counts.append((now, characters))
        while now - self._counts[0][0] > _MEASURED_SECONDS:
            self._counts.popleft()
        if now - self._shown_at >= _SHOWN_SECONDS:
            self.shown, self._shown_at = self._rate, now

    def forget(self) -> None:
        """Measure again from now on."""
        self._counts.clear()
        self.shown = None

    @property
    def _rate(self) -> float | None:
        seconds = self._counts[-1][0] - self._counts[0][0]
        return (sum(count for _, count in self._counts) - self._counts[0][1]) / seconds if seconds >= 0.4 else None
