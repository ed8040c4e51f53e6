"""Pace: when the next character of each stream is due."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping

from tui.launch import Speed

CHUNK = 8
"""Characters written in one call where speed matters more than steps."""

_CHUNKS_ABOVE = 250.0
"""Characters a second above which they are written in chunks: one call for each would cost too much."""
_SLOWEST, _FASTEST = 20.0, 160.0
"""Characters a second that a reader can follow: the bounds of the automatic speed."""
_AUTO = 80.0
"""The automatic speed while the time to the next epoch is not known."""
_EARLY = 0.9
"""The part of the time to the end of an epoch that its predecessor's showing may take."""
_LARGEST_DEBT = 0.25
"""Seconds that are made up for by writing faster; a longer delay is forgotten."""


class Pace:
    """The clock of all streams.

    Args:
        streams: how many there are.
        clock: seconds, only ever forward.
    """

    def __init__(self, streams: int, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._auto = True
        self._speed: float | None = _AUTO
        self._due = [clock()] * streams
        self.paused = False
        self._singles = 0

    @property
    def holds(self) -> bool:
        """Whether only a key can bring the next character."""
        return self.paused and not self._singles

    def set_speed(self, speed: Speed) -> None:
        """Count at another speed from now on."""
        self._auto = speed == "auto"
        self._speed = _AUTO if speed == "auto" else speed
        self._start_now()

    def fit(self, characters: int, seconds: float) -> None:
        """Let the automatic speed write so many characters a stream in so many seconds, where that can be followed.

        NaN seconds are not known.
        """
        if not self._auto:
            return
        if math.isnan(seconds):
            self._speed = _AUTO
        elif characters:
            self._speed = min(_FASTEST, max(_SLOWEST, characters / max(_EARLY * seconds, 0.001)))

    def pause(self, paused: bool) -> bool:
        """Pause or resume; whether that changes anything."""
        if paused == self.paused:
            return False
        self.paused, self._singles = paused, 0
        self._start_now()
        return True

    def allow_one(self) -> None:
        """Let one token a stream be written while paused."""
        self._singles += self.paused

    def forget_singles(self) -> None:
        """There is nothing that they could be written of."""
        self._singles = 0

    def wait(self, streams: Collection[int]) -> float:
        """Seconds until a character of one of these streams is due; 0 when one is. A long delay is forgotten."""
        if self.paused:
            return 0.0
        now = self._clock()
        for stream in streams:
            if now > self._due[stream] + _LARGEST_DEBT:
                self._due[stream] = now
        return max(0.0, min(self._due[stream] for stream in streams) - now)

    def due(self, streams: Collection[int]) -> list[int]:
        """Those of the streams to write together: the first that is due, and all that are due within half a character.

        Without the half, rounding would keep streams apart that are equally far, and each would cost a step.
        """
        if self.paused or self._speed is None:
            return list(streams)
        first = min(self._due[stream] for stream in streams)
        return [stream for stream in streams if self._due[stream] <= first + 0.5 / self._speed]

    def count(self, left: int) -> int:
        """Tokens to write in one call where so many characters are left to write."""
        fast = not self.paused and (self._speed is None or self._speed > _CHUNKS_ABOVE)
        return CHUNK if fast and left >= CHUNK else 1

    def wrote(self, characters: Mapping[int, int]) -> None:
        """So many characters of each of these streams were written."""
        if self.paused:
            self._singles -= 1
        elif self._speed is None:
            self._start_now()
        else:
            for stream, count in characters.items():
                self._due[stream] += count / self._speed

    def took_back(self, stream: int, count: int) -> None:
        """So many characters were taken back: they are due again at once."""
        if self._speed is not None:
            self._due[stream] -= count / self._speed

    def hurry(self, stream: int) -> None:
        """Let the next character of a stream be due at once; the other streams keep their distance to it."""
        early = self._due[stream] - self._clock()
        if early > 0:
            self._due = [due - early for due in self._due]

    def join(self, streams: Collection[int]) -> None:
        """Let these streams go in step from now on: they begin together."""
        due = max(self._due)
        for stream in streams:
            self._due[stream] = due

    def _start_now(self) -> None:
        self._due = [self._clock()] * len(self._due)
