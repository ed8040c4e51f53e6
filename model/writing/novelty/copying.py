"""Copying: how much of a written text stands in the corpus, character for character."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from pydivsufsort import divsufsort

from corpora.corpus import Corpus

GRAM = 20
"""Characters: so long a stretch of text is seldom found again by chance."""

_PART = 1 << 20
"""Characters of a corpus that are encoded at once."""


class Copied(NamedTuple):
    """How much of a text was copied."""

    longest: int
    """Characters of the longest stretch that stands in the corpus."""
    share: float
    """Of the text's 20-grams, those that stand in the corpus; 0 for a shorter text."""
    spans: tuple[tuple[int, int], ...]
    """Where copied stretches of at least 20 characters begin and end; they neither touch nor overlap."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """For people, in ever fewer words: '12 % copied, longest 31'; less than a percent is not called nothing."""
        share = f"{'< 1' if 0 < self.share < 0.01 else f'{100 * self.share:.0f}'} % copied"
        return f"{share}, longest {self.longest}", share


class CopyIndex:
    """A suffix array of a corpus: finds any text in it by bisection.

    It takes five bytes of memory for each byte of the corpus in UTF-8. No byte of a character looks like the beginning
    of another, so bytes that are equal are characters that are equal.
    """

    def __init__(self, corpus: Corpus) -> None:
        parts = (corpus.text(start, start + _PART).encode() for start in range(0, len(corpus), _PART))
        self._text = b"".join(parts)
        self._suffixes: np.ndarray = divsufsort(self._text) if self._text else np.empty(0, np.int32)

    def search(self, seed: str = "") -> CopySearch:
        """What is copied of a text that grows; what it continues does not count."""
        return CopySearch(self)

    def longest_match(self, text: bytes) -> int:
        """How many bytes of the beginning of a text stand somewhere in the corpus."""
        corpus, suffixes, length = self._text, self._suffixes, len(text)
        low, high = 0, len(suffixes)
        while low < high:
            middle = (low + high) // 2
            at = int(suffixes[middle])
            if corpus[at : at + length] < text:
                low = middle + 1
            else:
                high = middle
        # The suffixes on both sides of where the text would stand share most with it.
        neighbours = (int(suffixes[near]) for near in (low - 1, low) if 0 <= near < len(suffixes))
        return max((_shared(text, corpus[at : at + length]) for at in neighbours), default=0)


class CopySearch:
    """What is copied of a text that grows.

    Args:
        index: of the corpus.
    """

    def __init__(self, index: CopyIndex) -> None:
        self._index = index
        self._text = ""
        self._matches: list[int] = []
        """For each character, how many from it on stand in the corpus as they are."""

    def extend(self, text: str) -> None:
        """Add to the text."""
        # A match that ended before the end of the text does not grow with it.
        first = next((at for at, match in enumerate(self._matches) if at + match >= len(self._text)), len(self._text))
        self._text += text
        del self._matches[first:]
        for at in range(first, len(self._text)):
            rest = self._text[at:].encode()
            found = self._index.longest_match(rest)
            self._matches.append(len(rest[:found].decode(errors="ignore")))

    @property
    def found(self) -> Copied:
        """How much is copied of the text so far."""
        grams = max(0, len(self._text) - GRAM + 1)
        found = sum(match >= GRAM for match in self._matches)
        return Copied(max(self._matches, default=0), found / grams if grams else 0.0, tuple(self._spans()))

    def _spans(self) -> Iterator[tuple[int, int]]:
        begun = ended = 0
        for at, match in enumerate(self._matches):
            if match < GRAM:
                continue
            if at > ended:
                if ended:
                    yield begun, ended
                begun = at
            ended = max(ended, at + match)
        if ended:
            yield begun, ended


def copied(index: CopyIndex, text: str) -> Copied:
    """How much of a whole text is copied."""
    search = CopySearch(index)
    search.extend(text)
    return search.found


def _shared(one: bytes, other: bytes) -> int:
    """How many bytes two texts share at their beginning."""
    if one == other:
        return len(one)
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[:middle] == other[:middle]:
            low = middle
        else:
            high = middle - 1
    return low
