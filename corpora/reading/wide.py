"""Detects UTF-16 and UTF-32 without a byte-order mark, from the beginning of a text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence

from corpora.corpus import UNKNOWN
from corpora.safe_text import without_sequences

_CODECS = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")

_MOST_STRANGE = 0.1
"""With a larger share of characters that are in no text, it is another encoding."""

_STRANGE = ("Cc", "Cn", "Co", "Cs")
"""Categories of characters that are in no text."""

_LEAST_DISTINCT = 20
"""Different characters of a text without Latin letters, spaces and line ends, at least."""

_ROWS = 256
"""Unicode's rows of 256 characters in its first plane."""


def wide_codec(head: bytes) -> str | None:
    """The width and byte order that give text, if the others do not.

    A text has spaces, line ends and Latin letters, of which the wrong order makes other characters. Where it has none
    of them, it still keeps to few rows of Unicode, of which the wrong order makes many.
    """
    texts = {codec: head.decode(codec, "replace") for codec in _CODECS}
    texts = {codec: text for codec, text in texts.items() if _share(text, ("Cc",)) <= _MOST_STRANGE}
    strange = {codec: _share(text, _STRANGE) for codec, text in texts.items()}
    ascii_share = {codec: _ascii_share(text) for codec, text in texts.items()}
    score = {codec: max(0.0, ascii_share[codec] - strange[codec]) for codec in texts}
    rows = {codec: len({ord(each) >> 8 for each in text}) for codec, text in texts.items()}
    likely, other = (*sorted(texts, key=lambda codec: (-score[codec], rows[codec])), "", "")[:2]
    if not likely:
        return None
    by_ascii = ascii_share[likely] >= 0.01 and ascii_share[likely] >= 4 * score.get(other, 0.0)
    is_text = strange[likely] <= _MOST_STRANGE and len(set(texts[likely])) >= _LEAST_DISTINCT
    by_rows = is_text and 2 * rows[likely] < rows.get(other, _ROWS)
    return likely if by_ascii or by_rows else None


def _ascii_share(text: str) -> float:
    return sum(map(str.isascii, text)) / len(text) if "\0" not in text else 0.0


def _share(text: str, categories: Sequence[str]) -> float:
    """The share of characters of these categories and of those that cannot be decoded; 1 for an empty text."""
    counts = Counter(map(unicodedata.category, without_sequences(text)))
    blank = sum(text.count(each) for each in "\n\r\t\f\v")
    return (sum(counts[each] for each in categories) - blank + text.count(UNKNOWN)) / len(text) if text else 1.0
