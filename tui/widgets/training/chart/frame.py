"""Frame: the part of the run and the range of losses that a chart shows, and where a point lies in it. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import groupby, pairwise

from model.runs.loss_history import Point
from tui.views.chart_settings import Smoothing
from tui.views.chart_view import ChartView, RunCurves, interpolated
from tui.views.quantities import in_unit

_SHOWN_SHARE = 0.97
"""Of the training losses, from the lowest up, that lie within the vertical range."""
_FIRST = 12
"""Of so many points the first may leave the range: the steep first moments say least."""
_MANY = 4 * _FIRST
"""Points from which there is something else to see."""
_NEXT_LINE = 0.35
"""The nearest line below all curves is shown if it is no further away than this share of their range."""
_AROUND: dict[Smoothing, int] = {"off": 0, "light": 2, "strong": 12}
"""Points on either side that a point is averaged with."""


class Frame:
    """Where the points of a view lie on so many columns and rows of dots.

    Args:
        view: what is drawn.
        columns: dots from left to right.
        rows: dots from top to bottom.
    """

    def __init__(self, view: ChartView, columns: int, rows: int) -> None:
        self._view, self.columns, self.rows = view, columns, rows
        self.left, self.right = self._reach()
        self.raw = self._visible(view.curves, view.curves.training)
        around = _AROUND[view.settings.smoothing]
        self.training = self._visible(view.curves, smoothed(view.curves.training, around)) if around else self.raw
        self.held_out = self._visible(view.curves, view.curves.held_out)
        others = view.overlays if view.settings.overlays else ()
        laid_over = [(name, self._visible(curves, curves.held_out or curves.training)) for name, curves in others]
        self.lines = [
            (label, height)
            for label, nats in (view.lines if view.settings.lines else ())
            if math.isfinite(height := self.height(nats))
        ]
        self.low, self.high = self._range([curve for _, curve in laid_over])
        self.overlays = [(name, self._stretches(curve)) for name, curve in laid_over]
        self.lines = [line for line in self.lines if self.low <= line[1] <= self.high]

    def height(self, nats: float) -> float:
        """A loss on the vertical axis, whose scale and unit are the view's; NaN where it has no place on it."""
        value = in_unit(nats, self._view.unit)
        if self._view.settings.scale == "linear":
            return value
        return math.log10(value) if value > 0 else math.nan

    def column(self, x: float) -> int:
        """The column of dots of a place on the horizontal axis."""
        return min(self.columns - 1, max(0, int((x - self.left) / (self.right - self.left) * self.columns)))

    def place(self, column: float) -> float:
        """The place on the horizontal axis of a column of dots."""
        return self.left + (self.right - self.left) * column / self.columns

    def row(self, height: float) -> int:
        """The row of dots of a height, from the top; what lies beyond is at the edge."""
        return max(0, min(self.rows - 1, int((self.high - height) / (self.high - self.low) * self.rows)))

    def dots(self, points: Sequence[Point]) -> list[tuple[int, int]]:
        """Columns and rows of points. The first ones are left out for as long as they are above all that is shown."""
        start = next((at for at, (_, height) in enumerate(points) if height <= self.high), 0)
        return [(self.column(x), self.row(height)) for x, height in points[max(0, start - 1) :]]

    def _reach(self) -> tuple[float, float]:
        """The ends of the horizontal axis: the whole run up to the end of its epoch, or a last part of it."""
        view, axis = self._view, self._view.settings.axis
        together = view.together and view.settings.overlays
        everyone = [view.curves, *(each.curves for each in view.overlays if together)]
        last = max(curves.along(curves.last, axis) for curves in everyone)
        if axis == "time":
            whole = _rounded_up(last)
        else:
            whole = max(curves.along(math.ceil(curves.last - 1e-9), axis) for curves in everyone)
        whole = whole or view.curves.along(1.0, axis) or 1.0
        width = whole / 2**view.settings.zoom
        right = whole if last - (whole - width) >= width / 2 or not view.settings.zoom else last or whole
        left = right - min(right, width)
        if view.cursor is not None and view.settings.zoom:
            cursor = view.curves.along(view.cursor, axis)
            if not left <= cursor <= right:
                left = max(0.0, cursor - width / 2)
                right = left + width
        return left, right if right > left else left + 1.0

    def _visible(self, curves: RunCurves, points: Sequence[Point]) -> list[Point]:
        """Points of the part that is shown on the frame's axes, at most one for each column of dots."""
        axis = self._view.settings.axis
        left, right = curves.epochs(self.left, axis), curves.epochs(self.right, axis)
        placed = [(curves.along(x, axis), self.height(nats)) for x, nats in thinned(points, left, right, self.columns)]
        return [point for point in placed if math.isfinite(point[0]) and math.isfinite(point[1])]

    def _stretches(self, curve: Sequence[Point]) -> list[Sequence[Point]]:
        """The parts of a curve within the range of losses, each with the points where it comes from and goes to."""
        stretches, first = [], 0
        for inside, points in groupby(curve, key=lambda point: self.low <= point[1] <= self.high):
            end = first + len([*points])
            if inside:
                stretches.append(curve[max(0, first - 1) : end + 1])
            first = end
        return stretches

    def _range(self, others: Sequence[Sequence[Point]]) -> tuple[float, float]:
        heights = []
        for curve in (self.raw, self.held_out, *(others if self._view.together else ())):
            first = len(curve) // _FIRST if len(curve) >= _MANY else 0
            usual = sorted(height for _, height in curve[first:])
            share = 1.0 if curve is self.held_out else _SHOWN_SHARE
            heights += usual[: math.ceil(len(usual) * share)]
        if not heights:
            return 0.0, 1.0
        low, high = min(heights), max(heights)
        lowest = min((height for curve in others for _, height in curve), default=low)
        low = min(low, max(lowest, 2 * low - high))  # better runs are seen, and leave half of the rows to this one
        below = max((height for _, height in self.lines if height < low), default=-math.inf)
        if low - below <= _NEXT_LINE * (high - low):
            low = below
        # One height alone would leave an axis whose numbers are all alike.
        room = max((high - low) * 0.05, abs(high) * 1e-9, 1e-3) if high > low else max(0.1 * abs(high), 0.1)
        return low - room, high + room


def thinned(points: Sequence[Point], left: float, right: float, most: int) -> list[Point]:
    """The points from `left` to `right`, where need be the means of their neighbourhoods, at most about `most`.

    Where a line to a point outside crosses an edge, that place is a point, too.
    """
    first, last = bisect_left(points, (left, -math.inf)), bisect_right(points, (right, math.inf))
    inside = list(points[first:last])
    if len(inside) > most > 0:
        inside = _means(inside, most)
    if 0 < first < len(points) and points[first][0] > left:
        inside.insert(0, (left, interpolated(points, left)))
    if 0 < last < len(points):
        inside.append((right, interpolated(points, right)))
    return inside


def smoothed(points: Sequence[Point], around: int) -> list[Point]:
    """Each point with the mean of its neighbours: so many on either side, fewer, but as many on each, at the ends."""
    sums = [0.0]
    for _, y in points:
        sums.append(sums[-1] + y)
    smooth = []
    for at, (x, _) in enumerate(points):
        reach = min(around, at, len(points) - 1 - at)
        smooth.append((x, (sums[at + reach + 1] - sums[at - reach]) / (2 * reach + 1)))
    return smooth


def round_steps(smallest: int = 0) -> list[float]:
    """1, 2 and 5 times powers of ten, from ten to the power of `smallest` on."""
    return [each * 10.0**power for power in range(smallest, smallest + 12) for each in (1, 2, 5)]


def round_ticks(low: float, high: float, most: int) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between `low` and `high`: at most `most`.

    >>> round_ticks(1.3, 4.2, 4)
    [2.0, 3.0, 4.0]
    """
    if not low < high:
        return [low]
    scale = 10.0 ** math.floor(math.log10((high - low) / most))
    step = next(scale * each for each in round_steps() if (high - low) / (scale * each) <= most)
    ticks = [tick * step for tick in range(math.ceil(low / step), math.floor(high / step) + 1)]
    return ticks[-most:] or [low]


def decimals_for(values: Sequence[float]) -> int:
    """Decimals that tell round values apart."""
    gap = min((b - a for a, b in pairwise(values)), default=1.0)
    return min(3, max(0, -math.floor(math.log10(gap) + 1e-9)))


def _means(points: Sequence[Point], most: int) -> list[Point]:
    left = points[0][0]
    width = (points[-1][0] - left) / most or 1.0
    means, count, at, sum_x, sum_y = [], 0, 0, 0.0, 0.0
    for x, y in points:
        here = min(most - 1, int((x - left) / width))
        if here != at and count:
            means.append((sum_x / count, sum_y / count))
            count, sum_x, sum_y = 0, 0.0, 0.0
        at = here
        count, sum_x, sum_y = count + 1, sum_x + x, sum_y + y
    means.append((sum_x / count, sum_y / count))
    return means


def _rounded_up(value: float) -> float:
    """A round number from `value` on, not much larger."""
    if value <= 0:
        return 0.0
    step = next(each for each in round_steps(-3) if value / each <= 20)
    return math.ceil(value / step - 1e-9) * step
