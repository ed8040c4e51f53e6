"""Characters to integers while the text goes by: one pass, one number a character in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from corpora.corpus import UNKNOWN

if TYPE_CHECKING:
    from corpora.corpus import Ids

CodePoints = npt.NDArray[np.uint32]
"""A piece of text, a code point a character."""

CODE_POINTS = 0x110000

_PIECE = 1 << 20


class AlphabetBuilder:
    """Gathers a text piece by piece and ends with its sorted alphabet and its ids.

    Ids are given in order of first appearance, because the alphabet is not known before the text has gone by, and
    are exchanged in place at the end. They are kept in a bytearray, which grows without being copied.
    """

    def __init__(self) -> None:
        self._id_of = np.full(CODE_POINTS, -1, dtype=np.int32)
        self._seen: list[int] = []
        self._counts = np.zeros(0, dtype=np.int64)
        self._kind: np.dtype[Any] = np.dtype(np.uint8)
        self._bytes = bytearray()

    def add(self, codes: CodePoints) -> None:
        """Take the next piece of text."""
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
        self._bytes += ids.astype(self._kind).data

    def finished(self, min_count: int) -> tuple[str, Ids, dict[str, int]]:
        """The alphabet, the ids (not writeable), and how often each character occurred that was folded as rare."""
        codes = np.array(self._seen, dtype=np.uint32)
        rare = self._counts < min_count
        folded = {chr(code): int(count) for code, count in zip(codes[rare], self._counts[rare], strict=True)}
        alphabet, final = np.unique(np.where(rare, np.uint32(ord(UNKNOWN)), codes), return_inverse=True)
        return "".join(map(chr, alphabet)), self._exchanged(final, len(alphabet)), folded

    def _widen(self) -> None:
        """Give the ids more bytes once they no longer fit."""
        kind = _smallest(len(self._seen))
        if kind != self._kind:
            wider = bytearray(len(self._bytes) // self._kind.itemsize * kind.itemsize)
            np.frombuffer(wider, kind)[:] = np.frombuffer(self._bytes, self._kind)
            self._bytes, self._kind = wider, kind

    def _exchanged(self, final: npt.NDArray[np.intp], distinct: int) -> Ids:
        """The ids as indices of the sorted alphabet, written over those of first appearance where they fit."""
        kind = _smallest(distinct)
        given = np.frombuffer(self._bytes, self._kind)
        ids = given if kind == self._kind else np.empty(len(given), dtype=kind)
        table = final.astype(kind)
        for start in range(0, len(given), _PIECE):
            ids[start : start + _PIECE] = table[given[start : start + _PIECE]]
        ids.flags.writeable = False
        return ids


def _smallest(distinct: int) -> np.dtype[Any]:
    """The smallest unsigned integer that counts `distinct` ids from 0."""
    return np.dtype(np.uint8 if distinct <= 1 << 8 else np.uint16 if distinct <= 1 << 16 else np.uint32)
