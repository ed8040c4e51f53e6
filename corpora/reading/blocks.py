"""Blocks: the bytes of a source on their way to the decoder, counted and told."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from corpora.corpus import CorpusError
from corpora.progress import Pace, Tell, TextProgress
from corpora.sources import Part, Source


class Blocks:
    """Reads the parts of a source in order, and tells now and then how far it is.

    Args:
        source: what is read.
        size: bytes that are read at a time.
        tell: told of it, unless all is read within a second.
    """

    def __init__(self, source: Source, size: int, tell: Tell | None = None) -> None:
        self._parts, self._size, self._tell, self._pace = source.parts, size, tell, Pace()
        self._at = self._read = self._of_part = 0
        self._ends: list[int] = []

    def of(self, part: Part) -> Iterator[bytes]:
        """The blocks of a part of the source, or of what is packed in one, whose size in all is not known."""
        packed = self._at >= len(self._parts) or part.open is not self._parts[self._at].open
        for block in part.blocks(self._size):
            self._read += len(block)
            self._of_part += len(block)
            if self._tell and self._pace.is_due():
                self._tell(TextProgress("reading", self._read) if packed else self._of_all())
            yield block

    def _of_all(self) -> TextProgress:
        if not self._ends:
            self._ends = [*accumulate(map(_size, self._parts), initial=0)]
        begun, end = self._ends[self._at : self._at + 2]
        return TextProgress("reading", min(begun + self._of_part, end), self._ends[-1])

    def end_part(self) -> None:
        """The part has been read."""
        self._at, self._of_part = self._at + 1, 0


def _size(part: Part) -> int:
    """Bytes of a part; 0 if it is optional and cannot be read."""
    try:
        return part.size()
    except CorpusError:
        if not part.optional:
            raise
        return 0
