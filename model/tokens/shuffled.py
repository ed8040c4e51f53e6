"""Shuffled: the numbers from 0 to n - 1 in random order; without a table of them where there are very many."""

from __future__ import annotations

import numpy as np

_IN_A_TABLE = 1 << 25
"""Numbers of which a table is kept, four bytes for each."""
_ROUNDS = 6
"""Of mixing."""
_FACTORS = np.array([0x9E3779B1, 0x85EBCA77], np.uint64)
"""Odd numbers of 32 bits."""


class Shuffled:
    """A random order that depends on the seed alone.

    Args:
        count: how many numbers there are.
        seed: of the order.
        in_a_table: up to so many numbers the order is numpy's, kept in a table; that of more is calculated.
    """

    def __init__(self, count: int, seed: tuple[int, ...], in_a_table: int = _IN_A_TABLE) -> None:
        self._count = count
        self._table: np.ndarray | None = None
        rng = np.random.default_rng(seed)
        if count <= in_a_table:
            self._table = np.arange(count, dtype=np.int32)
            rng.shuffle(self._table)
        self._bits = np.uint64(max(1, ((count - 1).bit_length() + 1) // 2))
        self._keys = rng.integers(1 << 32, size=_ROUNDS, dtype=np.uint64)

    def __getitem__(self, places: slice) -> np.ndarray:
        """The numbers at these places, int64."""
        if self._table is not None:
            return self._table[places].astype(np.int64)
        numbers = np.arange(*places.indices(self._count), dtype=np.uint64)
        outside = np.ones(len(numbers), bool)
        while outside.any():  # at most three of four numbers with so many bits are too large
            numbers[outside] = self._mixed(numbers[outside])
            outside = numbers >= self._count
        return numbers.astype(np.int64)

    def _mixed(self, numbers: np.ndarray) -> np.ndarray:
        """Each number of twice `bits` as another one: a Feistel network.

        Source: Black and Rogaway (2002), Ciphers with arbitrary finite domains.
        """
        half = (np.uint64(1) << self._bits) - np.uint64(1)
        left, right = numbers >> self._bits, numbers & half
        for key in self._keys:
            mixed = (right ^ key) * _FACTORS[0] & np.uint64(0xFFFFFFFF)
            mixed = (mixed ^ mixed >> np.uint64(15)) * _FACTORS[1] & np.uint64(0xFFFFFFFF)
            left, right = right, left ^ (mixed ^ mixed >> np.uint64(13)) & half
        result: np.ndarray = left << self._bits | right
        return result
