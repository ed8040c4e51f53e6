"""N-gram models: the next token guessed by counting what followed the same few tokens before. NumPy only.

All orders are counted at once, by sorting: the n-grams of order k are the pairs of an n-gram of order k - 1 and the
token after it, so each is one whole number whatever the tokens, and a text of any alphabet takes the same steps.
Shapes: `N` tokens of a text, `V` distinct tokens, `C` distinct contexts of an order.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

HIGHEST = 5
"""The highest order: so many tokens back are looked at."""

_BLOCK = 1 << 19
"""Tokens judged at once: keeps a long held-out text from needing many times its size."""

State = tuple[int, ...]
"""The end of a text as its n-grams see it: for each order, the index of the context of so many tokens that ends there;
-1 where the text is shorter, or the context was never counted."""


class _Order(NamedTuple):
    """What was counted for contexts of k tokens."""

    keys: np.ndarray
    """Sorted, int64: context * V + token, of all pairs that occur. A pair's index is its number as a context of
    order k + 1."""
    counts: np.ndarray
    """How often each occurs, int64."""
    starts: np.ndarray
    """Where each context's pairs begin, int64 (C + 1): how many distinct tokens follow it is the difference."""
    totals: np.ndarray
    """How often each context is followed by any token, int64 (C,)."""

    def find(self, contexts: np.ndarray, tokens: np.ndarray, distinct: int) -> np.ndarray:
        """The index of each pair, int64 (N,); -1 where the context is -1, or the pair does not occur."""
        keys = contexts.astype(np.int64) * distinct + tokens
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where((contexts >= 0) & (self.keys[places] == keys), places, -1)


class NGrams:
    """Interpolated Witten-Bell models of order 0 to `highest`, counted in one text.

    p_k(c | h) = (n(h c) + t(h) p_(k-1)(c | h')) / (n(h) + t(h)), where h is the k tokens before, h' the last k - 1 of
    them, n counts occurrences, and t(h) is how many distinct tokens follow h; p_(-1) = 1 / V. A context that was never
    counted leaves the guess to the lower order. (Witten and Bell 1991; Chen and Goodman 1998, section 2.4.)

    Args:
        ids: the text, integers (N,), at least one.
        distinct: V.
        highest: the highest order.
    """

    def __init__(self, ids: np.ndarray, distinct: int, highest: int = HIGHEST) -> None:
        self.distinct = distinct
        self._orders: list[_Order] = []
        contexts, many = np.zeros(len(ids), np.int32), 1
        for order in range(min(highest + 1, len(ids))):
            keys = contexts.astype(np.int64) * distinct + ids[order:]
            keys, pairs, counts = _ranked(keys)
            starts = np.searchsorted(keys, np.arange(many + 1, dtype=np.int64) * distinct)
            sums = np.concatenate([[0], np.cumsum(counts)])
            self._orders.append(_Order(keys, counts, starts, sums[starts[1:]] - sums[starts[:-1]]))
            contexts, many = pairs[:-1], len(keys)

    def __len__(self) -> int:
        """How many orders there are."""
        return len(self._orders)

    def losses(self, ids: np.ndarray) -> np.ndarray:
        """The sum of -ln p over a text, in nats, for each order, float64.

        Every token but the first is predicted, from the tokens of this text alone, as a network is judged.
        """
        sums = np.zeros(len(self), np.float64)
        for start in range(1, len(ids), _BLOCK):
            first = max(0, start - len(self))  # the first predictions of a block look back into the one before
            block = ids[first : start + _BLOCK]
            sums += self._surprises(block)[:, start - first - 1 :].sum(axis=1)
        return sums

    def _surprises(self, ids: np.ndarray) -> np.ndarray:
        """-ln p of every token but the first, float64 (orders, N - 1)."""
        p = np.full(len(ids) - 1, 1 / self.distinct)
        surprises = np.empty((len(self), len(ids) - 1))
        contexts = np.zeros(len(ids), np.int64)
        for order, counted in enumerate(self._orders):
            pairs = counted.find(contexts, ids, self.distinct)
            before, pair = contexts[1:], pairs[1:]
            known = before >= 0
            n = np.where(known, counted.totals[before], 0)
            t = np.where(known, counted.starts[before + 1] - counted.starts[before], 0)
            here = np.where(pair >= 0, counted.counts[pair], 0)
            p = np.where(n > 0, (here + t * p) / np.maximum(n + t, 1), p)
            surprises[order] = -np.log(p)
            contexts = np.concatenate([[-1], pairs[:-1]])
        return surprises

    def begin(self) -> State:
        """Before any text."""
        return (0, *[-1] * (len(self) - 1))

    def after(self, state: State, token: int) -> State:
        """The state one token later."""
        last = np.array([token])
        pairs = [
            int(counted.find(np.array([context]), last, self.distinct)[0])
            for context, counted in zip(state[:-1], self._orders, strict=False)
        ]
        return (0, *pairs)

    def next(self, state: State, order: int) -> np.ndarray:
        """The probabilities of the next token by an order, float64 (V,)."""
        p = np.full(self.distinct, 1 / self.distinct)
        for context, counted in zip(state[: order + 1], self._orders, strict=False):
            first, last = counted.starts[context : context + 2] if context >= 0 else (0, 0)
            if last > first:
                n, t = counted.totals[context], last - first
                p *= t / (n + t)
                p[counted.keys[first:last] - context * self.distinct] += counted.counts[first:last] / (n + t)
        return p


def _ranked(keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The distinct keys, sorted; the place of every key among them, int32; and how often each occurs.

    As `np.unique`, but in half of its memory.
    """
    order = np.argsort(keys)
    in_order = keys[order]
    first = np.concatenate([[True], in_order[1:] != in_order[:-1]])
    ranks = np.cumsum(first, dtype=np.int32)
    ranks -= 1
    places = np.empty(len(keys), np.int32)
    places[order] = ranks
    begins = np.flatnonzero(first)
    return in_order[begins], places, np.diff(np.append(begins, len(keys)))
