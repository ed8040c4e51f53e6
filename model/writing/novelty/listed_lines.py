"""Listing: how many of the lines that were written stand in the list that was learned from, as they are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from corpora.corpus import Corpus
from corpora.reading.lines import LINE_END

_PART = 1 << 20
"""Characters of a corpus that are looked at together."""


class Listed(NamedTuple):
    """How many lines of a text stand in a list."""

    lines: int
    """Those that are complete and not blank."""
    known: tuple[str, ...]
    """Those of them that stand in the list, in the order in which they were written."""
    spans: tuple[tuple[int, int], ...]
    """Where these begin and end in the text."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """For people, in ever fewer words: '3 of 57 in the list'; none before the first line is complete."""
        if not self.lines:
            return ()
        share = f"{len(self.known)} of {self.lines}"
        return f"{share} lines are in the list", f"{share} in the list", f"{share} known"


class LineIndex:
    """The lines of a corpus, as hashes of eight bytes: two lines are hardly ever taken for one."""

    def __init__(self, corpus: Corpus) -> None:
        self._hashes = np.unique(np.fromiter(map(hash, _lines(corpus)), np.int64))

    def __contains__(self, line: str) -> bool:
        """Whether a line stands in the list."""
        place = int(np.searchsorted(self._hashes, hash(line)))
        return place < len(self._hashes) and int(self._hashes[place]) == hash(line)

    def search(self, seed: str = "") -> LineSearch:
        """Which lines of a text that grows stand in the list; the first begins with the end of its seed."""
        return LineSearch(self, seed)

    def listed(self, text: str, seed: str = "", *, complete: bool = False) -> Listed:
        """Which lines of a written text stand in the list.

        Args:
            text: what was written.
            seed: its last line is the beginning of the first line.
            complete: whether the last line is over, though nothing ends it.
        """
        *lines, rest = text.split(LINE_END)
        lines += [rest] * complete
        begun, start, written = seed.rpartition(LINE_END)[2], 0, 0
        known, spans = list[str](), list[tuple[int, int]]()
        for number, line in enumerate(lines):
            whole, end = (line if number else begun + line), start + len(line)
            written += bool(whole.strip())
            if whole.strip() and whole in self:
                known.append(whole)
                spans.append((start, end))
            start = end + len(LINE_END)
        return Listed(written, tuple(known), tuple(spans))


class LineSearch:
    """Which lines of a text that grows stand in the list.

    Args:
        index: of the list.
        seed: what the text continues.
    """

    def __init__(self, index: LineIndex, seed: str) -> None:
        self._index, self._seed, self._text = index, seed, ""

    def extend(self, text: str) -> None:
        """Add to the text."""
        self._text += text

    @property
    def found(self) -> Listed:
        """Of the text so far."""
        return self._index.listed(self._text, self._seed)


def _lines(corpus: Corpus) -> Iterator[str]:
    rest = ""
    for start in range(0, len(corpus), _PART):
        *whole, rest = (rest + corpus.text(start, start + _PART)).split(LINE_END)
        yield from whole
    yield rest
