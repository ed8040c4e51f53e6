"""Session: the values that keys set. Pure; the main screen owns it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from model.sampling import Sampling
from tui.launch import Speed

SPEEDS: tuple[float | None, ...] = (10, 20, 40, 80, 160, 320, 640, None)
"""Characters a second; None is unlimited. Below the slowest is 'auto'."""

_LIKE_AUTO = 80.0
"""The speed whose neighbours are those of 'auto'."""

_ECHO_SECONDS = 2.0
"""How long after a key the text may still announce older samplings."""


@dataclass
class Session:
    """The current values."""

    temperatures: Sequence[float]
    """Of the digit keys."""
    speed: Speed = "auto"
    writing_paused: bool = False
    training_paused: bool = False
    hold: bool = False
    best_weights: bool | None = None
    """Whether to write with the best weights rather than the newest; None is the best once training has ended."""
    sampling: Sampling = field(init=False)
    _echo_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.sampling = Sampling(self.temperatures[0])

    def adopt(self, temperatures: Sequence[float]) -> None:
        """Take over another recipe's temperatures; a sampling that a key has set stays."""
        if self.sampling == Sampling(self.temperatures[0]):
            self.sampling = Sampling(temperatures[0])
        self.temperatures = temperatures

    def set_setting(self, name: str, value: float, now: float) -> Sampling:
        """Set a setting, within its bounds; the sampling of the next character. `now` is in seconds."""
        self.sampling, self._echo_until = self.sampling.changed(name, value), now + _ECHO_SECONDS
        return self.sampling

    def hear_sampling(self, sampling: Sampling, now: float) -> None:
        """The text announces its sampling: follow it, unless a key has just set another."""
        if sampling == self.sampling:
            self._echo_until = 0.0
        elif now >= self._echo_until:
            self.sampling = sampling

    def step_speed(self, steps: int) -> Speed:
        """Go up or down the list of speeds; a speed between two of them counts as the lower."""
        values = [math.inf if speed is None else speed for speed in SPEEDS]
        now = math.inf if self.speed is None else _LIKE_AUTO if self.speed == "auto" else self.speed
        at = bisect_right(values, now) - 1 + steps
        self.speed = "auto" if at < 0 else SPEEDS[min(len(SPEEDS) - 1, at)]
        return self.speed
