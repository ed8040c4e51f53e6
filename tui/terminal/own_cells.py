"""Characters whose width terminals disagree about, in cells of their own, whatever a terminal makes of them.

Vowel signs and other spacing marks (category Mc) take a cell (VTE, xterm, tmux) or none (kitty, foot), and emoji of
several characters one cell or up to eight, which would shift the rest of a row. On their way to the terminal their
cells are emptied, they are drawn, and the cursor is put where it belongs. What is drawn with `cell_of` has a sign of
private use until then, which counts as one cell; any other mark, in a name or a dialog, takes no cell.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from wcwidth import list_term_programs, width

_FIRST = 0xF0000
"""Of the characters of private use that stand for the first planes' characters: marks there are below U+20000."""

_BASE = (
    "[\u00a9\u00ae\u203c\u2049\u2100-\u24ff\u25a0-\u27bf\u2934\u2935\u2b00-\u2bff\u3030\u303d\u3297\u3299"
    "\U0001f000-\U0001f1e5\U0001f200-\U0001f3fa\U0001f400-\U0001faff]"
)
"""All emoji that others can follow, and other signs of the same blocks."""
_MORE = "[\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
"""In colour, on a key, with the colour of a skin, or of a region."""
_FLAG_OR_KEY = "[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
_APART = f"{_FLAG_OR_KEY}|{_BASE}{_MORE}+"
_EMOJI = f"{_FLAG_OR_KEY}|{_BASE}(?:{_MORE}+(?:\u200d{_BASE}{_MORE}*)*|(?:\u200d{_BASE}{_MORE}*)+)"

_MARKS = "[\u0900-\u1cff\u302e\u302f\ua800-\uabff\U00011000-\U0001d1ff]|[\U000f0000-\U0010ffff]"
"""All spacing marks, and other characters of the same scripts; and what is drawn for marks."""
_replace = re.compile(f"{_EMOJI}|{_MARKS}").sub

_FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
_INHERITED = {"VTE_VERSION": "vte", "ALACRITTY_WINDOW_ID": "alacritty", "XTERM_VERSION": "xterm"}
"""Variables that name the terminal also within tmux, and programs that do not join emoji among them."""


def is_spacing_mark(character: str) -> bool:
    """Whether a character is such a mark."""
    return unicodedata.category(character) == "Mc"


def cell_of(mark: str) -> str:
    """What is drawn for a mark, one cell wide."""
    return chr(_FIRST + ord(mark))


class Part(NamedTuple):
    """Of what is read as one character."""

    text: str
    cells: int = 0
    """Of an emoji of several characters; 0 for other characters."""

    @property
    def reach(self) -> int:
        """The cells that some terminal may touch while it draws the emoji."""
        return 2 * sum(unicodedata.category(each)[0] not in "CM" for each in self.text)


@lru_cache(maxsize=4096)
def emoji_in(cluster: str) -> tuple[Part, ...]:
    """The emoji of several characters in what is read as one, and what stands between them."""
    if cluster.isascii():
        return (Part(cluster),)
    parts, done = list[Part](), 0
    for found in re.finditer(_EMOJI if _this_terminal_joins() else _APART, cluster):
        parts += [Part(cluster[done : found.start()]), Part(found[0], cell_len(found[0]))]
        done = found.end()
    return (*parts, Part(cluster[done:]))


@cache
def _this_terminal_joins() -> bool:
    return joins_emoji(os.environ)


def joins_emoji(environ: Mapping[str, str]) -> bool:
    """Whether a terminal shows emoji with joiners, such as a family, as one; yes if it is not known."""
    term = environ.get("TERM", "")
    named = [environ.get("TERM_PROGRAM", "").lower(), "" if term == "xterm" else term]  # any terminal may say xterm
    named += [name for variable, name in _INHERITED.items() if variable in environ]
    known = next((each for each in named if each in list_term_programs()), "")
    return width(_FAMILY, term_program=known or False) == cell_len(_FAMILY)


def settled(output: str) -> str:
    """What is written to the terminal, with marks and emoji in their cells."""
    return output if output.isascii() else _replace(lambda found: _placed(found[0]), output)


@lru_cache(maxsize=4096)
def _placed(text: str) -> str:
    """A mark or an emoji in its cells: they are emptied, it is drawn, and the cursor stands behind them."""
    cells = 1
    if len(text) > 1:
        cells = cell_len(text)
    elif ord(text) >= _FIRST:
        text = chr(ord(text) - _FIRST)
        if not is_spacing_mark(text):
            return "\ufffd"
    else:
        return f"\x1b7{text}\x1b8" if is_spacing_mark(text) else text
    right = f"\x1b[{cells}C" if cells > 1 else "\x1b[C"
    return f"\x1b7{' ' * cells}\x1b8\x1b7{text}\x1b8{right}"
