"""Turns characters into integers in one pass over the text, with one number per character in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpora.corpus import UNKNOWN
from corpora.reading.id_store import IdStore

if TYPE_CHECKING:
    from corpora.corpus import Ids

CodePoints = npt.NDArray[np.uint32]
"""A piece of text, shape (N,): one code point per character."""

CODE_POINTS = 0x110000


class AlphabetBuilder:
    """Collects a text piece by piece, then returns its sorted alphabet and its ids.

    The alphabet is known only at the end of the text. Until then a character's id is its place in the order of first
    appearance; the ids are replaced at the end.
    """

    def __init__(self) -> None:
        self._id_of = np.full(CODE_POINTS, -1, dtype=np.int32)
        self._seen: list[int] = []
        self._counts = np.zeros(0, dtype=np.int64)
        self._store = IdStore()

    def add(self, codes: CodePoints) -> None:
        """Add the next piece of text."""
        ids = self._id_of[codes]
        unseen = np.unique(codes[ids < 0])
        if len(unseen):
            self._id_of[unseen] = np.arange(len(self._seen), len(self._seen) + len(unseen))
            self._seen.extend(unseen.tolist())
            self._widen()
            ids = self._id_of[codes]
        counts = np.bincount(ids, minlength=len(self._seen))
        counts[: len(self._counts)] += self._counts
        self._counts = counts
        self._store.add(ids)

    def finished(self, min_count: int) -> tuple[str, Ids, dict[str, int]]:
        """The sorted alphabet, the ids (N,) (not writeable), and the count of each rare character that was replaced.

        Characters seen fewer than `min_count` times become U+FFFD.
        """
        codes = np.array(self._seen, dtype=np.uint32)
        rare = self._counts < min_count
        replaced = {chr(code): int(count) for code, count in zip(codes[rare], self._counts[rare], strict=True)}
        alphabet, final = np.unique(np.where(rare, np.uint32(ord(UNKNOWN)), codes), return_inverse=True)
        self._store.change(_smallest(len(alphabet)), final)
        return "".join(map(chr, alphabet)), self._store.finished(), replaced

    def _widen(self) -> None:
        """Use more bytes per id once the ids no longer fit."""
        kind = _smallest(len(self._seen))
        if kind != self._store.kind:
            self._store.change(kind)


def _smallest(distinct: int) -> np.dtype[Any]:
    """The smallest unsigned integer that counts `distinct` ids from 0."""
    return np.dtype(np.uint8 if distinct <= 1 << 8 else np.uint16 if distinct <= 1 << 16 else np.uint32)
