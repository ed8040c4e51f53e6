"""The list of runs in the running program: filtered, opened here, renamed, deleted and exported."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from model.recipe import FAST
from model.runs.folder import Run
from model.runs.housekeeping.run_summary import RunSummary
from tests.patience import PATIENCE
from tests.tui.driving import drawn, drive, screen_text, until, until_said, until_shown
from tests.tui.engine.runs.test_launch_runs import make
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, progress
from tests.tui.widgets.test_keys_in_order import type_at_once
from tui.engine.messages import TrainingEvent
from tui.engine.runs.shelf import Shelf
from tui.launch import Launch
from tui.widgets.writing.writing_pane import WritingPane

LONG = replace(FAST, epochs=24, temperatures=(0.3, 0.7))


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    """A start with a text beside three runs, the last of which is damaged."""
    make(tmp_path, "complete", epochs=3)
    make(tmp_path, "left-off", epochs=5, recipe=LONG)
    (make(tmp_path, "damaged").folder / "recipe.toml").write_text("[run")
    return Launch(ascii=False, corpus=("book.txt",), runs=tmp_path)


async def opened(pilot: Pilot[None]) -> str:
    """The list, when all runs are read."""
    await pilot.press("R")
    return await until_shown(pilot, "Runs · 3", "complete", "left-off", "damaged")


async def choose(pilot: Pilot[None], name: str) -> None:
    await pilot.press(*name)
    await until_shown(pilot, f"▸ {name}")


def test_what_cannot_be_opened_says_why_in_its_row_and_does_not_open(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await opened(pilot)
        (row,) = [line for line in text.split("\n") if " damaged " in line]
        assert "recipe.toml is damaged" in row
        type_at_once(pilot.app, [("home", None), ("down", None), ("enter", None)])
        await until_said(pilot, "This run cannot be opened.")
        await until_shown(pilot, "▸ damaged", "It cannot be opened.")
        assert engine.stops == []

    drive(scenario, launch=launch)


def test_typing_filters_and_escape_clears_the_filter_before_it_closes(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await pilot.press(*"unfin")
        text = await until_shown(pilot, "Runs · 1 of 3", "▸ left-off")
        assert "complete" not in text
        await pilot.press("escape")
        await until_shown(pilot, "Runs · 3", "complete")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
        assert engine.stops == []

    drive(scenario, launch=launch)


def test_a_filter_that_matches_nothing_leaves_nothing_to_start(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await pilot.press(*"zzz")
        text = await until_shown(pilot, "Runs · 0 of 3", "No run matches.")
        assert "New run" not in text
        await pilot.press("down", "enter")
        await until_said(pilot, "No run matches.")
        await pilot.press("escape")
        await until_shown(pilot, "Runs · 3", "New run")
        assert engine.stops == []

    drive(scenario, launch=launch)


def test_a_run_opens_in_place_of_another_which_ends_first(launch: Launch) -> None:
    after: list[FakeEngine] = []
    before: list[FakeEngine] = []

    def next_engine(launch: Launch) -> FakeEngine:
        assert before[0].stops, "the run before has ended"
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        before.append(engine)
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        main = pilot.app.main
        await opened(pilot)
        await choose(pilot, "left-off")
        await pilot.press("enter")
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        started = after[0].started
        assert started is not None
        assert (started.name, started.recipe, started.corpus) == ("left-off", LONG, ())
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
        assert pilot.app.main is not main
        assert pilot.app.screen.query_one(WritingPane).samplings[0].temperature == 0.3
        engine.tell(TrainingEvent(progress(9, 8)))  # a late word of the run before
        after[0].tell(replace(CORPUS, name="other"), progress(6, 1))
        text = await until_shown(pilot, "epoch 6 of 24", "other")
        assert "nietzsche ·" not in text
        await pilot.press("p")
        await until(pilot, lambda: after[0].commands, "a command")
        assert engine.commands == []

    drive(scenario, launch=launch, next_engine=next_engine)


def test_a_run_of_the_list_learns_on(launch: Launch) -> None:
    after: list[FakeEngine] = []

    def next_engine(launch: Launch) -> FakeEngine:
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "damaged")
        await pilot.press("ctrl+l")
        await until_said(pilot, "This run cannot be opened.")
        await pilot.press("escape")
        await choose(pilot, "complete")
        await pilot.press("ctrl+l")
        await until_shown(pilot, "complete has trained all of its 3 epochs. How many in all?", "3 more epochs")
        await pilot.press("backspace", "2", "enter")
        await until_shown(pilot, "Give more than 3 epochs")
        await pilot.press("backspace", "5", "enter")
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        started = after[0].started
        assert started is not None
        assert (started.name, started.total_epochs, started.recipe.epochs) == ("complete", 5, 5)

    drive(scenario, launch=launch, next_engine=next_engine)


def test_a_run_that_is_trained_elsewhere_is_watched(launch: Launch) -> None:
    after: list[FakeEngine] = []

    def next_engine(launch: Launch) -> FakeEngine:
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "left-off")
        await pilot.press("enter")
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        assert after[0].started is not None
        assert after[0].started.watch == str(run.folder)
        await until_shown(pilot, "Watching")

    run = Run(Path(launch.runs or "") / "left-off")
    with run.lock():
        drive(scenario, launch=launch, next_engine=next_engine)


def test_a_watched_run_does_not_learn_on_while_another_program_has_it_open(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "complete")
        await pilot.press("ctrl+l")
        await until_shown(pilot, "How many in all?")
        lock = run.lock()
        await pilot.press("enter")
        await until_said(pilot, "Another program trains the run complete")
        lock.release()
        assert engine.stops == []

    run = Run(Path(launch.runs or "") / "complete")
    drive(scenario, launch=replace(launch, watch=str(run.folder)))


def test_a_run_is_renamed_deleted_and_exported(launch: Launch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "complete")
        await pilot.press("ctrl+e")
        await until_said(pilot, "Exported complete to ")
        assert (tmp_path / "complete.zip").is_file()
        await pilot.press("ctrl+r")
        await until_shown(pilot, "Rename the run")
        await pilot.press("backspace", "enter")
        await until(pilot, (tmp_path / "complet").is_dir, "another name")
        await until_shown(pilot, "▸ complet ")
        await pilot.press("ctrl+d")
        await until_shown(pilot, "Delete the run for good?")
        await pilot.press("escape", "ctrl+d")
        await until_shown(pilot, "Delete the run for good?")
        assert (tmp_path / "complet").is_dir()
        await pilot.press("y")
        await until_said(pilot, "Deleted complet: ")
        assert not (tmp_path / "complet").exists()

    drive(scenario, launch=launch)


def test_the_keys_of_the_list_are_explained(launch: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await pilot.press("question_mark")
        await until_shown(pilot, "Delete the run for good; you are asked first.", "esc closes")

    drive(scenario, launch=launch)


def test_the_run_that_is_open_is_known_also_where_the_folder_of_runs_is_relative(
    launch: Launch, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "complete")
        await pilot.press("ctrl+d")
        await until_said(pilot, "This run is open here.")

    drive(scenario, launch=replace(launch, runs=Path(), watch=str(tmp_path / "complete")))


def test_a_reading_that_another_has_replaced_adds_nothing(launch: Launch) -> None:
    read_again, over = threading.Event(), threading.Event()

    class SlowShelf(Shelf):
        readings = 0

        def read(self, take: Callable[[Sequence[RunSummary]], object], known: Sequence[RunSummary] = ()) -> None:
            self.readings += 1
            first = self.readings == 1
            super().read(take)
            if first:
                read_again.wait(PATIENCE)
                super().read(take)
                over.set()

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        await choose(pilot, "complete")
        await pilot.press("ctrl+d")
        await until_shown(pilot, "Delete the run for good?")
        await pilot.press("y")
        await until_said(pilot, "Deleted complete: ")
        await pilot.press("escape")
        await until_shown(pilot, "Runs · 2 ─")
        read_again.set()
        await until(pilot, over.is_set, "the end of the first reading")
        await drawn(pilot)
        assert "Runs · 2 ─" in screen_text(pilot.app)

    drive(scenario, launch=launch, shelf=SlowShelf(launch))
