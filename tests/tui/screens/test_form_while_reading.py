"""The form for a new run while its text is read."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import pytest
from textual.pilot import Pilot

from corpora import Corpus
from corpora.progress import Tell, TextProgress
from model.recipe import Recipe
from tests.tui.driving import until_shown
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.made_new_runs import MadeNewRuns
from tests.tui.screens.test_new_run_form import ESTIMATED, fill, made

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
