"""Cleans a text on its way, piece by piece: what it gives does not depend on where the pieces end."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import numpy as np

from corpora.reading.alphabet import CODE_POINTS, CodePoints
from corpora.reading.notes import Notes
from corpora.safe_text import LONGEST_SEQUENCE, OVERSTRIKE, SEQUENCES, UNFINISHED_SEQUENCE

_INTRODUCERS = "\x1b\x9b\x90\x98\x9d\x9e\x9f"
"""What a terminal sequence can begin with."""

_LONGEST_WORD = 4096
"""Words up to this many characters are lower-cased whole (a Greek sigma depends on its neighbours)."""

_MOST_MARKS = 4096
"""Characters behind which it is looked for one that does not join those before it."""


def without_sequences(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """The texts without terminal sequences: colours, movements of the cursor, titles, links."""
    pending = ""
    for text in texts:
        text = pending + text
        pending = ""
        if any(each in text for each in _INTRODUCERS):
            if unfinished := UNFINISHED_SEQUENCE.search(text, max(0, len(text) - LONGEST_SEQUENCE)):
                text, pending = text[: unfinished.start()], text[unfinished.start() :]
            text, removed = SEQUENCES.subn("", text)
            notes.sequences += removed
        yield text
    yield pending


def without_overstrikes(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """The texts as a printer leaves them that prints over characters: of these, the last one stays."""
    pending = ""
    for text in texts:
        text = pending + text
        cut = max(0, len(text.rstrip("\b")) - 1)
        text, pending = text[:cut], text[cut:]
        if "\b" in text:
            text, removed = OVERSTRIKE.subn("", text)
            notes.overstrikes += removed
        yield text
    text, removed = OVERSTRIKE.subn("", pending)
    notes.overstrikes += removed
    yield text


def without_controls(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """The texts without control characters (category Cc, except tab and line feed) and inner byte-order marks."""
    is_control = np.zeros(CODE_POINTS, dtype=bool)
    is_control[[*range(0x20), *range(0x7F, 0xA0), 0xFEFF]] = True
    is_control[[ord("\t"), ord("\n")]] = False
    for text in texts:
        codes = code_points(text)
        removed = is_control[codes]
        count = int(np.count_nonzero(removed))
        notes.controls += count
        yield codes[~removed].tobytes().decode("utf-32-le") if count else text


def composed(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """The texts in Unicode's composed form, NFC: a letter and its accent are one character where there is one."""
    pending = ""
    for text in texts:
        text = pending + text
        cut = _last_beginning(text)
        pending = text[cut:]
        yield _compose(text[:cut], notes)
    yield _compose(pending, notes)


def lowered(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """The texts in lower case, cut again at spaces so that `str.lower` sees whole words."""
    pending = ""
    for text in texts:
        pending += text
        cut = max(pending.rfind(" "), pending.rfind("\n")) + 1
        if not cut and len(pending) > _LONGEST_WORD:
            cut = len(pending)
        yield _lower(pending[:cut], notes)
        pending = pending[cut:]
    yield _lower(pending, notes)


def first(texts: Iterator[str], length: int, notes: Notes) -> Iterator[str]:
    """The first `length` characters of the texts; all for 0."""
    left = length
    for text in texts:
        if length and len(text) > left:
            notes.first = length
            yield text[:left]
            return
        left -= len(text)
        yield text


def code_points(text: str) -> CodePoints:
    """The code points of a text, shape (N,)."""
    return np.frombuffer(text.encode("utf-32-le"), dtype="<u4")


def _last_beginning(text: str) -> int:
    """The place of the last character that never joins one before it; 0 if there is none near the end."""
    for place in range(len(text) - 1, max(0, len(text) - _MOST_MARKS), -1):
        if _begins(text[place]):
            return place
    return 0 if len(text) < _MOST_MARKS else len(text)


def _begins(character: str) -> bool:
    """Whether it surely joins no character before it; of letters, the vowels and finals of Hangul do."""
    if character.isascii():
        return True
    is_hangul_part = "\u1100" <= character <= "\u11ff"
    return character <= "\uffff" and unicodedata.category(character)[0] in "LNPSZ" and not is_hangul_part


def _compose(text: str, notes: Notes) -> str:
    if unicodedata.is_normalized("NFC", text):
        return text
    notes.composed = True
    return unicodedata.normalize("NFC", text)


def _lower(text: str, notes: Notes) -> str:
    lower = text.lower()
    notes.lowered = notes.lowered or lower != text
    return lower
