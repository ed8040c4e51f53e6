"""What followed equal contexts: for each token of a text, the tokens that came after the same text before.

A context is the text from some place up to the token. Sorted by their contexts, then by place, the tokens just before
one are those that followed the same context, the latest nearest. NumPy only. Shapes: `N` tokens of a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from model.tokens.tokenizer import Tokenizer

CHAINS = (3, 2)
"""How many contexts there are of each sort: 3, 5 and 8 tokens; the word so far, and the same with the word before it.
Each holds the one before it."""

LATEST = 32
"""So many of the latest equal contexts are looked at."""

_ORDERS = (3, 5, 8)

_FACTOR = 0x9E3779B97F4A7C15
"""Of the polynomials, modulo 2^64, by which contexts are compared: odd, so it has an inverse."""


class _Sorted(NamedTuple):
    """All tokens in the order of one context, int32 (N,) each."""

    order: np.ndarray
    """The tokens."""
    places: np.ndarray
    """Where each token stands in this order."""
    firsts: np.ndarray
    """Where the first one with the same context stands."""


class Contexts:
    """The contexts of every token of a text.

    Args:
        ids: the text, integers (N,).
        tokenizer: of these tokens.
    """

    def __init__(self, ids: np.ndarray, tokenizer: Tokenizer) -> None:
        self.ids = ids.astype(np.int32)
        letters = np.array([tokenizer.text_of(each)[-1:].isalnum() for each in range(len(tokenizer))])
        self._sorted = [*map(_sort, _numbers(self.ids, _starts(letters[self.ids])))]

    def followers(self, start: int, end: int) -> np.ndarray:
        """The tokens that followed the latest equal contexts of the tokens from `start` to before `end`.

        Returns:
            int32 (end - start, contexts, LATEST), the latest first; -1 where there were fewer. All of them stand
            before the token.
        """
        found = np.empty((end - start, len(self._sorted), LATEST), np.int32)
        for kind, (order, places, firsts) in enumerate(self._sorted):
            earlier = places[start:end, None] - np.arange(1, LATEST + 1)
            there = earlier >= firsts[start:end, None]
            found[:, kind] = np.where(there, self.ids[order[np.maximum(earlier, 0)]], -1)
        return found


def _starts(letters: np.ndarray) -> Iterator[np.ndarray]:
    """Where the contexts of every token begin, integers (N,), in the order of `CHAINS`.

    Args:
        letters: whether each token ends with a letter or a digit, bool (N,).
    """
    places = np.arange(len(letters))
    for order in _ORDERS:
        yield np.maximum(places - order, 0)
    inside = np.concatenate([[False], letters[:-1]])  # behind a letter
    word = np.maximum.accumulate(np.where(inside, 0, places))
    yield word
    begun = np.where(inside[1:] & ~inside[:-1], places[:-1], 0)  # the first letter of a word
    last_begun = np.maximum.accumulate(np.concatenate([[0, 0], begun]))
    yield last_begun[word]


def _numbers(ids: np.ndarray, starts: Iterator[np.ndarray]) -> Iterator[np.ndarray]:
    """Numbers, uint64 (N,), that are equal for equal contexts: polynomials of their tokens."""
    powers = _powers(_FACTOR, len(ids))
    inverses = _powers(pow(_FACTOR, -1, 1 << 64), len(ids))
    sums = np.cumsum(np.concatenate([np.zeros(1, np.uint64), (ids.astype(np.uint64) + np.uint64(1)) * powers]))
    for start in starts:
        yield (sums[:-1] - sums[start]) * inverses[start]


def _powers(base: int, many: int) -> np.ndarray:
    """1, base, base^2, ... modulo 2^64, uint64."""
    factors = np.full(many, base, np.uint64)
    factors[:1] = 1
    return np.cumprod(factors)


def _sort(numbers: np.ndarray) -> _Sorted:
    order = np.argsort(numbers, kind="stable").astype(np.int32)
    places, firsts = np.empty_like(order), np.empty_like(order)
    there = np.arange(len(order), dtype=np.int32)
    places[order] = there
    in_order = numbers[order]
    new = np.concatenate([[True], in_order[1:] != in_order[:-1]])
    firsts[order] = np.maximum.accumulate(np.where(new, there, 0))
    return _Sorted(order, places, firsts)
