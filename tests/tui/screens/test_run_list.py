"""The rows of the list of runs: as few as possible are drawn again, and the choice stays within them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.housekeeping.run_summary import RunSummary
from tests.model.runs.made_runs import keep
from tests.tui.driving import drawn, drive, run_app, until_shown
from tests.tui.engine.runs.test_launch_runs import make
from tests.tui.fake_engine import FakeEngine, epoch_end
from tests.tui.screens.test_shelf import choose, launch, opened
from tui.launch import Launch
from tui.screens.shelf.run_list import RunList
from tui.terminal.glyphs import UNICODE

__all__ = ["launch"]


def test_choosing_another_run_draws_only_two_rows() -> None:
    rows: list[int] = []

    class CountedRows(RunList):
        def _redraw(self, number: int) -> None:
            rows.append(number)
            super()._redraw(number)

    class ListApp(App[None]):
        def compose(self) -> ComposeResult:
            yield CountedRows(UNICODE, None, 0.0, "nats")

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
        rows.clear()
        runs.renew([*summaries[:3], replace(summaries[3], epoch=2), *summaries[4:]], 0.0)  # they have been read again
        assert (rows, runs.run) == ([4], summaries[-1])
        runs.renew([summaries[0], *summaries[2:]], 0.0)
        assert (runs.option_count, runs.run) == (9, summaries[-1])
        runs.renew(summaries, 90.0)
        assert (runs.option_count, runs.run) == (10, summaries[-1])
        runs.show([*summaries, *(replace(summaries[0], name=f"more-{n}") for n in range(20))], None)
        await drawn(pilot)
        assert runs.max_scroll_y > 0
        assert runs.virtual_size.height == runs.option_count, "each run is in one line beside the scrollbar"

    run_app(ListApp(), scenario, (80, 24))


def test_news_of_runs_come_while_the_list_is_shown_and_when_it_is_shown_again(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tui.screens.shelf.looking_at_runs._LOOK_SECONDS", 0.1)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "left-off")
        make(tmp_path, "left-off-elsewhere", epochs=2)
        left_off, end = Run(tmp_path / "left-off"), epoch_end(6, 1.25)
        left_off.append_metrics(event_record(end))
        keep(left_off, end.step, best=True, epoch=6)
        await until_shown(pilot, "Runs · 2 of 4", "left-off-elsewhere", "▸ left-off ", "6/24")
        await pilot.press("question_mark")
        await until_shown(pilot, "Delete the run for good; you are asked first.")
        (tmp_path / "left-off-elsewhere").rename(tmp_path / "left-off-there")
        await pilot.press("escape")
        await until_shown(pilot, "Runs · 2 of 4", "left-off-there", "▸ left-off ")

    drive(scenario, launch=launch)
