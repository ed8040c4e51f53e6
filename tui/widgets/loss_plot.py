"""LossPlot: textual-plot's widget, thinned to two axes and safe on terminals without colour or braille.

Kept apart from `loss_chart` because importing textual-plot brings NumPy along, which the first paint does not wait for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from rich.segment import Segment
from rich.style import Style
from textual.app import ComposeResult, RenderResult
from textual.containers import Grid
from textual.strip import Strip
from textual_hires_canvas import Canvas
from textual_plot import AxisFormatter, HiResMode, PlotWidget

from tui.views.loss_history import Point

LABEL_CELLS = 6
"""The gutter of the loss axis, its space included."""

_SHOWN_SHARE = 0.97
"""Of the training losses, from the lowest on, that lie within the vertical range."""

_THIN = str.maketrans("┏┓┗┛┣┫┳┻╋━┃", "┌┐└┘├┤┬┴┼─│")
_PLAIN = str.maketrans("┏┓┗┛┣┫┳┻╋━┃", "+++++++++-|")


class _Canvas(Canvas):
    """A canvas with thin or plain axes; the plot's own keeps only the left and the lower one."""

    def __init__(self, name: str, *, ascii_only: bool, open_sides: bool = False) -> None:
        super().__init__(1, 1, id=name)
        self._table = _PLAIN if ascii_only else _THIN
        self._open_sides = open_sides

    def render_line(self, y: int) -> Strip:
        """Draw a line; every cell has a style, which Textual's filter for NO_COLOR relies on."""
        width, ground = self.size.width, self.rich_style
        if self._open_sides and y == 0:
            return Strip.blank(width, ground)
        strip = super().render_line(y)
        if self._open_sides:
            strip = strip.crop(0, width - 1)
        return Strip(
            Segment(text.translate(self._table), style or Style.null(), control) for text, style, control in strip
        ).adjust_cell_length(width, ground)


class _EpochAxis(AxisFormatter):
    """Whole epochs from 0 on, at most six, a space apart; labels are centred, but pushed inwards at the right end."""

    def __init__(self, last: float, columns: int) -> None:
        self._last = last
        self._columns = columns

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 6) -> list[float]:
        """Multiples of a round number of epochs."""
        gaps = min(max_ticks - 1, self._columns // (len(f"{max_:.0f}") + 2))
        step = next(step for step in _round_steps() if (max_ - min_) / step <= max(1, gaps))
        return [tick * step for tick in range(math.ceil(min_ / step), math.floor(max_ / step) + 1)]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """Without decimals."""
        return [self._label(tick) for tick in ticks]

    def _label(self, tick: float) -> str:
        """Two spaces behind a centred label move it a column to the left: as many as it would leave the chart by."""
        label = f"{tick:.0f}"
        over = math.floor(tick / self._last * self._columns) + len(label) // 2 - self._columns
        return label + "  " * over


class _LossAxis(AxisFormatter):
    """Losses, or their logarithms, at round numbers; as many as have room."""

    def __init__(self, most: int, logarithmic: bool) -> None:
        self._most = max(2, most)
        self._logarithmic = logarithmic

    def get_ticks(self, min_: float, max_: float, max_ticks: int = 8) -> list[float]:
        """Positions on the axis; on a logarithmic one they are powers of ten."""
        if not self._logarithmic:
            return round_ticks(min_, max_, self._most)
        return [math.log10(value) for value in round_ticks(10**min_, 10**max_, self._most) if value > 0]

    def get_labels_for_ticks(self, ticks: Sequence[float]) -> list[str]:
        """The losses themselves, on both scales."""
        values = [10**tick for tick in ticks] if self._logarithmic else list(ticks)
        gap = min((b - a for a, b in pairwise(values)), default=1.0)
        decimals = min(3, max(1, -math.floor(math.log10(gap) + 1e-9)))
        return [f"{value:.{decimals}f}" if abs(value) < 1000 else f"{value:.0e}" for value in values]


class LossPlot(PlotWidget, can_focus=False, inherit_bindings=False):
    """Training as a fine line, held-out as separate points: two shapes, so hue is not needed to tell them apart."""

    DEFAULT_CSS = """
    LossPlot {
        & > .plot--axis { color: $border; }
        & > .plot--tick { color: $text-muted; text-style: none; }
        & > .plot--label { color: $text-muted; text-style: none; }
    }
    """

    def __init__(self, *, ascii_only: bool, held_out_sign: str) -> None:
        super().__init__(allow_pan_and_zoom=False)
        self._ascii_only = ascii_only
        self._held_out_sign = held_out_sign
        self.set_reactive(PlotWidget.margin_top, 0)
        self.set_reactive(PlotWidget.margin_bottom, 1)
        self.set_reactive(PlotWidget.margin_left, LABEL_CELLS)

    def compose(self) -> ComposeResult:
        """The parts PlotWidget looks for by name, on canvases of our own."""
        with Grid():
            yield _Canvas("margin-top", ascii_only=self._ascii_only)
            yield _Canvas("margin-left", ascii_only=self._ascii_only)
            yield _Canvas("plot", ascii_only=self._ascii_only, open_sides=True)
            yield _Canvas("margin-bottom", ascii_only=self._ascii_only)

    def render(self) -> RenderResult:
        """Draw on the canvases; not while they come or go, as when the program ends in the middle of mounting."""
        return super().render() if self._complete else ""

    @property
    def _complete(self) -> bool:
        return len(self.query(_Canvas)) == 4

    def _update_margin_sizes(self) -> None:
        if self._complete:
            super()._update_margin_sizes()

    # The key of the chart stands above it; PlotWidget's own legend is not made.

    def _update_legend(self) -> None:
        pass

    def _position_legend(self) -> None:
        pass

    def draw(self, training: Sequence[Point], held_out: Sequence[Point], *, epochs: float, logarithmic: bool) -> None:
        """Replace both curves. Points are finite; the horizontal axis runs from 0 to `epochs`."""
        if logarithmic:
            training = [(x, math.log10(y)) for x, y in training if y > 0]
            held_out = [(x, math.log10(y)) for x, y in held_out if y > 0]
        self.clear()
        columns = max(2, self.size.width - LABEL_CELLS - 2)
        last = epochs * columns / (columns - 1)  # a point at the very end has a column too
        self.set_xlimits(0.0, last)
        self.set_x_formatter(_EpochAxis(last, columns))
        low, high = _limits([y for _, y in training], [y for _, y in held_out])
        training = _within(training, high)
        self.set_ylimits(low, high)
        self.set_y_formatter(_LossAxis(self.size.height // 3, logarithmic))
        colors = self.app.theme_variables
        if training:
            xs, ys = [x for x, _ in training], [y for _, y in training]
            if self._ascii_only:
                self.scatter(xs, ys, marker=".", marker_style=colors["accent"])
            else:
                self.plot(xs, ys, line_style=colors["accent"], hires_mode=HiResMode.BRAILLE)
        if held_out:
            xs, ys = [x for x, _ in held_out], [y for _, y in held_out]
            self.scatter(xs, ys, marker=self._held_out_sign, marker_style=f"bold {colors['secondary']}")


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
    """The range that shows how the run goes on: the steep first moments may leave through the top."""
    usual = sorted(training)[: max(1, math.ceil(len(training) * _SHOWN_SHARE))]
    losses = [*usual, *held_out]
    if not losses:
        return 0.0, 1.0
    low, high = min(losses), max(losses)
    room = max((high - low) * 0.05, 1e-3)
    return low - room, high + room
