"""Colouring: how surprising or how uncertain each written character was, in four levels; copied, or a unit's. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from model.writing.surprise import SURPRISE_BOUNDS, level_names
from model.writing.units.following import ACTIVATION_LEVELS, activation_level

if TYPE_CHECKING:
    from tui.text.passage import Passage

Colouring = Literal["off", "surprisal", "entropy", "copied", "unit"]
"""What colours the written text: nothing, -log2 p of each token, the entropy of what it was drawn from, both in bits,
that it stands in the corpus, or what a unit of the network says after it."""

COLOURINGS: tuple[Colouring, ...] = ("off", "surprisal", "entropy", "copied", "unit")

LEVELS, UNIT_LEVELS = 4, len(ACTIVATION_LEVELS)
NO_LEVEL = -1
"""Of a character that was not drawn, or of which nothing is known."""

BOUNDS: dict[Colouring, tuple[float, ...]] = {"surprisal": SURPRISE_BOUNDS, "entropy": (0.5, 1.5, 3)}
"""In bits: the first level is below the first bound, the last from the last on."""


def levels(passage: Passage, start: int, stop: int, colouring: Colouring) -> Iterable[int]:
    """The levels, from 0, of the characters of a passage's flow from `start` to `stop`."""
    if colouring == "surprisal":
        return (_surprisal_level(each) for each in passage.probabilities[start:stop])
    if colouring == "copied":
        return _copied_levels(passage, start, stop)
    if colouring == "unit":
        return map(activation_level, passage.activations[start:stop])
    bounds = BOUNDS["entropy"]
    return (NO_LEVEL if math.isnan(each) else bisect_right(bounds, each) for each in passage.entropies[start:stop])


def _surprisal_level(probability: float) -> int:
    if math.isnan(probability):
        return NO_LEVEL
    bits = -math.log2(probability) if probability > 0 else math.inf
    return bisect_right(BOUNDS["surprisal"], bits)


def _copied_levels(passage: Passage, start: int, stop: int) -> list[int]:
    """Of written text: the highest level for what stands in the corpus, none for anything else."""
    first = passage.text_offset(start)
    found = [NO_LEVEL] * (stop - start)
    for begin, end in passage.copies:
        for place in range(max(0, begin - first), min(len(found), end - first)):
            found[place] = LEVELS - 1
    return found


def legend(colouring: Colouring) -> dict[int, str]:
    """What each level means.

    >>> legend("surprisal")
    {0: 'under 1 bit', 1: '1-3', 2: '3-6', 3: 'over 6'}
    """
    if colouring == "copied":
        return {LEVELS - 1: "20 characters or more of the corpus"}
    if colouring == "unit":
        return dict(enumerate(ACTIVATION_LEVELS))
    return dict(enumerate(level_names(BOUNDS[colouring])))
