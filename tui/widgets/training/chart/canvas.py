"""Canvas: cells of dots, each with a style, that become lines of text: braille, or ASCII where nothing else is safe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len

Dot = tuple[int, int]
"""A column and a row, from the upper left; a cell has two columns and four rows of them."""

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of the dots in a braille cell, by row and column."""
_BRAILLE = 0x2800
_UPPER, _LOWER = 0x01 | 0x08, 0x40 | 0x80


class Run(NamedTuple):
    """Cells of one style."""

    text: str
    style: str


class Canvas:
    """Paint from the back to the front."""

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._bits: dict[Dot, int] = {}
        self._signs: dict[Dot, str] = {}
        self._styles: dict[Dot, str] = {}

    def dots(self, dots: Iterable[Dot], style: str, *, with_those_behind: Sequence[str] = ()) -> None:
        """Paint dots; of a cell that has others already, only those of the styles `with_those_behind` are kept."""
        cells: dict[Dot, int] = {}
        for x, y in dots:
            cell = x // 2, y // 4
            cells[cell] = cells.get(cell, 0) | _BITS[y % 4][x % 2]
        for cell, bits in cells.items():
            behind = self._bits.get(cell, 0) if self._styles.get(cell) in with_those_behind else 0
            self._bits[cell], self._styles[cell] = bits | behind, style

    def sign(self, column: int, row: int, sign: str, style: str, *, over: Sequence[str] = ()) -> None:
        """Put a sign into a cell that is free, or has one of the styles `over`."""
        if self._is_free((column, row), over):
            self._signs[column, row], self._styles[column, row] = sign, style
            self._bits.pop((column, row), None)

    def label(self, rows: Iterable[int], text: str, style: str, *, over: Sequence[str] = ()) -> bool:
        """Write a text as far right as one of `rows` has room for it; returns whether one has."""
        cells = [cell for letter in text for cell in (letter, *[""] * (cell_len(letter) - 1))]
        for row in rows:
            free = 0
            for column in range(self.columns - 1, -1, -1):
                free = free + 1 if 0 <= row < self.rows and self._is_free((column, row), over) else 0
                if free == len(cells):
                    for at, sign in enumerate(cells, start=column):
                        self.sign(at, row, sign, style, over=over)
                    return True
        return False

    def row(self, row: int, ascii_signs: dict[str, str] | None) -> list[Run]:
        """A line of cells.

        Args:
            row: from the top.
            ascii_signs: for each style the signs of dots in the upper, middle and lower part of a cell; None draws
                braille.
        """
        runs: list[tuple[list[str], str]] = []
        for column in range(self.columns):
            cell = column, row
            style = self._styles.get(cell, "")
            sign = self._signs.get(cell)
            if sign is None:
                bits = self._bits.get(cell)
                if bits is None:
                    sign = " "
                elif ascii_signs is None:
                    sign = chr(_BRAILLE + bits)
                else:
                    sign = ascii_signs[style][0 if bits <= bits & _UPPER else 2 if bits <= bits & _LOWER else 1]
            if runs and (runs[-1][1] == style or sign == " "):
                runs[-1][0].append(sign)
            else:
                runs.append(([sign], style))
        return [Run("".join(signs), style) for signs, style in runs]

    def _is_free(self, cell: Dot, over: Sequence[str]) -> bool:
        style = self._styles.get(cell)
        return style is None or style in over


def solid(dots: Sequence[Dot]) -> list[Dot]:
    """The dots, and those of straight lines between neighbours."""
    return [*dots[:1], *(dot for first, second in pairwise(dots) for dot in _stretch(first, second))]


def dashed(dots: Sequence[Dot], on: int, off: int) -> list[Dot]:
    """Straight lines between the dots, with gaps: so many dots are painted, and so many are not."""
    return [dot for at, dot in enumerate(solid(dots)) if at % (on + off) < on]


def beaded(dots: Sequence[Dot]) -> list[Dot]:
    """The dots, thick where they are far apart, and dashes between neighbours."""
    line: list[Dot] = list(dots)
    for first, second in pairwise(dots):
        stretch = _stretch(first, second)
        line += [dot for at, dot in enumerate(stretch) if at % 4 > 1]
    apart = min((second[0] - first[0] for first, second in pairwise(dots)), default=_FAR_APART)
    if apart >= _FAR_APART:
        line += [(x // 2 * 2 + right, y + down) for x, y in dots for right in (0, 1) for down in (0, 1) if y or down]
    return line


_FAR_APART = 8
"""Columns of dots between neighbours from which they are drawn as beads."""


def _stretch(first: Dot, second: Dot) -> list[Dot]:
    """The straight line from behind the first dot up to the second."""
    (x, y), (to_x, to_y) = first, second
    steps = max(abs(to_x - x), abs(to_y - y))
    return [
        (round(x + (to_x - x) * step / steps), round(y + (to_y - y) * step / steps)) for step in range(1, steps + 1)
    ]
