"""What was shown for a while leaves nothing behind."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from pathlib import Path

from textual.message import Message
from textual.pilot import Pilot
from textual.widgets._toast import Toast, ToastHolder

from tests.tui.driving import drawn, drive, screen_text, until, until_shown
from tests.tui.engine.runs.test_launch_runs import make
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.test_shelf import LONG
from tui.launch import Launch


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


def test_a_notice_that_is_taken_back_behind_a_dialog_leaves_nothing() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pilot.app.notify("Not saved.", severity="error")
        await until_shown(pilot, "Not saved.")
        await pilot.press("e")
        await until_shown(pilot, "enter write ", "Not saved.")
        pilot.app.take_back("Not saved.")
        for screen in pilot.app.screen_stack:
            await until(pilot, lambda screen=screen: not screen.query(ToastHolder), "no notice")
        await pilot.press("escape")
        await drawn(pilot)
        assert "Not saved." not in screen_text(pilot.app)

    drive(scenario)


def test_the_engine_of_a_run_that_another_replaces_is_let_go(tmp_path: Path) -> None:
    make(tmp_path, "one", epochs=5, recipe=LONG)
    make(tmp_path, "two", epochs=5, recipe=LONG)
    engines: list[weakref.ref[FakeEngine]] = []

    class FreezingEngine(FakeEngine):
        """Is part of a cycle, and excludes what is there from collection, as engines do when they have compiled."""

        def start(self, launch: Launch, post: Callable[[Message], object]) -> None:
            super().start(launch, post)
            self.itself = self
            gc.freeze()

    def next_engine(launch: Launch) -> FakeEngine:
        engine = FreezingEngine()
        engines.append(weakref.ref(engine))
        return engine

    async def open_run(pilot: Pilot[None], name: str) -> None:
        await pilot.press("R")
        await until_shown(pilot, "Runs · 2", "one", "two")
        await pilot.press(*name)
        await until_shown(pilot, f"▸ {name}")
        await pilot.press("enter")
        await until(pilot, lambda: getattr(pilot.app.engine.started, "name", None) == name, "the start of the engine")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        first = pilot.app.main
        await open_run(pilot, "one")
        assert engine not in vars(first).values(), "Textual keeps the first screen"
        await open_run(pilot, "two")
        assert [each() is None for each in engines] == [True, False]

    try:
        drive(scenario, launch=Launch(ascii=False, runs=tmp_path), next_engine=next_engine)
    finally:
        gc.unfreeze()
