"""The form for a new run while its text is read, and while its window becomes smaller."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest
from textual.pilot import Pilot

from corpora import Corpus
from corpora.progress import Tell, TextProgress
from model.recipe import Recipe
from tests.tui.driving import resized, until, until_shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.made_new_runs import MadeNewRuns
from tests.tui.screens.test_new_run_form import ESTIMATED, fill, made
from tui.screens.starting.form_list import FormList

__all__ = ["made"]


def test_while_a_long_text_is_read_the_form_says_how_far_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    known, read = Event(), MadeNewRuns.read

    def slowly(runs: MadeNewRuns, spec: Sequence[str], recipe: Recipe, progress: Tell) -> Corpus:
        progress(TextProgress("reading", 450, 1000))
        known.wait(60)
        return read(runs, spec, recipe, progress)

    monkeypatch.setattr(MadeNewRuns, "read", slowly)

    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, "Reading the text: 45%")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "The text is still being looked at. Start again in a moment.")
        known.set()
        await until_shown(pilot, ESTIMATED)

    fill(scenario)


def test_the_chosen_row_is_in_sight_after_the_window_has_become_smaller() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED)
        await pilot.press("end", "up", "enter", "end")
        await until_shown(pilot, "▸ Start training")
        rows = pilot.app.screen.query_one(FormList)
        rows.scroll_to(y=0, animate=False, immediate=True)
        await until(pilot, lambda: rows.scroll_offset.y == 0, "the first rows")
        await resized(pilot, 80, 24)
        await until_shown(pilot, "▸ Start training")

    fill(scenario, size=(120, 40))
