"""LossChart: training and held-out loss over the epochs, redrawn at most four times a second."""

from __future__ import annotations

import math

from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from model.runs.run_view import RunView
from tui.terminal.glyphs import Glyphs
from tui.widgets.training.loss_plot import LABEL_CELLS, Curves, LossPlot

REDRAW_SECONDS = 0.25


class LossChart(Widget):
    """Draws a run's curves from its view, as many points as the width shows: two a column."""

    DEFAULT_CSS = """
    LossChart {
        height: 1fr;
        & > #chart-key { height: 1; }
        & > LossPlot { height: 1fr; }
    }
    """

    logarithmic: reactive[bool] = reactive(False, repaint=False)
    """The vertical scale."""
    cursor: reactive[int | None] = reactive(None, repaint=False)
    """The epoch at whose end a vertical line stands."""

    def __init__(self, view: RunView, glyphs: Glyphs) -> None:
        super().__init__()
        self._view = view
        self._glyphs = glyphs
        self._changed = True

    def compose(self) -> ComposeResult:
        """The key above the plot."""
        yield Static(self._key(), id="chart-key")
        yield LossPlot(self._glyphs)

    def on_mount(self) -> None:
        """Redraw by the clock, not by the event: events may come in bursts."""
        self.set_interval(REDRAW_SECONDS, self._redraw)

    def refresh_curves(self) -> None:
        """The view has changed: redraw when the clock next ticks."""
        self._changed = True

    def on_resize(self) -> None:
        """Another width: another number of points."""
        self._changed = True

    def watch_logarithmic(self) -> None:
        """Answer the key at once."""
        self._changed = True
        if self.is_mounted:
            self.query_one("#chart-key", Static).update(self._key(), layout=False)
            self._redraw()

    def watch_cursor(self) -> None:
        """Answer the key at once."""
        if self.is_mounted:
            self.query_one(LossPlot).cursor = self.cursor

    def _redraw(self) -> None:
        if not self._changed or not self.size:
            return
        training = self._view.training_curve(2 * max(1, self.size.width - LABEL_CELLS - 1))
        held_out = self._view.held_out_curve()
        if not training and not held_out:
            self._changed = False
            self.query_one(LossPlot).curves = None
            return
        self._changed = False
        last = max(x for x, _ in (*training[-1:], *held_out[-1:]))
        epochs = max(1, math.ceil(last - 1e-9))
        self.query_one(LossPlot).curves = Curves(training, held_out, epochs, self.logarithmic)

    def _key(self) -> Content:
        signs = self._glyphs
        scale = "log loss" if self.logarithmic else "loss"
        return Content.assemble(
            (f"{scale} ", "$text-muted"),
            (signs.training, "$accent"),
            (" training ", "$text-muted"),
            (signs.held_out, "$secondary bold"),
            (" held-out", "$text-muted"),
        )
