"""Where random seeds come from: the corpus or, where it is not at hand, another program's samples."""

from __future__ import annotations

import random
from collections import deque
from typing import Protocol

from corpora.corpus import Corpus

_REMEMBERED = 100
"""Earlier seeds that are drawn from."""


class Seeds(Protocol):
    """A source of seeds."""

    def draw(self, length: int, places: random.Random) -> str:
        """A text of `length` characters, or fewer where there are not as many; none where each line is a text."""
        ...


class CorpusSeeds:
    """Random stretches of a corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus

    def draw(self, length: int, places: random.Random) -> str:
        """A stretch from anywhere in the text; nothing where each line is a text: a new one begins."""
        if self._corpus.lines:
            return ""
        length = min(length, len(self._corpus))
        start = places.randint(0, len(self._corpus) - length)
        return self._corpus.text(start, start + length)


class EarlierSeeds:
    """The seeds of a run's samples; empty texts before the first."""

    def __init__(self) -> None:
        self._texts: deque[str] = deque(maxlen=_REMEMBERED)

    def add(self, text: str) -> None:
        """Remember one, unless it is empty or known."""
        if text and text not in self._texts:
            self._texts.append(text)

    def draw(self, length: int, places: random.Random) -> str:
        """The end of one of them, or an empty text."""
        texts = tuple(self._texts)  # another thread may add meanwhile
        return places.choice(texts)[-length:] if texts else ""

    def __len__(self) -> int:
        return len(self._texts)
