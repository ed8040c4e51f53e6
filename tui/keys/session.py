"""Session: what keys have changed since the launch. Pure; the main screen owns it."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

COOLEST, HOTTEST, TEMPERATURE_STEP = 0.0, 5.0, 0.05
SPEEDS: tuple[float | None, ...] = (10, 20, 40, 80, 160, 320, 640, None)
"""Characters a second; None is unlimited."""

_ECHO_SECONDS = 2.0
"""How long the text may still speak of older temperatures after a key."""


@dataclass
class Session:
    """The knobs as they stand."""

    temperatures: Sequence[float]
    """Of the digit keys."""
    speed: float | None = 80.0
    writing_paused: bool = False
    training_paused: bool = False
    hold: bool = False
    best_weights: bool | None = None
    """Whether to write with the best rather than the newest; None is the best as soon as training has ended."""
    temperature: float = field(init=False)
    _echo_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self.temperature = self.temperatures[0]

    def adopt(self, temperatures: Sequence[float]) -> None:
        """Take over another recipe's; what was turned already stays as it was turned."""
        if self.temperature == self.temperatures[0]:
            self.temperature = temperatures[0]
        self.temperatures = temperatures

    def set_temperature(self, value: float, now: float) -> float:
        """Turn the knob; `now` is in seconds. What the knob says is what the next character is drawn at."""
        self.temperature = min(HOTTEST, max(COOLEST, round(value, 2)))
        self._echo_until = now + _ECHO_SECONDS
        return self.temperature

    def hear_temperature(self, value: float, now: float) -> None:
        """The text says which temperature it is drawn at: follow it, but never against a knob just turned."""
        if value == self.temperature:
            self._echo_until = 0.0
        elif now >= self._echo_until:
            self.temperature = value

    def step_speed(self, steps: int) -> float | None:
        """Go up or down the list of speeds; a speed between two of them counts as the lower one."""
        values = [math.inf if speed is None else speed for speed in SPEEDS]
        at = bisect_right(values, math.inf if self.speed is None else self.speed) - 1
        self.speed = SPEEDS[min(len(SPEEDS) - 1, max(0, at + steps))]
        return self.speed
