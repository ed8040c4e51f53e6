"""LossPlot: two axes, the training loss as a line of braille dots, and the held-out loss as separate points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from model.runs.loss_history import Point
from tui.terminal.glyphs import ASCII, Glyphs

LABEL_CELLS = 6
"""Cells of the loss labels, with a space behind them."""
MOST_EPOCH_LABELS = 6

_SHOWN_SHARE = 0.97
"""Of the training losses, from the lowest up, that lie within the vertical range."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bits of the dots in a braille cell, by row and column."""
_BRAILLE = 0x2800


class Curves:
    """What a plot shows.

    Args:
        training: epochs and losses, all finite, from left to right.
        held_out: likewise.
        epochs: the right end of the horizontal axis; the left one is 0.
        logarithmic: whether the vertical axis is logarithmic.
    """

    def __init__(self, training: Sequence[Point], held_out: Sequence[Point], epochs: float, logarithmic: bool) -> None:
        if logarithmic:
            training = [(x, math.log10(y)) for x, y in training if y > 0]
            held_out = [(x, math.log10(y)) for x, y in held_out if y > 0]
        self.low, self.high = _limits([y for _, y in training], [y for _, y in held_out])
        self.training, self.held_out = _within(training, self.high), held_out
        self.epochs, self.logarithmic = epochs, logarithmic

    def place(self, point: Point, columns: int, rows: int) -> tuple[int, int]:
        """The column and row of a point on a grid, counted from its upper left corner."""
        x, y = point
        down = (self.high - y) / (self.high - self.low)
        return min(columns - 1, int(x / self.epochs * columns)), max(0, min(rows - 1, int(down * rows)))


class LossPlot(Widget, can_focus=False):
    """Set `curves`. The curves differ in shape, so they can be told apart without colour."""

    curves: reactive[Curves | None] = reactive(None)
    cursor: reactive[int | None] = reactive(None)
    """The epoch at whose end a vertical line stands."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs

    def render(self) -> Content:
        """The plot, its axes and their labels; nothing where there is no room."""
        columns, rows = self.size.width - LABEL_CELLS - 1, self.size.height - 2
        if self.curves is None or columns < 2 or rows < 1:
            return Content("")
        signs, axis = self._glyphs, "$border"
        labels = _loss_labels(self.curves, columns, rows)
        parts: list[tuple[str, str]] = []
        for row, cells in enumerate(_plotted(self.curves, self.cursor, columns, rows, signs)):
            label = labels.get(row, "")
            parts.append((f"{label:>{LABEL_CELLS - 1}} ", "$text-muted"))
            parts.append((signs.axis_tick_left if label else signs.axis_left, axis))
            parts += [*cells, ("\n", "")]
        below, names = _epoch_axis(self.curves, columns, signs)
        parts += [(" " * LABEL_CELLS + signs.axis_corner + below + "\n", axis)]
        parts += [(" " * (LABEL_CELLS + 1) + names, "$text-muted")]
        return Content.assemble(*parts)


def _plotted(curves: Curves, cursor: int | None, columns: int, rows: int, signs: Glyphs) -> list[list[tuple[str, str]]]:
    """The cells of the plot by row, each a sign and its style."""
    bits: dict[tuple[int, int], int] = {}
    dots = [curves.place(point, 2 * columns, 4 * rows) for point in curves.training]
    for x, y in _connected(dots):
        cell = x // 2, y // 4
        bits[cell] = bits.get(cell, 0) | _DOTS[y % 4][x % 2]
    grid = [[(" ", "")] * columns for _ in range(rows)]
    if cursor is not None and cursor <= curves.epochs:
        column, _ = curves.place((float(cursor), curves.low), columns, rows)
        for cells in grid:
            cells[column] = (signs.axis_left, "$foreground bold")
    for (column, row), dot_bits in bits.items():
        grid[row][column] = ("." if signs is ASCII else chr(_BRAILLE + dot_bits), "$accent")
    for point in curves.held_out:
        column, row = curves.place(point, columns, rows)
        grid[row][column] = (signs.held_out, "$secondary bold")
    return grid


def _connected(dots: Sequence[tuple[int, int]]) -> set[tuple[int, int]]:
    """The dots, and those of straight lines between neighbours."""
    line = set(dots)
    for (x, y), (to_x, to_y) in pairwise(dots):
        steps = max(abs(to_x - x), abs(to_y - y))
        for step in range(1, steps):
            line.add((round(x + (to_x - x) * step / steps), round(y + (to_y - y) * step / steps)))
    return line


def _epoch_axis(curves: Curves, columns: int, signs: Glyphs) -> tuple[str, str]:
    """The horizontal axis and the line of its labels: whole epochs from 0 on, at least a space apart."""
    cells = len(f"{curves.epochs:.0f}")
    gaps = max(1, min(MOST_EPOCH_LABELS - 1, columns // (cells + cells // 2 + 2)))
    step = next(step for step in _round_steps() if curves.epochs / step <= gaps)
    axis, names = [signs.axis_below] * columns, ""
    for number in range(math.floor(curves.epochs / step) + 1):
        label = f"{number * step:.0f}"
        column = min(columns - 1, int(number * step / curves.epochs * columns))
        axis[column] = signs.axis_tick_below
        names = names.ljust(max(0, min(column - len(label) // 2, columns - len(label)))) + label
    return "".join(axis), names


def _loss_labels(curves: Curves, columns: int, rows: int) -> dict[int, str]:
    """Round losses by the row that they belong to; on both scales they are losses."""
    most = max(2, rows // 3)
    if curves.logarithmic:
        values = [value for value in round_ticks(10**curves.low, 10**curves.high, most) if value > 0]
    else:
        values = round_ticks(curves.low, curves.high, most)
    gap = min((b - a for a, b in pairwise(values)), default=1.0)
    decimals = min(3, max(1, -math.floor(math.log10(gap) + 1e-9)))
    labels = {}
    for value in values:
        height = math.log10(value) if curves.logarithmic else value
        row = curves.place((0.0, height), columns, rows)[1]
        labels[row] = f"{value:.{decimals}f}" if abs(value) < 1000 else f"{value:.0e}"
    return labels


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between `low` and `high`: at most `most`.

    >>> round_ticks(1.3, 4.2, 4)
    [2.0, 3.0, 4.0]
    """
    if not low < high:
        return [low]
    scale = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(scale * each for each in _round_steps() if (high - low) / (scale * each) <= most)
    ticks = [tick * step for tick in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return ticks[-most:] or [low]


def _round_steps() -> list[float]:
    return [each * 10.0**power for power in range(7) for each in (1, 2, 5)]


def _within(points: Sequence[Point], high: float) -> list[Point]:
    """The curve from where it first comes below `high`; what rises above it later is drawn at the edge."""
    start = next((i for i, (_, y) in enumerate(points) if y <= high), 0)
    return [(x, min(y, high)) for x, y in points[max(0, start - 1) :]]


def _limits(training: Sequence[float], held_out: Sequence[float]) -> tuple[float, float]:
    """The range that shows how the run continues: the steep first moments may leave through the top."""
    usual = sorted(training)[: max(1, math.ceil(len(training) * _SHOWN_SHARE))]
    losses = [*usual, *held_out]
    if not losses:
        return 0.0, 1.0
    low, high = min(losses), max(losses)
    room = max((high - low) * 0.05, abs(high) * 1e-9, 1e-3)
    return low - room, high + room
