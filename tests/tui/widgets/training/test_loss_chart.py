"""The chart: both curves in both sets of signs, whatever numbers come and whatever room there is."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from model.recipe import FAST
from model.training.events import Compiled, EpochEnd, Step
from tests.tui.driving import drawn, resized, run_app, screen_text, until
from tui.terminal.glyphs import ASCII, UNICODE
from tui.themes import DARK, LIGHT
from tui.views.chart_settings import ChartSettings
from tui.views.training_view import TrainingView
from tui.widgets.training.chart.frame import round_ticks
from tui.widgets.training.loss_chart import LossChart

BRAILLE = re.compile("[\u2801-\u28ff]")


@pytest.fixture(autouse=True)
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.training.loss_chart.REDRAW_SECONDS", 0.01)


class Chart(LossChart):
    ticks = 0
    """Of its clock."""

    def _redraw(self) -> None:
        super()._redraw()
        self.ticks += 1


class ChartApp(App[None]):
    CSS = "LossChart { height: 100%; }"

    def __init__(self, ascii_only: bool = False) -> None:
        super().__init__()
        self.ascii_only = ascii_only
        self.view = TrainingView(FAST, "fast")
        for theme in (DARK, LIGHT):
            self.register_theme(theme)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        yield Chart(self.view, ASCII if self.ascii_only else UNICODE)

    @property
    def chart(self) -> Chart:
        return self.query_one(Chart)


async def ticked(app: ChartApp, pilot: Pilot[None]) -> str:
    """The screen after some ticks of the chart's clock."""
    end = app.chart.ticks + 3
    await until(pilot, lambda: app.chart.ticks >= end, "three ticks")
    await drawn(pilot)
    return screen_text(app)


async def redrawn(app: ChartApp, pilot: Pilot[None]) -> str:
    """The screen when the chart has drawn all that it was given."""
    await until(pilot, lambda: not app.chart._changed, "the curves")
    return await ticked(app, pilot)


def end(epoch: int, step: int, loss: float) -> EpochEnd:
    return EpochEnd(epoch, step, loss, loss, 2.9, 1.0, 100.0)


def feed(app: ChartApp, losses: Iterable[float], steps: int = 20) -> None:
    app.view.apply(Compiled(1.0, 5000, 1, steps, 10, None))
    for step, loss in enumerate(losses, start=1):
        app.view.apply(Step(1 + (step - 1) // steps, step, loss, 0.01, loss, loss))
        if step % steps == 0:
            app.view.apply(end(step // steps, step, loss + 0.2))
    app.chart.refresh_curves()


def decaying(count: int) -> list[float]:
    return [1.3 + 2.7 * math.exp(-step / 30) for step in range(count)]


def test_the_curves_appear_with_the_first_losses() -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        before = screen_text(app)
        assert "training" in before
        assert "held-out" in before
        feed(app, decaying(100))
        after = await redrawn(app, pilot)
        plot = after.split("\n", 1)[1]
        assert len(BRAILLE.findall(plot)) > 10
        assert "┤" in plot
        assert re.search(r"0 .* 1 .* 2 .* 5", plot.split("\n")[-1])

    run_app(app, scenario, (46, 14))


@pytest.mark.parametrize("width", [30, 46, 47])
def test_labels_of_epochs_are_whole(width: int) -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        for epochs in (1, 5, 10, 99, 100, 103, 1000, 1175, 1200, 9999, 10_000, 20_400):
            app.view.apply(end(epochs, epochs, 2.0))
            app.chart.refresh_curves()
            labels = [
                int(label.replace(",", "")) for label in (await redrawn(app, pilot)).rstrip().split("\n")[-1].split()
            ]
            assert labels[0] == 0
            assert len(labels) > 1
            assert labels == list(range(0, labels[1] * len(labels), labels[1]))
            assert epochs - labels[1] < labels[-1] <= epochs * width / (width - 9)

    run_app(app, scenario, (width, 14))


def test_ascii_draws_with_ascii_alone() -> None:
    app = ChartApp(ascii_only=True)

    async def scenario(pilot: Pilot[None]) -> None:
        feed(app, decaying(100))
        text = await redrawn(app, pilot)
        assert text.isascii()
        plot = text.split("\n", 1)[1]
        assert len(re.findall('[o",]', plot)) >= 5
        assert len(re.findall("['.-]", plot)) > 20

    run_app(app, scenario, (46, 14))


def test_logarithmic_scale_keeps_the_losses_on_its_labels() -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        feed(app, decaying(100))
        await redrawn(app, pilot)
        app.chart.settings = ChartSettings("logarithmic")
        text = await redrawn(app, pilot)
        assert "log nats/char" in text
        labels = [float(label) for label in re.findall(r"(\d+\.\d+) ┤", text)]
        assert labels
        assert all(1 < label < 5 for label in labels)

    run_app(app, scenario, (46, 14))


@pytest.mark.parametrize(
    "losses",
    [
        [math.nan] * 5,
        [math.inf, 2.0, -math.inf, 1.5, math.nan],
        [0.0, 0.0, 0.0],
        [1e-30, 1e30, 3.4e38, 1.0],
        [-1.0, 0.0, 1.0],
        [2.0],
    ],
    ids=str,
)
@pytest.mark.parametrize("logarithmic", [False, True])
def test_any_losses_can_be_drawn(losses: list[float], logarithmic: bool) -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        app.chart.settings = ChartSettings("logarithmic" if logarithmic else "linear")
        feed(app, losses, steps=2)
        assert "held-out" in await ticked(app, pilot)

    run_app(app, scenario, (46, 12))


def test_it_survives_every_size() -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        feed(app, decaying(100))
        await redrawn(app, pilot)
        for width, height in ((8, 6), (1, 1), (3, 2), (20, 5), (200, 60), (46, 14)):
            await resized(pilot, width, height)
            await ticked(app, pilot)
        assert BRAILLE.search(screen_text(app).split("\n", 1)[1])

    run_app(app, scenario, (46, 14))


def test_without_color_nothing_breaks_and_the_shapes_tell_the_curves_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        feed(app, decaying(100))
        text = (await redrawn(app, pilot)).split("\n", 1)[1]
        assert BRAILLE.search(text)
        app.export_screenshot()

    run_app(app, scenario, (46, 14))


def test_the_theme_changes_its_colors() -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        feed(app, decaying(100))
        await redrawn(app, pilot)
        dark = app.theme_variables["accent"].lower()
        assert dark in app.export_screenshot().lower()
        app.theme = LIGHT.name
        await until(pilot, lambda: dark not in app.export_screenshot().lower(), "no trace of the dark theme")
        assert app.theme_variables["accent"].lower() in app.export_screenshot().lower()

    run_app(app, scenario, (46, 14))


def test_it_never_takes_the_focus() -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        feed(app, decaying(100))
        await redrawn(app, pilot)
        await pilot.press("tab")
        await pilot.click(LossChart, offset=(12, 5))
        assert app.focused is None

    run_app(app, scenario, (46, 14))


def test_a_spike_late_in_the_run_shows_at_the_upper_edge() -> None:
    app = ChartApp()

    async def scenario(pilot: Pilot[None]) -> None:
        losses = decaying(400)
        losses[300] = 1000.0
        feed(app, losses, steps=40)
        lines = (await redrawn(app, pilot)).split("\n")
        assert BRAILLE.search(lines[1][20:])

    run_app(app, scenario, (100, 14))


@pytest.mark.parametrize(
    ("low", "high", "most", "ticks"),
    [
        (1.3, 4.2, 4, [2.0, 3.0, 4.0]),
        (1.3, 1.42, 5, [1.3, 1.35, 1.4]),
        (0.0, 0.0, 4, [0.0]),
        (0.0, 1e6, 3, [0.0, 500_000.0, 1_000_000.0]),
    ],
)
def test_ticks_are_round_and_few(low: float, high: float, most: int, ticks: list[float]) -> None:
    assert round_ticks(low, high, most) == pytest.approx(ticks)
