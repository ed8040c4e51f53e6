"""The odds of the next token as a table: bars before and after sampling, and what a filter has cut. Pure."""

from __future__ import annotations

import unicodedata
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size

from corpora.safe_text import counted
from tui.engine.writing.branching.odds import Likeliest, Odds, OddsRow
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import SHAPERS, show

_MOST_TOKEN_CELLS = 12
_KEY_CELLS = 3
_PERCENT_CELLS = 4
_LEAST_BAR, _MOST_BAR = 3, 32

CUT_BY = "cut by "
"""Before the name of the filter that has cut a token."""

_NAMES = {" ": ("␣", "space"), "\n": ("⏎", "newline"), "\t": ("⇥", "tab")}
"""Tokens that could not be seen: their sign, and their name where there is ASCII only."""


class Piece(NamedTuple):
    """Neighbouring characters that look alike."""

    text: str
    look: str
    """'key', 'token', 'before', 'after', 'number' or 'cut'."""


def choice_key(place: int) -> str:
    """The digit that chooses the row at a place from 0; empty where there is none."""
    return str((place + 1) % 10) if place < 10 else ""


def token_name(text: str, *, ascii_only: bool) -> str:
    """The text of a token, made visible.

    >>> token_name("\\n", ascii_only=True)
    'newline'
    """
    if text in _NAMES:
        return _NAMES[text][ascii_only]
    if text in SHAPERS:
        return "joiner" if text == "\u200d" else f"U+{ord(text):04X}"
    if unicodedata.category(text[:1] or " ")[0] == "M":  # needs a letter to stand on
        text = ("o" if ascii_only else "◌") + text
    visible = "".join(_NAMES[each][0] if each in _NAMES and not ascii_only else each for each in text)
    return show(visible.replace("\n", " "), ascii_only)[0]


def percent(probability: float) -> str:
    """A probability as it is printed beside its bar.

    >>> [percent(each) for each in (1.0, 0.414, 0.0092, 0.0001, 0.0)]
    ['100%', '41%', '0.9%', '<.1%', '0%']
    """
    if probability >= 0.0095:
        return f"{100 * probability:.0f}%"
    return f"{100 * probability:.1f}%" if probability >= 0.00095 else "<.1%" if probability > 0 else "0%"


def uncertainty(odds: Odds) -> list[str]:
    """'entropy 2.1 bits, about 4 ways': as uncertain as a draw from so many that are equally likely; and shorter."""
    bits = f"{odds.likeliest.entropy:.1f} bits"
    ways = f"{bits}, about {counted(round(2**odds.likeliest.entropy), 'way')}"
    return [f"entropy {ways}", ways, bits]


def heads(row: list[Piece], room: int, mark: str) -> list[Piece]:
    """Names above the bars of a row of the table, each where the bar begins; and what a mark means, if there is one.

    Args:
        row: of the table.
        room: cells that all may take.
        mark: before the token that stands at the place; empty where none does.
    """
    name, before = (sum(cell_len(piece.text) for piece in part) for part in (row[:2], row[2:5]))
    left = " " * name + set_cell_size("before sampling", before) + "after"
    right = f"{mark} in the text"
    return [Piece(left + right.rjust(room - len(left)) if mark and len(left + right) < room else left, "number")]


def first_in_sight(chosen: int, rows: int) -> int:
    """The row that the list begins with where it has room for so many, so that the chosen one is in sight."""
    return max(0, chosen - rows + 1)


def table(
    likeliest: Likeliest,
    width: int,
    rows: int,
    *,
    signs: Glyphs,
    chosen: int | None,
    there: int | None = None,
    longer: bool = False,
) -> list[list[Piece]]:
    """The rows in sight, each `width` cells wide or less.

    A full bar is 100 %, so that bars can be compared at all times.

    Args:
        likeliest: the odds.
        width: in cells.
        rows: at most.
        signs: to draw with.
        chosen: the row that the user has moved to, while keys choose: then each row has its digit.
        there: the token that stands at the place, which is marked.
        longer: whether a token may be more than a character.
    """
    names = [token_name(row.text, ascii_only=signs.ascii_only) for row in likeliest.rows]
    name_cells = min(_MOST_TOKEN_CELLS, max(map(cell_len, names), default=0))
    if longer:  # so that the bars of words do not jump with every word
        name_cells = _MOST_TOKEN_CELLS
    around = _KEY_CELLS + name_cells + 1 + (_PERCENT_CELLS + 1) * 2 + 4
    bar = min(_MOST_BAR, max(_LEAST_BAR, (width - around) // 2))
    first = first_in_sight(chosen or 0, rows)
    listed = []
    for place, (row, name) in [*enumerate(zip(likeliest.rows, names, strict=True))][first : first + rows]:
        key = "" if chosen is None else (signs.pointer if place == chosen else " ") + choice_key(place)
        mark = signs.marked if row.token == there else " "
        listed.append(_row(row, set_cell_size(name, name_cells), bar, signs, f"{key:{_KEY_CELLS - 1}}{mark}"))
    if chosen is not None and (more := len(likeliest.rows) - first - rows) > 0 and listed:
        rest = width - sum(cell_len(piece.text) for piece in listed[-1])
        forms = (f" {signs.ellipsis} {more}{word}" for word in (" more", ""))
        listed[-1].append(Piece(next((each for each in forms if len(each) <= rest), "").rjust(rest), "number"))
    return listed


def _row(row: OddsRow, name: str, bar: int, signs: Glyphs, key: str) -> list[Piece]:
    cut = bool(row.cut_by)
    before = _bar(row.before, bar, signs.ascii_only)
    number = f" {percent(row.before)}"
    pieces = [
        Piece(key, "key"),
        Piece(f"{name} ", "cut" if cut else "token"),
        Piece(before, "cut" if cut else "before"),
        Piece(f"{number:<{_PERCENT_CELLS + 1 + bar - len(before)}}", "cut" if cut else "number"),
        Piece(f" {signs.arrow:<2} ", "cut" if cut else "number"),
    ]
    if cut:
        return [*pieces, Piece(f"{CUT_BY}{row.cut_by}", "cut")]
    return [*pieces, Piece(_bar(row.after, bar, signs.ascii_only), "after"), Piece(f" {percent(row.after)}", "number")]


def _bar(share: float, cells: int, ascii_only: bool) -> str:
    """A bar of up to so many cells, in eighths of one where there are signs for them."""
    if ascii_only:
        return "#" * round(share * cells)
    eighths = max(round(share * cells * 8), share > 0)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
