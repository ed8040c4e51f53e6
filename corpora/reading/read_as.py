"""ReadAs: how a text is read, as a user or a recipe decides it."""

from __future__ import annotations

from dataclasses import dataclass

from corpora.reading.encoding_names import check_encoding

SEPARATOR = "\u241e"
"""Marks the end of a part, on a line by itself: the symbol for the record separator. It is shown as it is, and where it
stands in a text already, it is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadAs:
    """How a text is read. The same text read in the same way gives the same corpus.

    Raises:
        CorpusError: there is no such encoding.
    """

    lowercase: bool = False
    """Lower-case the text."""
    min_count: int = 1
    """Characters seen fewer than this many times become U+FFFD."""
    length: int = 0
    """Read only so many characters, from the start; 0 reads all."""
    column: str = ""
    """Of tables, read only this column; empty reads them as they are."""
    separator: bool = False
    """Put SEPARATOR behind each part: each file of several, or of a folder."""
    lines: bool = False
    """Make each line a text by itself: each once, in random order."""
    encoding: str = ""
    """The encoding of its bytes, by Python's name; empty to detect it."""
    nfc: bool = True
    """Make one character of a letter and its accent, where Unicode has one."""

    def __post_init__(self) -> None:
        check_encoding(self.encoding)


UNCHANGED = ReadAs()
"""The whole text, in its own letters."""
