"""The mouse over the chart and the table: a click goes to an epoch, the wheel zooms the one and scrolls the other."""

from __future__ import annotations

from textual.events import MouseScrollDown, MouseScrollUp
from textual.pilot import Pilot

from tests.tui.driving import drawn, drive, until, until_shown, widget_text
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.test_epoch_keys import LIVE, shows_epoch, train
from tui.engine.messages import Note
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.training.loss_plot import LossPlot


def test_a_click_in_the_chart_shows_the_nearest_epoch_and_the_values_there() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine, 4)
        plot = pilot.app.main.query_one(LossPlot)
        await until(pilot, lambda: plot.curves and plot.curves.curves.last == 4, "four epochs in the chart")
        await drawn(pilot)
        await pilot.click(plot, offset=(7 + (plot.size.width - 7) // 2, 3))
        await shows_epoch(pilot, 2)
        assert pilot.app.main.query_one(LossChart).cursor == 2
        await pilot.hover("WritingPane")
        await until_shown(pilot, "epoch 2 · ")

    drive(scenario, size=(140, 40))


def test_the_wheel_zooms_to_the_last_part_and_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine, 4)
        plot, chart = pilot.app.main.query_one(LossPlot), pilot.app.main.query_one(LossChart)
        for kind, zoom in ((MouseScrollUp, 1), (MouseScrollUp, 2), (MouseScrollDown, 1), (MouseScrollDown, 0)):
            plot.post_message(kind(plot, 10, 3, 0, 0, 0, False, False, False))
            await until(pilot, lambda zoom=zoom: chart.settings.zoom == zoom, f"zoom {zoom}")

    drive(scenario, size=(140, 40))


def test_a_click_on_a_row_of_the_table_goes_to_its_epoch_and_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine, 4)
        log, chart = pilot.app.main.query_one(EventLog), pilot.app.main.query_one(LossChart)

        def row_of(epoch: int) -> int:
            return next(y for y, line in enumerate(widget_text(log).split("\n")) if line[1:].startswith(f"{epoch:>4} "))

        await pilot.click(log, offset=(12, row_of(2)))
        await shows_epoch(pilot, 2)
        assert chart.cursor == 2
        values = await until_shown(pilot, "epoch 2 · step 528", "1.7021", "1.8000", part=chart)
        assert "training" in values.split("\n")[0], "the key stays above, the values stand below"
        assert "epoch 2 · " in values.rstrip().split("\n")[-1]
        await pilot.press("full_stop")
        await until_shown(pilot, "epoch 3 · step 792", part=chart)
        await pilot.click(log, offset=(12, row_of(3)))
        await until_shown(pilot, LIVE)
        assert chart.cursor is None
        engine.tell(*[Note("As much as fills the rows below the table.")] * 12)
        await until(pilot, lambda: "1.7021" not in widget_text(log), "notes alone at the end of the table")
        for _ in range(12):
            if "   1  1.7021" not in widget_text(log):  # what scrolls no more would come up to the app as it ends
                log.post_message(MouseScrollUp(log, 10, 3, 0, 0, 0, False, False, False))
                await drawn(pilot)
        await until_shown(pilot, "   1  1.7021", part=log)

    drive(scenario, size=(140, 40))
