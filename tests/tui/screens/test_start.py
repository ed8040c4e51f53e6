"""The start: an unfinished run is offered, goes on or stays as it is, and nothing of it delays the first frame."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from model.recipe import FAST
from model.sampling import Sampling
from tests.tui.driving import drive, until, until_shown, widget_text
from tests.tui.fake_engine import FakeEngine
from tui.engine.messages import LookedForUnfinished, Stage
from tui.keys.key_commands import PauseTraining, SetSampling
from tui.launch import Launch, Unfinished
from tui.screens.main import MainScreen
from tui.screens.start import StartScreen
from tui.widgets.footer import KeyFooter
from tui.widgets.writing.writing_pane import WritingPane

ASKING = Launch(ascii=False, offer_unfinished=True)
GOING_ON = Launch(
    ascii=False,
    resume="/runs/zarathustra",
    name="zarathustra",
    recipe=replace(FAST, hidden=64, temperatures=(0.3, 0.7)),
    recipe_name="notebook",
)
FOUND = Unfinished(
    launch=GOING_ON,
    name="zarathustra",
    corpus="nietzsche",
    epoch=5,
    epochs=24,
    best_held_out=1.5213,
    seconds_ago=3 * 3600 + 5,
)


async def offered(pilot: Pilot[None], engine: FakeEngine, found: Unfinished | None = FOUND) -> str:
    """The screen when the runs have been looked through."""
    engine.tell(LookedForUnfinished(found))
    return await until_shown(pilot, "An unfinished run")


async def started(pilot: Pilot[None], engine: FakeEngine) -> Launch:
    """What the engine is asked for in the end."""
    await until(pilot, lambda: engine.started is not None, "the start of the engine")
    await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen), "the main screen")
    assert engine.started is not None
    return engine.started


def test_without_a_question_the_engine_starts_at_once() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert engine.looked_for is None
        assert engine.started == replace(ASKING, offer_unfinished=False)

    drive(scenario)


def test_the_panes_are_there_before_the_runs_are_looked_through() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_shown(pilot, "Training", "Writing", "q quit")
        assert engine.looked_for == ASKING
        assert engine.started is None

    drive(scenario, launch=ASKING)


def test_without_an_unfinished_run_nothing_is_asked() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(LookedForUnfinished(None))
        assert await started(pilot, engine) == ASKING

    drive(scenario, launch=ASKING)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 20), (40, 16)])
def test_the_run_is_described_and_the_keys_are_named(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = await offered(pilot, engine)
        for fact in ("zarathustra", "nietzsche", "notebook", "5 of 24 epochs", "1.5213", "3 hours ago"):
            assert fact in text
        for key in ("enter resume", "n start"):
            assert key in text

    drive(scenario, size=size, launch=ASKING)


def test_enter_resumes_the_run_with_its_own_recipe() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await offered(pilot, engine)
        await pilot.press("enter")
        assert await started(pilot, engine) == GOING_ON
        await until_shown(pilot, "LSTM 1\u00d764 · notebook")
        footer = pilot.app.screen.query_one(KeyFooter)
        assert widget_text(footer).lstrip().startswith("1 2 - + temperature")
        assert pilot.app.screen.query_one(WritingPane).samplings[0].temperature == 0.3
        await pilot.press("2")
        await until_shown(pilot, "▸ 0.70")

    app, _ = drive(scenario, launch=ASKING)
    assert app.launch == GOING_ON


@pytest.mark.parametrize("key", ["n", "escape"])
def test_n_and_escape_begin_a_new_run(key: str) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await offered(pilot, engine)
        await pilot.press("1", key)
        assert await started(pilot, engine) == ASKING
        assert engine.commands == []

    drive(scenario, launch=ASKING)


def test_settings_changed_while_runs_are_searched_stay() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("3", "p")
        await offered(pilot, engine)
        await pilot.press("enter")
        await started(pilot, engine)
        assert engine.commands == [SetSampling(Sampling(1.0), 0), PauseTraining(True)]
        await until_shown(pilot, "▸ 1.00")
        assert pilot.app.main.session.training_paused

    drive(scenario, launch=ASKING)


def test_quitting_at_the_question_starts_nothing() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await offered(pilot, engine)
        await pilot.press("q")

    app, engine = drive(scenario, launch=ASKING)
    assert app.return_code == 0
    assert engine.started is None


def test_nothing_in_a_name_commands_the_terminal() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        evil = replace(GOING_ON, recipe_name="\x1b[2J")
        found = replace(FOUND, name="\x1b[2J[bold]evil", corpus="\x1b]0;x\x07[red]", launch=evil)
        text = await offered(pilot, engine, found)
        assert "\x1b" not in text
        assert "[bold]evil" in text
        assert "[red]" in text
        await pilot.press("enter")
        await started(pilot, engine)
        engine.tell(Stage("opening \x1b[2J[bold]book"))
        assert "\x1b" not in await until_shown(pilot, "[bold]book")

    drive(scenario, launch=ASKING)


def test_a_run_without_a_held_out_text_is_offered_as_well() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert "held-out" not in await offered(pilot, engine, replace(FOUND, best_held_out=None))
        assert isinstance(pilot.app.screen, StartScreen)

    drive(scenario, launch=ASKING)


def test_ascii_questions_are_ascii() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        assert (await offered(pilot, engine)).isascii()

    drive(scenario, launch=replace(ASKING, ascii=True))
