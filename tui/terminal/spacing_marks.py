"""Vowel signs and other spacing marks (category Mc) in a cell of their own, whatever a terminal makes of them.

Terminals give them a cell (VTE, xterm, tmux) or none (kitty, foot), which would shift the rest of a row. What is drawn
with `cell_of` has a sign of private use instead, which counts as one cell; on its way to the terminal it becomes the
mark, and the cursor is put where it belongs. Any other mark, in a name or a dialog, takes no cell.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_FIRST = 0xF0000
"""Of the characters of private use that stand for the first planes' characters: marks there are below U+20000."""

_SUSPECTS = re.compile("[\u0900-\u1cff\u302e\u302f\ua800-\uabff\U00011000-\U0001d1ff]|[\U000f0000-\U0010ffff]")
"""All marks, and other characters of the same scripts."""


def is_spacing_mark(character: str) -> bool:
    """Whether a character is such a mark."""
    return unicodedata.category(character) == "Mc"


def cell_of(mark: str) -> str:
    """What is drawn for a mark, one cell wide."""
    return chr(_FIRST + ord(mark))


def settled(output: str) -> str:
    """What is written to the terminal, with the marks in their cells."""
    return output if output.isascii() else _SUSPECTS.sub(lambda found: _placed(found[0]), output)


@lru_cache(maxsize=4096)
def _placed(character: str) -> str:
    """A mark in its cell: that is emptied, the mark is drawn, and the cursor stands behind the cell."""
    if ord(character) >= _FIRST:
        mark = chr(ord(character) - _FIRST)
        return f"\x1b7 \x1b8\x1b7{mark}\x1b8\x1b[C" if is_spacing_mark(mark) else "\ufffd"
    return f"\x1b7{character}\x1b8" if is_spacing_mark(character) else character
