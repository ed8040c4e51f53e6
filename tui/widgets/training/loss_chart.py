"""LossChart: training and held-out loss over the run, redrawn at most four times a second."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from model.runs.housekeeping.spelled_times import duration
from tui.terminal.glyphs import Glyphs
from tui.views import quantities
from tui.views.chart_settings import ZOOMS, ChartSettings
from tui.views.chart_view import ChartView, best_mark, curves_of
from tui.views.quantities import Unit
from tui.views.training_view import TrainingView
from tui.widgets.explaining.asking import asking_words
from tui.widgets.training.chart.drawing import frame_of, reading
from tui.widgets.training.loss_plot import LossPlot

REDRAW_SECONDS = 0.25


class LossChart(Widget):
    """Draws a run's curves from its view, and what `TrainingView` has to lay over them."""

    DEFAULT_CSS = """
    LossChart {
        height: 1fr;
        & > #chart-key, & > #chart-values { height: 1; }
        & > #chart-values { display: none; }
        & > LossPlot { height: 1fr; }
    }
    """

    settings: reactive[ChartSettings] = reactive(ChartSettings(), repaint=False)
    unit: reactive[Unit] = reactive("nats", repaint=False)
    cursor: reactive[int | None] = reactive(None, repaint=False)
    """The epoch at whose end a vertical line stands."""
    pointed: reactive[float | None] = reactive(None, repaint=False)
    """The epochs that the mouse is over."""

    def __init__(self, view: TrainingView, glyphs: Glyphs) -> None:
        super().__init__()
        self._view = view
        self._glyphs = glyphs
        self._changed = True
        self._shown = ChartView(curves_of(view))

    def compose(self) -> ComposeResult:
        """The key above the plot, and what is known of the cursor's place below it, where there is a row for it."""
        yield Static(id="chart-key")
        yield LossPlot(self._glyphs)
        yield Static(id="chart-values")

    def on_mount(self) -> None:
        """Redraw by the clock, not by the event: events may come in bursts."""
        self._show()
        self.set_interval(REDRAW_SECONDS, self._redraw)

    def refresh_curves(self) -> None:
        """The view has changed: redraw when the clock next ticks."""
        self._changed = True

    def on_resize(self) -> None:
        """Another width: another key."""
        self._show()

    def watch_settings(self) -> None:
        """Answer the key at once."""
        self._show()

    def watch_unit(self) -> None:
        """Likewise."""
        self._show()

    def watch_cursor(self) -> None:
        """Likewise."""
        self._show()

    def watch_pointed(self) -> None:
        """Follow the mouse at once."""
        self._show()

    @on(LossPlot.Pointed)
    def _follow(self, message: LossPlot.Pointed) -> None:
        message.stop()
        self.pointed = message.epochs

    def _redraw(self) -> None:
        if self._changed and self.size:
            self._changed = False
            view = self._view
            self._shown = ChartView(
                curves_of(view), lines=view.lines, marks=(*view.marks, *best_mark(view)), overlays=view.overlays
            )
            self._show()

    def _show(self) -> None:
        """Show the curves as the settings are now."""
        if not self.is_mounted:
            return
        ends = {end.epoch: end.step / self._shown.curves.steps_per_epoch for end in self._view.epoch_ends}
        place = ends.get(self.cursor) if self.pointed is None and self.cursor else self.pointed
        self._shown = replace(self._shown, settings=self.settings, unit=self.unit, cursor=place)
        plot = self.query_one(LossPlot)
        plot.curves = self._shown
        key, values = (self.query_one(part, Static) for part in ("#chart-key", "#chart-values"))
        read = self._fitting(self._readings(plot)) if place is not None else None
        key.update(read if read and not values.display else self._fitting(self._names()), layout=False)
        values.update(read or Content(""), layout=False)

    def _fitting(self, texts: Iterable[Content]) -> Content:
        """As much as there is room for."""
        fitting = next((text for text in texts if text.cell_length <= self.size.width), Content(""))
        asked = quantities.unit_name(self.unit), "loss", "training", "held-out", "epoch", "step"
        return asking_words(fitting, *asked)

    def _names(self) -> Iterator[Content]:
        signs, settings = self._glyphs, self.settings
        scale = "log" if settings.scale == "logarithmic" else ""
        unit = f"{scale} {quantities.unit_name(self.unit)}".lstrip()
        further = [ZOOMS[settings.zoom]] * bool(settings.zoom) + ["smoothed"] * (settings.smoothing != "off")
        notes = "".join(f" {signs.dot} {each}" for each in further)
        for head, gap, tail in ((unit, 3, notes), (unit, 3, ""), (f"{scale} loss".lstrip(), 3, ""), (scale, 1, "")):
            yield Content.assemble(
                (head + " " * gap if head else "", "$text-muted"),
                (signs.training, "$accent"),
                (" training" + " " * gap, "$text-muted"),
                (signs.held_out, "$secondary bold"),
                (" held-out" + tail, "$text-muted"),
            )

    def _readings(self, plot: LossPlot) -> Iterator[Content]:
        shown, signs = self._shown, self._glyphs
        assert shown.cursor is not None
        read = reading(shown, frame_of(shown, *plot.size), shown.cursor)
        decimals = 0 if abs(read.epochs - round(read.epochs)) < 1e-9 else 2
        step, epoch = f"{read.step:,}", f"{read.epochs:.{decimals}f}"
        time = "" if read.seconds is None else duration(read.seconds)
        training, held_out = (quantities.loss(each, self.unit) for each in (read.training, read.held_out))
        for places in (
            [f"epoch {epoch}", f"step {step}", time],
            [f"epoch {epoch}", step, time],
            [f"epoch {epoch}", step],
            [f"epoch {epoch}"],
            [epoch],
        ):
            yield Content.assemble(
                (f" {signs.dot} ".join(filter(None, places)), "$foreground"),
                (f"  {signs.training} ", "$accent"),
                (training, "bold"),
                (f"  {signs.held_out} " if read.held_out is not None else "", "$secondary bold"),
                (held_out if read.held_out is not None else "", "$secondary bold"),
            )
