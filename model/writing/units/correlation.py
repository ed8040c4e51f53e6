"""Correlations of many units with many properties, from sums that take a text in parts. Pure NumPy.

Shapes: `n` places of a text, `U` units, `K` properties.
"""

from __future__ import annotations

import numpy as np


class Correlations:
    """Add the parts of a text; the memory does not grow with it.

    Args:
        units: U.
        properties: K.
    """

    def __init__(self, units: int, properties: int) -> None:
        self._origin: np.ndarray | None = None
        self._n = 0
        # Of units and properties side by side: the sums, and the sums of the squares.
        self._sum, self._squares = np.zeros((2, units + properties))
        self._products = np.zeros((properties, units))
        self._units = units

    def add(self, activations: np.ndarray, properties: np.ndarray) -> None:
        """Take in n places: (n, U) and (n, K)."""
        both = np.concatenate([activations, properties], axis=1, dtype=np.float64)
        if not len(both):
            return
        if self._origin is None:  # counted from the first place, a value that never changes sums to exactly 0
            self._origin = both[0].copy()
        both -= self._origin
        self._n += len(both)
        self._sum += both.sum(axis=0)
        self._squares += np.einsum("nc,nc->c", both, both)
        # Not @: the threads of a matrix product would compete with those that train.
        self._products += np.einsum("nk,nu->ku", both[:, self._units :], both[:, : self._units])

    @property
    def values(self) -> np.ndarray:
        """Pearson's correlation of each property with each unit, (K, U); NaN where one of both never changes."""
        n, total = max(1, self._n), self._sum
        spread = np.sqrt(np.maximum(self._squares - total**2 / n, 0))
        units, properties = spread[: self._units], spread[self._units :]
        together = self._products - np.outer(total[self._units :], total[: self._units]) / n
        scale = np.outer(properties, units)
        return np.divide(together, scale, out=np.full(together.shape, np.nan), where=scale > 0)
