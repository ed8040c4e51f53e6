"""Surprise: how unexpected each token of a text is to a model, in bits, and the four levels in which people see it.

Nothing here imports JAX before a text is read.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from model.writing.language_model import LanguageModel

SURPRISE_BOUNDS = (1.0, 3.0, 6.0)
"""In bits: the first level is below the first bound, the last from the last on."""

NO_LEVEL = -1
"""Of a token of which nothing is known."""


def surprise_level(bits: float) -> int:
    """The level, 0 to 3, of a surprise in bits; NO_LEVEL for NaN."""
    return NO_LEVEL if math.isnan(bits) else bisect_right(SURPRISE_BOUNDS, bits)


def level_names(bounds: tuple[float, ...] = SURPRISE_BOUNDS) -> list[str]:
    """What each level means.

    >>> level_names()
    ['under 1 bit', '1-3', '3-6', 'over 6']
    """
    between = [f"{low:g}-{high:g}" for low, high in pairwise(bounds)]
    return [f"under {bounds[0]:g} bit", *between, f"over {bounds[-1]:g}"]


def surprises(language_model: LanguageModel, ids: np.ndarray) -> Iterator[np.ndarray]:
    """-log2 p of each token given all before it, part by part: float32 (n,) each.

    The first is NaN, unless it begins a line that is a text by itself: nothing comes before it, and `score` does not
    count it either.
    """
    import numpy as np

    from model.sampling import Sampling
    from model.tokens.beginning import beginning_of
    from model.writing.trace import trace_parts

    before = language_model.encode(beginning_of(language_model.recipe)).ids
    first = not len(before)
    for part in trace_parts(language_model, ids, Sampling(1.0), None if first else language_model.read(before)):
        bits = -np.log2(np.maximum(part.probability[:, 0], np.finfo(np.float32).tiny))
        if first and len(bits):
            bits[0], first = np.nan, False
        yield bits
