"""What was shown for a while leaves nothing behind."""

from __future__ import annotations

import gc
import weakref

from textual.pilot import Pilot
from textual.widgets._toast import Toast, ToastHolder

from tests.tui.driving import drawn, drive, until, until_shown
from tests.tui.fake_engine import FakeEngine


def test_the_rows_of_a_closed_dialog_are_let_go_when_the_next_one_opens() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("question_mark")
        await until_shown(pilot, "─ Keys ")
        rows = weakref.ref(pilot.app.screen._styles_cache)
        await pilot.press("escape")
        await until(pilot, lambda: len(pilot.app.screen_stack) == 1, "the main screen")
        await pilot.press("e")
        await until_shown(pilot, "enter write ")
        await until(pilot, lambda: gc.collect() >= 0 and rows() is None, "no rows of the list of keys")

    drive(scenario)


def test_an_answer_that_the_next_one_replaces_leaves_nothing() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for n in range(3):
            pilot.app.notify(f"answer {n}")
            await until_shown(pilot, f"answer {n}")
        await drawn(pilot)
        await until(pilot, lambda: len(pilot.app.screen.query(Toast)) == 1, "one notice")
        assert len(pilot.app.screen.query(ToastHolder)) == 1

    drive(scenario)
