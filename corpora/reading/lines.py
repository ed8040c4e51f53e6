"""Lists of one thing a line: each line becomes a text by itself, and chance decides which are held out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

from corpora.reading.notes import Notes

LINE_END = "\n"
"""Ends each line, and so stands before the beginning of the next."""

LIST_NOTE = "This looks like a list of one thing a line. With --lines, each line is a text by itself."
"""Said of a text that `looks_like_a_list`."""

LOOKED_AT = 200_000
"""Characters at the beginning of a text that show whether it is a list."""

_FEWEST = 100
"""Lines, below which it is not worth asking."""
_MOST_BLANK = 0.02
"""Of all lines, where they separate nothing."""
_FEWEST_DISTINCT = 0.7
"""Of all lines."""
_LONGEST = 160
"""Characters of the longest line, where lines are things and not paragraphs."""
_SHORT = 30
"""Characters of most lines, where they are certainly no prose that was broken into lines."""
_MOST_LIKE_PROSE = 0.1
"""Of all lines: those that end as sentences and code do, are indented, or begin in the middle of a sentence."""

_ENDS_LIKE_PROSE = re.compile(r"[.,;:!?…—({\[<>=\\|-]$")
_BEGINS_LIKE_CODE = re.compile(r"\s|[#/*@}<>|=-]")


def in_random_order(texts: Iterator[str], notes: Notes) -> Iterator[str]:
    """The lines of a text with their line ends: each once, none blank, without spaces at their ends, in random order.

    The order depends on the lines alone, not on the order in which they come. So the same list gives the same text,
    however it is sorted, and a line that is added moves few others from one side of the split to the other.
    """
    lines, rest = dict[str, None](), ""
    for text in texts:
        *whole, rest = (rest + text).split(LINE_END)
        _collect(whole, lines, notes)
    _collect([rest] if rest else [], lines, notes)
    notes.lines = len(lines)
    for line in sorted(lines, key=lambda line: hashlib.blake2b(line.encode(), digest_size=8).digest()):
        yield line + LINE_END


def _collect(new: list[str], lines: dict[str, None], notes: Notes) -> None:
    for line in map(str.strip, new):
        if not line:
            notes.blank_lines += 1
        elif line in lines:
            notes.repeated_lines += 1
        else:
            lines[line] = None


def looks_like_a_list(beginning: str) -> bool:
    """Whether a text that begins so is probably a list of one thing a line, rather than prose, verse or code."""
    lines = beginning.removesuffix(LINE_END).split(LINE_END)
    if len(beginning) >= LOOKED_AT:
        lines.pop()  # it may be cut
    there = [line for line in lines if line.strip()]
    if len(there) < _FEWEST or len(there) < (1 - _MOST_BLANK) * len(lines):
        return False
    longest = max(map(len, there))
    if longest > _LONGEST or len({*there}) < _FEWEST_DISTINCT * len(there):
        return False
    usual = sorted(map(len, there))[len(there) // 2]
    short = usual <= _SHORT
    if not short and usual >= longest - 2 and sum(" " in line for line in there) < len(there) / 2:
        return False  # Chinese, say, that was broken into full lines
    prose = sum(bool(_ENDS_LIKE_PROSE.search(line) or _BEGINS_LIKE_CODE.match(line)) for line in there)
    prose += 0 if short else sum(line[0].islower() for line in there)
    return prose <= _MOST_LIKE_PROSE * len(there)
