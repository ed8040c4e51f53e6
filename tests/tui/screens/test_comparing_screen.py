"""Runs that are marked in the list, over the chart and beside each other."""

from __future__ import annotations

from textual.pilot import Pilot

from tests.tui.driving import drive, until, until_said, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, epoch_end, progress
from tests.tui.screens.test_shelf import choose, launch, opened
from tui.launch import Launch
from tui.widgets.training.loss_chart import LossChart

__all__ = ["launch"]


def test_the_curves_of_marked_runs_are_laid_over_the_chart_until_they_are_no_longer_marked(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.9), progress(2, 8))
        await opened(pilot)
        await choose(pilot, "damaged")
        await pilot.press("space")
        await until_said(pilot, "This run cannot be compared.")
        await pilot.press("escape")
        await choose(pilot, "complete")
        await pilot.press("space")
        await until_shown(pilot, "▸•complete")
        await pilot.press("escape", "escape")
        await until_shown(pilot, " complete ", part=pilot.app.main.query_one(LossChart))
        await opened(pilot)
        await pilot.press(*"complete")
        await until_shown(pilot, "▸•complete")
        await pilot.press("space", "escape", "escape")
        await until(pilot, lambda: not pilot.app.main.view.overlays, "a chart without other runs")

    drive(scenario, launch=launch)
