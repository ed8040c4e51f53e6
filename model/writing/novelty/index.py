"""What a written text is compared with: the whole text that was learned from or, where lines are texts, its lines."""

from __future__ import annotations

from typing import Protocol

from corpora.corpus import Corpus
from model.writing.novelty.copying import CopyIndex
from model.writing.novelty.listed_lines import LineIndex


class Found(Protocol):
    """What of a written text stands in the corpus."""

    @property
    def phrases(self) -> tuple[str, ...]:
        """For people, in ever fewer words."""
        ...

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        """Where it begins and ends in the written text."""
        ...


class Search(Protocol):
    """What is found of a text that grows."""

    def extend(self, text: str) -> None:
        """Add to the text."""
        ...

    @property
    def found(self) -> Found:
        """Of the text so far."""
        ...


class Index(Protocol):
    """Of a corpus."""

    def search(self, seed: str = "") -> Search:
        """A search in a text that continues this seed."""
        ...


def index_of(corpus: Corpus) -> CopyIndex | LineIndex:
    """The index that suits a corpus."""
    return LineIndex(corpus) if corpus.lines else CopyIndex(corpus)
