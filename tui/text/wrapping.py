"""How text meets a terminal: what each character looks like, how many cells it takes, and where rows end.

A model may write any character in any order, so nothing is shown that could move the cursor, change direction or
take another width than the screen expects. One glyph stands for one character: an offset in what is shown is an
offset in the text. What is read as one character, a grapheme cluster of Unicode's, is never broken, not even while it
grows.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size, set_cell_size
from wcwidth import iter_graphemes

from corpora.safe_text import without_sequences
from tui.terminal.own_cells import cell_of, emoji_in, is_spacing_mark

_MOST_JOINED = 8
"""Characters without width that one glyph takes on before the next one is shown in a cell of its own."""

# Latin, Greek, Cyrillic and common punctuation: each a cell wide, and nothing to look out for.
_plain = re.compile("[ -~\u00a1-\u00ac\u00ae-\u02ff\u0391-\u0482\u048a-\u052f\u2010-\u2027\u2030-\u205e]*").fullmatch

# They change the width of their neighbours in some terminals and not in others: only emoji are shown with them.
SHAPERS = frozenset("\u200b\u200c\u200d\u2060\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")
_NO_WIDTH = "\u200c"
_REGIONAL_A, _REGIONAL_Z = 0x1F1E6, 0x1F1FF
_UNPRINTABLE = frozenset(("Cc", "Cf", "Cs", "Zl", "Zp"))


def show(text: str, ascii_only: bool = False) -> tuple[str, list[int] | None]:
    """The glyphs of a text without newlines, and the cells of each; None for the cells where each takes one.

    Glyphs without a cell are drawn in that of the one before them, and belong to it.

    Args:
        text: from the beginning of a row, as characters without width need something to stand on.
        ascii_only: show unprintable characters as ASCII.
    """
    if _plain(text):
        return text, None
    glyphs: list[str] = []
    widths: list[int] = []
    joined = _MOST_JOINED
    for cluster in iter_graphemes(text):
        if cluster[0] not in SHAPERS:  # accents that stand alone
            joined = _MOST_JOINED
        for part, emoji_cells in emoji_in(cluster) if len(cluster) > 1 else [(cluster, 0)]:
            if emoji_cells:
                glyphs.append(part)
                widths += [emoji_cells, *[0] * (len(part) - 1)]
                joined = 0
                continue
            for character in part:
                glyph, cells = _glyph(character, ascii_only)
                if cells:
                    joined = 0
                elif joined < _MOST_JOINED:
                    joined += 1
                else:
                    glyph, cells, joined = "?" if ascii_only else "◌", 1, 0
                glyphs.append(glyph)
                widths.append(cells)
    return "".join(glyphs), widths


def drawn_with(cells: list[int] | None, at: int) -> tuple[int, int]:
    """The first of the characters that are drawn in one place with the one at `at`, and the one after the last.

    Args:
        cells: of each character of a row; None where each takes one.
        at: in the row, or behind its end.
    """
    if cells is None or at >= len(cells):
        return at, at + 1
    end = at + 1
    while at and not cells[at]:
        at -= 1
    while end < len(cells) and not cells[end]:
        end += 1
    return at, end


@lru_cache(maxsize=8192)
def _glyph(character: str, ascii_only: bool) -> tuple[str, int]:
    """The glyph of a character and its cells; none where it joins the glyph before it."""
    code = ord(character)
    if character in SHAPERS:
        return _NO_WIDTH, 0
    if _REGIONAL_A <= code <= _REGIONAL_Z:
        # Two of them are a flag of two cells or of four, as the terminal pleases.
        return chr(ord("A") + code - _REGIONAL_A), 1
    if character == "\t":
        return " " if ascii_only else "→", 1
    if character in "\u00a0\u00ad":
        return " -"[character == "\u00ad"], 1
    if is_spacing_mark(character):
        return cell_of(character), 1
    if _unprintable(character):
        if ascii_only:
            return "?", 1
        return ("\u2421" if code == 0x7F else chr(0x2400 + code) if code < 0x20 else "\ufffd"), 1
    return character, get_character_cell_size(character)


def _unprintable(character: str) -> bool:
    code = ord(character)
    private = code >= 0xF0000  # some of these stand for spacing marks
    noncharacter = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    return unicodedata.category(character) in _UNPRINTABLE or noncharacter or private


def harmless(text: str) -> str:
    """The text with LF for its line ends, without escape sequences, and with U+FFFD for other control characters."""
    lines = without_sequences(text).replace("\r\n", "\n").replace("\r", "\n")
    shown = frozenset("\n\t\u00ad") | SHAPERS
    return "".join(each if each in shown or not _unprintable(each) else "\ufffd" for each in lines)


def wrap(text: str, width: int) -> list[str]:
    """Rows of at most `width` cells, broken between words; put together again they are the text.

    A row decides its end by itself and by what does not fit on it any more, so more text changes only the last row.
    Newlines stay at the end of their row; after the last one begins an empty row. A space that does not fit any more
    stays on its row as well, one cell past the width.

    Args:
        text: from the beginning of a row.
        width: in cells, 2 or more.
    """
    *lines, last = text.split("\n")
    rows: list[str] = []
    for line in lines:
        rows += _wrap_line(line, width)
        rows[-1] += "\n"
    return rows + _wrap_line(last, width)


def _wrap_line(line: str, width: int) -> list[str]:
    cells = show(line)[1]
    if cells and 0 not in cells and sum(cells) <= width:
        return [line]
    starts = _clusters(line, cells) if cells else {}
    rows: list[str] = []
    start = 0
    while True:
        end = _row_end(line, cells, starts, start, width) if cells else _plain_row_end(line, start, width)
        rows.append(line[start:end])
        if end == len(line):
            return rows
        start = end


class _Cluster(NamedTuple):
    """What is read as one character."""

    before: int
    """Where the one before it begins."""
    need: int
    """Cells that it needs at the end of a row, in any terminal."""


def _clusters(line: str, cells: list[int]) -> dict[int, _Cluster]:
    """All of a line, by where they begin."""
    found, before, start = dict[int, _Cluster](), 0, 0
    for cluster in iter_graphemes(line):
        end = start + len(cluster)
        need = sum(cells[start:end])
        if len(cluster) > 1:
            done = 0
            for part in emoji_in(cluster):
                need = max(need, sum(cells[start : start + done]) + part.reach * bool(part.cells))
                done += len(part.text)
        found[start] = _Cluster(before, need)
        before, start = start, end
    return found


def _plain_row_end(line: str, start: int, width: int) -> int:
    """Where the row that begins at `start` ends, where each character takes a cell."""
    full = start + width
    if full >= len(line):
        return len(line)
    if line[full] == " ":
        return full + 1
    return line.rfind(" ", start, full) + 1 or full


def _row_end(line: str, cells: list[int], clusters: dict[int, _Cluster], start: int, width: int) -> int:
    """The same for any line."""
    full, room = start, width
    while full < len(line) and cells[full] <= room:
        if full > start and full in clusters and clusters[full].need > room:
            break
        room -= cells[full]
        full += 1
    if full == len(line):
        return full
    if line[full] == " ":
        end = full + 1
        while end < len(line) and not cells[end]:
            end += 1
        if end == len(line) or end in clusters:
            return end
    ends = [end for end in range(full, start, -1) if cells[end] and end in clusters]
    breaks = (end for end in ends if _may_break(line[max(start, clusters[end].before)], line[end]))
    return next(breaks, ends[0] if ends else full)


def _may_break(before: str, after: str) -> bool:
    """Whether a row may end between two clusters: after a space, and on either side of a wide character.

    It depends on their first characters alone: what follows them may still be to come.
    """
    return before in " \u200b" or 2 in map(get_character_cell_size, (before, after))


def ending(text: str, width: int, dots: str, ascii_only: bool = False) -> tuple[str, int]:
    """The end of a text that fits into `width` cells, after `dots` where it is not all of it; and how much is left out.

    >>> ending("the last words", 8, "...")
    ('...words', 9)
    """
    glyphs, cells = show(text, ascii_only)
    widths = cells or [1] * len(glyphs)
    if sum(widths) <= width:
        return glyphs, 0
    first, room = len(glyphs), width - len(dots)
    while first and widths[first - 1] <= room:
        first -= 1
        room -= widths[first]
    while first < len(glyphs) and not widths[first]:
        first += 1
    return dots + glyphs[first:], first


def fitted(text: str, cells: int, dots: str = "") -> str:
    """A text in exactly so many cells: cut, with `dots` at its end, or filled up with spaces.

    >>> fitted("a long text", 8, "..."), fitted("text", 6)
    ('a lon...', 'text  ')
    """
    if cell_len(text) > cells:
        text = set_cell_size(text, max(0, cells - len(dots))) + dots
    return set_cell_size(text, cells)


def first_rows(rows: list[str], most: int, width: int, dots: str) -> list[str]:
    """At most so many rows; where that is not all, `dots` end the last one.

    >>> first_rows(["one two", "three"], 1, 8, "...")
    ['one t...']
    """
    if len(rows) <= most:
        return rows
    return [*rows[: most - 1], rows[most - 1][: width - len(dots)] + dots]


def wrap_sentence(sentence: str, width: int) -> list[str]:
    """Rows of a sentence, broken at spaces, and within a path after a separator; only what is longer is cut.

    >>> wrap_sentence("kept in /home/me/runs/nietzsche", 16)
    ['kept in', '/home/me/runs/', 'nietzsche']
    """
    rows = [""]
    for word in sentence.split():
        between = " " if rows[-1] else ""
        if len(rows[-1] + between + word) <= width:
            rows[-1] += between + word
            continue
        if rows[-1]:
            rows.append("")
        for part in re.findall(r"[^/]*/|[^/]+", word):
            if rows[-1] and len(rows[-1] + part) > width:
                rows.append("")
            rows[-1] += part
            while len(rows[-1]) > width:
                rows[-1:] = [rows[-1][:width], rows[-1][width:]]
    return rows
