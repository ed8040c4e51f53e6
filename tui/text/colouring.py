"""Colouring: how surprising or how uncertain each written character was, in four levels. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise
from typing import Literal

from tui.text.passage import Passage

Colouring = Literal["off", "surprisal", "entropy"]
"""What colours the written text: nothing, -log2 p of each token, or the entropy of what it was drawn from, in bits."""

COLOURINGS: tuple[Colouring, ...] = ("off", "surprisal", "entropy")

LEVELS = 4
NO_LEVEL = -1
"""Of a character that was not drawn, or of which nothing is known."""

BOUNDS: dict[Colouring, tuple[float, ...]] = {"surprisal": (1, 3, 6), "entropy": (0.5, 1.5, 3)}
"""In bits: the first level is below the first bound, the last from the last on."""


def levels(passage: Passage, start: int, stop: int, colouring: Colouring) -> Iterable[int]:
    """The levels, from 0 to LEVELS - 1, of the characters of a passage's flow from `start` to `stop`."""
    if colouring == "surprisal":
        return (_surprisal_level(each) for each in passage.probabilities[start:stop])
    bounds = BOUNDS["entropy"]
    return (NO_LEVEL if math.isnan(each) else bisect_right(bounds, each) for each in passage.entropies[start:stop])


def _surprisal_level(probability: float) -> int:
    if math.isnan(probability):
        return NO_LEVEL
    bits = -math.log2(probability) if probability > 0 else math.inf
    return bisect_right(BOUNDS["surprisal"], bits)


def legend(colouring: Colouring) -> list[str]:
    """What each level means.

    >>> legend("surprisal")
    ['under 1 bit', '1 to 3', '3 to 6', 'over 6']
    """
    first, *_, last = bounds = BOUNDS[colouring]
    between = [f"{low:g} to {high:g}" for low, high in pairwise(bounds)]
    return [f"under {first:g} bit", *between, f"over {last:g}"]
