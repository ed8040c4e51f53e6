"""The start: without a text, the runs are listed if there are any; a run goes on or stays as it is."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from model.recipe import FAST
from model.sampling import Sampling
from tests.patience import PATIENCE
from tests.tui.driving import drive, leave, until, until_shown
from tests.tui.engine.runs.test_launch_runs import make
from tests.tui.fake_engine import FakeEngine
from tests.tui.screens.made_new_runs import MadeNewRuns
from tui.engine.messages import EngineFailed, Stage
from tui.engine.runs.shelf import Shelf
from tui.keys.key_commands import PauseTraining, SetSampling
from tui.launch import Launch
from tui.screens.main import MainScreen
from tui.widgets.writing.writing_pane import WritingPane

OTHER = replace(FAST, hidden=64, epochs=24, temperatures=(0.3, 0.7))


@pytest.fixture
def asking(tmp_path: Path) -> Launch:
    """A start without a text, with a finished and an unfinished run."""
    make(tmp_path, "complete", epochs=3)
    make(tmp_path, "zarathustra", epochs=5, recipe=OTHER, preset="notebook")
    return Launch(ascii=False, choose_run=True, runs=tmp_path)


async def started(pilot: Pilot[None], engine: FakeEngine) -> Launch:
    """What the engine is asked for in the end."""
    await until(pilot, lambda: engine.started is not None, "the start of the engine")
    await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen), "the main screen")
    assert engine.started is not None
    return engine.started


def test_with_a_text_the_engine_starts_at_once(asking: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert engine.started == replace(asking, choose_run=False)

    drive(scenario, launch=replace(asking, choose_run=False))


def test_without_runs_nothing_is_asked(tmp_path: Path) -> None:
    launch = Launch(ascii=False, choose_run=True, runs=tmp_path)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert await started(pilot, engine) == launch

    drive(scenario, launch=launch)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20)])
def test_the_run_to_resume_is_chosen_and_described(asking: Launch, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "▸ zarathustra", "nietzsche · notebook · 5 of 24 epochs", "complete", "esc quit")
        await until_shown(pilot, "Enter resumes training where it was saved last.")
        assert engine.started is None

    drive(scenario, size=size, launch=asking)


def test_enter_resumes_the_run_with_its_own_recipe(asking: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "▸ zarathustra")
        await pilot.press("enter")
        launch = await started(pilot, engine)
        assert (launch.name, launch.recipe, launch.recipe_name) == ("zarathustra", OTHER, "notebook")
        assert launch.resume == str(asking.runs and asking.runs / "zarathustra")
        await until_shown(pilot, "LSTM 1\u00d764 · notebook", "Writing · loads the weights")
        assert pilot.app.screen.query_one(WritingPane).samplings[0].temperature == 0.3

    drive(scenario, launch=asking)


def test_a_new_run_is_described_in_a_form_which_returns_to_the_list_of_runs(
    asking: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui.engine.runs.new_runs.NewRuns", MadeNewRuns)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "▸ zarathustra")
        await pilot.press("ctrl+n")
        text = await until_shown(pilot, "Start training")
        assert "saves and ends" not in text
        await pilot.press("escape")
        await until_shown(pilot, "Runs · ")
        await pilot.press("ctrl+n")
        await until_shown(pilot, "Start training", "About 1:03 for")
        await pilot.press("ctrl+s")
        launch = await started(pilot, engine)
        assert (launch.resume, launch.recipe, launch.runs) == (None, FAST, asking.runs)

    drive(scenario, launch=asking)


def test_escape_leaves_and_starts_nothing(asking: Launch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "▸ zarathustra")
        await leave(pilot, "escape")
        assert engine.stops

    app, engine = drive(scenario, launch=asking)
    assert app.return_code == 0
    assert engine.started is None


class SlowShelf(Shelf):
    """Finds runs when it is told to."""

    def __init__(self, launch: Launch) -> None:
        super().__init__(launch)
        self.found = threading.Event()

    def has_runs(self) -> bool:
        return self.found.wait(PATIENCE)


def test_settings_changed_while_runs_are_searched_stay(asking: Launch) -> None:
    shelf = SlowShelf(asking)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "Training", "Writing", "q quit")
        assert engine.started is None
        await pilot.press("3", "p")
        shelf.found.set()
        await until_shown(pilot, "▸ zarathustra")
        await pilot.press("enter")
        await started(pilot, engine)
        assert engine.commands == [SetSampling(Sampling(1.0), 0), PauseTraining(True)]
        await until_shown(pilot, "▸ 1.00")
        assert pilot.app.main.session.training_paused

    drive(scenario, launch=asking, shelf=shelf)


def test_ending_what_compiles_says_what_that_waits_for_and_what_failed_is_not_ended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("tui.engine.runs.new_runs.NewRuns", MadeNewRuns)
    after: list[FakeEngine] = []
    compiled = threading.Event()

    def next_engine(launch: Launch) -> FakeEngine:
        after.append(FakeEngine())
        return after[-1]

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(Stage("compiling the training step"))
        await until_shown(pilot, "compiling the training step")
        monkeypatch.setattr(engine, "stop", lambda timeout: compiled.wait(PATIENCE))
        await pilot.press("N")
        await until_shown(pilot, "About 1:03 for", "starting saves and ends what runs here")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "Ending what runs here as soon as compiling is done ...")
        compiled.set()
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        after[0].tell(EngineFailed("There is no file nothing.txt.", ""))
        await until_shown(pilot, "There is no file")
        await pilot.press("escape", "N")
        assert "saves and ends" not in await until_shown(pilot, "About 1:03 for")

    drive(scenario, next_engine=next_engine)


def test_a_run_that_could_not_be_opened_is_not_said_to_be_open(asking: Launch) -> None:
    launch = replace(asking, choose_run=False, resume=str(asking.runs / "zarathustra"))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(EngineFailed("Another program trains the run zarathustra.", ""))
        await until_shown(pilot, "Another program trains")
        await pilot.press("escape", "R")
        assert "open here" not in await until_shown(pilot, "zarathustra", "unfinished")

    drive(scenario, launch=launch)


def test_nothing_that_is_told_commands_the_terminal() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(Stage("opening \x1b[2J[bold]book"))
        assert "\x1b" not in await until_shown(pilot, "[bold]book")

    drive(scenario)
