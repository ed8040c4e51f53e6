"""The chart as lines of styled text: labels, axes and all that a ChartView names. Pure."""

from __future__ import annotations

import math
from itertools import groupby
from operator import attrgetter

from corpora.safe_text import shown
from model.runs.housekeeping.spelled_times import duration
from tui.terminal.glyphs import Glyphs
from tui.views.chart_settings import Axis
from tui.views.chart_view import ChartView, Reading
from tui.widgets.training.chart.canvas import Canvas, Run, beaded, dashed, solid
from tui.widgets.training.chart.frame import Frame, decimals_for, round_steps, round_ticks

LABEL_CELLS = 6
"""Cells of the loss labels, with a space behind them."""
AXIS_ROWS = 2
"""Rows of the horizontal axis and its labels."""
OVERLAY_STYLES = ("overlay-1", "overlay-2", "overlay-3")
_DASHES = ((6, 3), (1, 2), (1, 5))
"""Of each of these curves: dots that are painted, and dots that are not."""
STYLES = (
    "label",
    "axis",
    "line",
    "line-label",
    "raw",
    "training",
    "held-out",
    "mark",
    "sign",
    "cursor",
    "words",
    *OVERLAY_STYLES,
)

_BACK = ("line", "mark")
"""What a sign or a label may cover."""
_ASCII_SIGNS = {
    **dict.fromkeys(STYLES, "..."),
    **{style: sign * 3 for style, sign in zip(OVERLAY_STYLES, "123", strict=True)},
    "line": "---",
    "training": "'-.",
    "raw": "'-.",
    "held-out": '"o,',
    "mark": ":::",
}
_LINE_GAP = 4
"""Columns of dots from one dot of a horizontal line to the next."""
_LONGEST_NAME = 20
"""Characters of another run's name."""
_CELLS_A_LABEL = 3
"""Rows, at least, from one loss label to the next."""
_CELLS_BETWEEN = 3
"""Between two labels of the horizontal axis, at least."""
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200)
"""Steps from one label of time to the next; after these, whole days."""


def draw(view: ChartView, columns: int, rows: int, signs: Glyphs) -> list[list[Run]]:
    """Lines of at most `columns` cells, from the top; none where there is no room or nothing to see."""
    wide, high = columns - LABEL_CELLS - 1, rows - AXIS_ROWS
    if wide < 2 or high < 1 or not (view.curves.training or view.curves.held_out):
        return []
    frame = frame_of(view, columns, rows)
    canvas = Canvas(wide, high)
    _paint(canvas, frame, view, signs)
    labels = _loss_labels(frame, view, high)
    plain = _ASCII_SIGNS if signs.ascii_only else None
    lines = []
    for row in range(high):
        label = labels.get(row, "")
        tick = Run(signs.axis_tick_left if label else signs.axis_left, "axis")
        lines.append([Run(f"{label:>{LABEL_CELLS - 1}} ", "label"), tick, *canvas.row(row, plain)])
    return [*lines, *_horizontal_axis(frame, view, wide, signs)]


def frame_of(view: ChartView, columns: int, rows: int) -> Frame:
    """The frame of a drawing of so many cells."""
    return Frame(view, 2 * (columns - LABEL_CELLS - 1), 4 * (rows - AXIS_ROWS))


def reading(view: ChartView, frame: Frame, epochs: float) -> Reading:
    """What is known of a place, with the marks that are drawn there."""
    cell = 2 * (frame.right - frame.left) / frame.columns
    left, right = (view.curves.epochs(place, view.settings.axis) for place in (frame.left, frame.left + cell))
    return view.read(epochs, right - left)


def _paint(canvas: Canvas, frame: Frame, view: ChartView, signs: Glyphs) -> None:
    rows = {label: frame.row(height) for label, height in frame.lines}
    for y in rows.values():
        canvas.dots([(x, y) for x in range(1, frame.columns, _LINE_GAP)], "line")
    for x in (_column(frame, view, mark.step) for mark in view.marks if mark.kind in ("rollback", "rate")):
        if x is not None:
            canvas.dots([(x, y) for y in range(0, frame.rows, 3)], "mark")
    for style, dashes, (_, stretches) in zip(OVERLAY_STYLES, _DASHES, frame.overlays, strict=False):
        for stretch in stretches:
            canvas.dots(dashed(frame.dots(stretch), *dashes), style)
    if frame.training is not frame.raw:
        canvas.dots(solid(frame.dots(frame.raw)), "raw")
    canvas.dots(solid(frame.dots(frame.training)), "training")
    canvas.dots(beaded(frame.dots(frame.held_out)), "held-out", with_those_behind=("training",))
    ends = [
        (style, name, frame.row(stretches[-1][-1][1]))
        for style, (name, stretches) in zip(OVERLAY_STYLES, frame.overlays, strict=False)
        if stretches
    ]
    if view.name and (own := frame.held_out or frame.training):
        ends.append(("held-out", view.name, frame.row(own[-1][1])))
    for style, name, end in ends:
        near = _beside(end, [each for _, _, each in ends], canvas.rows)
        canvas.label(near, f" {shown(name, _LONGEST_NAME)} ", style, over=_BACK)
    for row in {y // 4 for y in rows.values()}:
        here = [label for label, y in rows.items() if y // 4 == row]
        for name in (_together(here), here[0]):
            if canvas.label((row,), f" {name} ", "line-label", over=_BACK):
                break
    cursor = None if view.cursor is None else _column(frame, view, view.cursor * view.curves.steps_per_epoch)
    if view.cursor is not None and cursor is not None:
        for row in range(canvas.rows):
            canvas.sign(cursor // 2, row, signs.axis_left, "cursor", over=(*_BACK, "raw"))
        for mark in reading(view, frame, view.cursor).marks[-1:]:
            canvas.label(range(canvas.rows), f" {shown(mark.words, canvas.columns - 2)} ", "words", over=_BACK)


def _together(labels: list[str]) -> str:
    """The labels of lines in one row of cells, as one.

    >>> _together(["order 4", "order 5"])
    'order 4, 5'
    """
    same = f"{labels[0].split()[0]} "
    return ", ".join([labels[0], *(label.removeprefix(same) for label in labels[1:])])


def _beside(end: int, ends: list[int], rows: int) -> list[int]:
    """Rows of cells for a curve's name: above or below its end, and first those where no other curve's end is nearer.

    Args:
        end: the row of dots in which the curve ends.
        ends: those of all named curves.
        rows: how many rows of cells there are.
    """

    def place(row: int) -> tuple[bool, int]:
        middle = 4 * row + 1.5
        taken = any(abs(middle - other) < abs(middle - end) for other in ends)
        return taken, abs(row - end // 4) or rows

    return sorted(range(rows), key=place)


def _column(frame: Frame, view: ChartView, step: float) -> int | None:
    """The column of dots of a step; None where it is not shown."""
    x = view.curves.along(step / view.curves.steps_per_epoch, view.settings.axis)
    return frame.column(x) if frame.left <= x <= frame.right else None


def _loss_labels(frame: Frame, view: ChartView, rows: int) -> dict[int, str]:
    """Round losses by the row that they belong to; on both scales they are losses in the view's unit."""
    most = max(2, rows // _CELLS_A_LABEL)
    if view.settings.scale == "logarithmic":
        values = [value for value in round_ticks(10**frame.low, 10**frame.high, most) if value > 0]
        heights = [math.log10(value) for value in values]
    else:
        heights = values = round_ticks(frame.low, frame.high, most)
    decimals = max(1, decimals_for(values))
    labels = {}
    for value, height in zip(values, heights, strict=True):
        labels[frame.row(height) // 4] = f"{value:.{decimals}f}" if abs(value) < 1000 else f"{value:.0e}"
    return labels


def _horizontal_axis(frame: Frame, view: ChartView, columns: int, signs: Glyphs) -> list[list[Run]]:
    """The axis with its marks, and the line of its labels, which never touch."""
    cells, names = [Run(signs.axis_below, "axis")] * columns, ""
    for place, label in _places(frame, view.settings.axis, columns):
        column = frame.column(place) // 2
        cells[column] = Run(signs.axis_tick_below, "axis")
        names = names.ljust(max(0, min(column - len(label) // 2, columns - len(label)))) + label
    for mark in view.marks:
        if (dots := _column(frame, view, mark.step)) is not None:
            cells[dots // 2] = Run(getattr(signs, f"mark_{mark.kind}"), "sign")
    axis = [Run("".join(run.text for run in runs), style) for style, runs in groupby(cells, key=attrgetter("style"))]
    return [
        [Run(" " * LABEL_CELLS + signs.axis_corner, "axis"), *axis],
        [Run(" " * (LABEL_CELLS + 1) + names, "label")],
    ]


def _places(frame: Frame, axis: Axis, columns: int) -> list[tuple[float, str]]:
    """Round places of the horizontal axis with their labels: as many as there is room for."""
    shown = frame.right - frame.left
    smallest = 0 if shown >= 1 else math.floor(math.log10(shown)) - 1
    steps = (*_SECONDS, *(86_400 * days for days in round_steps())) if axis == "time" else round_steps(smallest)
    for step in steps:
        first, last = math.ceil(frame.left / step - 1e-9), math.floor(frame.right / step + 1e-9)
        if last - first > columns:
            continue
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        values = [number * step for number in range(first, last + 1)]
        labels = [duration(value) if axis == "time" else f"{value:,.{decimals}f}" for value in values]
        if step / shown * columns >= max(map(len, labels), default=0) + _CELLS_BETWEEN:
            return list(zip(values, labels, strict=True))
    return []
