"""SpeedMeter: how fast text comes."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable

from tui.engine.writing.items import Item, Written

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

    def take(self, items: Iterable[Item], now: float) -> None:
        """These came at `now`, in seconds; the fastest stream counts."""
        characters = Counter[int]()
        for item in items:
            if isinstance(item, Written) and item.probability >= 0:  # NaN: a sample that was found, which comes whole
                characters[item.stream] += len(item.character)
        self._counts.append((now, max(characters.values(), default=0)))
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
