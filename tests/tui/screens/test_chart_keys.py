"""The panel of the chart on the main screen: the chart stays in sight and changes at once; what is set is kept."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from tests.tui.driving import drive, until, until_shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.test_epoch_keys import LIVE, train
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch
from tui.views.chart_settings import ChartSettings
from tui.widgets.panels.chart_panel import ChartPanel
from tui.widgets.training.loss_chart import LossChart

WANTED = ChartSettings("logarithmic", zoom=1)


@pytest.mark.parametrize("size", [(80, 24), (60, 30)], ids=str)
def test_the_chart_and_the_text_stay_in_sight_beside_the_panel(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        chart = pilot.app.main.query_one(LossChart)
        await pilot.press("l", "right", "down", "down", "down", "right", "down", "right")
        await until_shown(pilot, "logarithmic", "last half", "bits", "┤", "└", LIVE, "about 5 likely characters")
        assert chart.settings == WANTED
        assert chart.size.height >= 6
        assert pilot.app.main.session.unit == "bits"
        await pilot.press("l")
        await until(pilot, lambda: not pilot.app.main.query_one(ChartPanel).display, "no panel")
        await until_shown(pilot, "held-out")
        assert engine.kept[-1] == ScreenSettings(unit="bits", chart=WANTED)

    drive(scenario, size=size)


def test_one_panel_makes_room_for_the_other() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("m")
        await until_shown(pilot, "top-k")
        await pilot.press("l")
        assert "top-k" not in await until_shown(pilot, "smoothing")
        await pilot.press("m")
        assert "smoothing" not in await until_shown(pilot, "top-k")

    drive(scenario, size=(100, 30))


def test_what_was_kept_with_the_run_is_set_again() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await until_shown(pilot, "log bits/char")
        assert pilot.app.main.query_one(LossChart).settings == WANTED

    drive(scenario, launch=Launch(ascii=False, kept=ScreenSettings(unit="bits", chart=WANTED)))
