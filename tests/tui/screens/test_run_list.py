"""The rows of the list of runs: as few as possible are drawn again, and the choice stays within them."""

from __future__ import annotations

from pathlib import Path

from textual.app import App, ComposeResult
from textual.pilot import Pilot

from model.runs.housekeeping.run_summary import RunSummary
from tests.tui.driving import drawn, run_app
from tui.screens.shelf.run_list import RunList
from tui.terminal.glyphs import UNICODE


def test_choosing_another_run_draws_only_two_rows() -> None:
    rows: list[int] = []

    class CountedRows(RunList):
        def _redraw(self, number: int) -> None:
            rows.append(number)
            super()._redraw(number)

    class ListApp(App[None]):
        def compose(self) -> ComposeResult:
            yield CountedRows(UNICODE, None, 0.0)

    async def scenario(pilot: Pilot[None]) -> None:
        runs = pilot.app.query_one(CountedRows)
        summaries = [RunSummary(f"run-{n}", Path(f"run-{n}"), "", "", 1, 2, 1.5, 0.0, 9, None) for n in range(9)]
        runs.show(summaries[:6], None)
        await drawn(pilot)
        rows.clear()
        runs.action_cursor_down()
        assert sorted(rows) == [0, 1]
        rows.clear()
        runs.show(summaries, "run-0")  # more of them have been read
        assert rows == []
        assert (runs.option_count, runs.run) == (10, summaries[0])
        runs.action_last()
        runs.action_cursor_down()
        assert runs.run == summaries[-1]  # and not the first row, which begins a new run

    run_app(ListApp(), scenario, (80, 24))
