"""What units may follow in a text, how closely one does, and the levels in which people see an activation. Plain data.

Nothing here imports NumPy or JAX.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from typing import NamedTuple

from model.sampling import Unit

PROPERTIES: Mapping[str, str] = {
    "space": "spaces and line ends",
    "place in word": "letters since the word began; 0 between words",
    "place in line": "characters since the line began",
    "place in sentence": "characters since the last full stop, question mark or exclamation mark",
    "inside quotes": "text between quotation marks",
    "inside brackets": "text between round or square brackets",
    "capital": "capital letters",
    "digit": "digits",
    "vowel": "vowels",
    "punctuation": "punctuation marks",
}
"""What is known of every character of a text, a number or yes and no; `properties` finds them. By name."""

_CLOSELY, _CLEARLY, _LOOSELY = 0.7, 0.5, 0.3

STRENGTHS = "closely: from 0.7; clearly: from 0.5; loosely: from 0.3; barely: less, so that no single unit follows it"
"""What the words of `Follows.how` mean."""

ACTIVATION_BOUNDS = (-0.6, -0.2, 0.2, 0.6)
"""The first level is below the first bound, the last from the last on."""

ACTIVATION_LEVELS = ("under -0.6", "to -0.2", "near 0", "from 0.2", "over 0.6")
"""What each level means."""


class Follows(NamedTuple):
    """A unit, and how it follows a property."""

    unit: Unit
    correlation: float
    """Pearson's, from -1 to 1, of the unit's activation after a character and the property there."""

    @property
    def how(self) -> str:
        """In a word."""
        strength = abs(self.correlation)
        if strength < _LOOSELY:
            return "barely"
        return "closely" if strength >= _CLOSELY else "clearly" if strength >= _CLEARLY else "loosely"


Followed = Mapping[str, tuple[Follows, ...]]
"""The units that follow each of PROPERTIES best, the best first; none where the text never changes in it."""


def activation_level(activation: float) -> int:
    """The level, from 0 to 4, of an activation; -1 for NaN."""
    return -1 if math.isnan(activation) else bisect_right(ACTIVATION_BOUNDS, activation)
