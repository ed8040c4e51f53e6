"""Dialogs: what they cover, which keys they take, and what is still said when they are closed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from tests.tui.driving import drawn, drive, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, progress
from tui.engine.messages import EngineFailed
from tui.keys.key_commands import PauseTraining, WriteNow
from tui.launch import Launch
from tui.widgets.footer import KeyFooter

WIDE, NARROW = (120, 40), (80, 24)


def test_every_key_that_may_close_the_help_closes_it_and_nothing_else() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for key in ("q", "escape", "question_mark", "enter", "space"):
            await pilot.press("question_mark")
            await until_shown(pilot, "esc closes")
            await pilot.press(key)
            await until(pilot, lambda: pilot.app.screen is pilot.app.main, f"the main screen, by {key}")
            await drawn(pilot)
            assert engine.stops == engine.commands == []

    drive(scenario)


@pytest.mark.parametrize(("key", "seen"), [("question_mark", "esc closes"), ("ctrl+p", "Find an action")])
def test_notices_do_not_cover_the_long_dialogs(key: str, seen: str) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press(key)
        await until_shown(pilot, seen)
        pilot.app.notify("Nothing of this is lost.", timeout=60)
        await drawn(pilot)
        assert "Nothing of this" not in screen_text(pilot.app)
        await pilot.press("escape")
        await until_shown(pilot, "Nothing of this is lost.")

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), NARROW, (80, 16)])
def test_a_long_notice_leaves_the_keys_of_the_seed_dialog_in_sight(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("e")
        await until_shown(pilot, "enter write ")
        pilot.app.notify("Not saved: the disk is full. Free some space, or choose another folder. " * 3, timeout=60)
        await until_said(pilot, "Not saved: ")
        await drawn(pilot)
        (notice,), dialog = pilot.app.screen.query(Toast), pilot.app.screen.query_one(".dialog")
        assert not notice.region.overlaps(dialog.region)

    drive(scenario, size=size)


@pytest.mark.parametrize("width", [120, 44])
def test_a_long_path_in_a_notice_is_broken_between_its_folders(width: int) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        path = "/home/me/runs/nietzsche-fast-2026-11-26-1/saved/sample-2026-11-26-015650.txt"
        pilot.app.notify(f"Saved to {path}", timeout=60)
        text = await until_shown(pilot, "Saved to")
        for part in ("nietzsche-fast-2026-11-26-1/", "sample-2026-11-26-015650.txt"):
            assert part in text

    drive(scenario, size=(width, 30))


def test_no_key_of_the_panes_is_named_while_a_dialog_has_the_keyboard() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        footer = pilot.app.main.query_one(KeyFooter)
        await pilot.press("question_mark")
        await until_shown(pilot, "esc closes")
        await until(pilot, lambda: not widget_text(footer).strip(), "an empty footer")
        await pilot.press("escape")
        await until_shown(pilot, "q quit", part=footer)

    drive(scenario)


@pytest.mark.parametrize("size", [WIDE, NARROW])
@pytest.mark.parametrize("started", [False, True])
def test_a_failure_is_still_named_when_its_dialog_is_closed(size: tuple[int, int], started: bool) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        if started:
            engine.tell(CORPUS, COMPILED, progress(1, 8))
        engine.tell(EngineFailed("There is no file. Look at its path, from the first folder to the last letter.", ""))
        await until_shown(pilot, "Something went wrong", "There is no file.", "esc close", "q quit")
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
        text = await until_shown(pilot, "There is no file.", "letter.")
        assert ("could not start: There is no file." in text) is not started

    drive(scenario, size=size, launch=replace(Launch(), ascii=False))


def test_a_failure_of_the_writer_is_not_one_of_training() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        engine.tell(EngineFailed("No character.", "", "writing"))
        await until_shown(pilot, "No character.", "No more text is written; all else continues.")
        await pilot.press("escape")
        engine.tell(progress(1, 16))
        await until_shown(pilot, "Training · epoch 1", "Writing · stopped")
        for key in ("g", "minus", "a", "h"):
            await pilot.press(key)
        await until_said(pilot, "Writing has stopped because of an error.")
        assert engine.commands == []
        await pilot.press("p")
        await until(pilot, lambda: engine.commands == [PauseTraining(True)], "training is steered")

    app, _ = drive(scenario)
    assert app.failure is not None


def test_what_nothing_depends_on_stops_nothing_else() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8), EngineFailed("No odds.", "", "other"))
        await until_shown(pilot, "No odds.", "All else continues.")
        await pilot.press("escape", "g")
        await until(pilot, lambda: engine.commands == [WriteNow()], "a sample")
        await until_shown(pilot, "Training · epoch 1", "compiles the network")

    drive(scenario)


def test_the_answer_to_a_key_replaces_the_answer_before_and_leaves_problems() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pilot.app.notify("That went wrong.", severity="error", timeout=60)
        pilot.app.notify("The first answer.")
        await until_said(pilot, "The first answer.")
        for _ in range(3):  # as of a key that is held down
            pilot.app.notify("The second answer.")
        await until(pilot, lambda: said(pilot) == ["That went wrong.", "The second answer."], "the second in its place")
        await pilot.press("w")  # nothing is written yet: it says so
        await until(pilot, lambda: len(said(pilot)) == 2 and "answer" not in said(pilot)[1], "the answer to that key")
        assert said(pilot)[0] == "That went wrong."

    drive(scenario, size=NARROW)


def test_of_several_problems_those_stay_that_fit_the_newest_always() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        def shown(*names: str) -> bool:
            return [each[:9] for each in said(pilot)] == [*names]

        for number in range(1, 5):
            pilot.app.notify(f"Problem {number} takes more than one row. " * 3, severity="warning", timeout=60)
        pilot.app.notify("An answer.")
        await until(pilot, lambda: shown("Problem 2", "Problem 3", "Problem 4", "An answer"), "what fits")
        pilot.app.notify("Problem 5 takes more rows than fit. " * 20, severity="warning", timeout=60)
        await until(pilot, lambda: shown("An answer", "Problem 5"), "the newest")

    drive(scenario, size=NARROW)


def test_another_screen_has_no_answers_to_the_keys_before() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pilot.app.notify("That went wrong.", severity="error", timeout=60)
        pilot.app.notify("An answer.")
        await until_said(pilot, "An answer.")
        await pilot.press("R")
        await until(pilot, lambda: pilot.app.screen is not pilot.app.main, "the list of runs")
        await until_said(pilot, "That went wrong.")
        assert said(pilot) == ["That went wrong."]

    drive(scenario, size=NARROW)


def said(pilot: Pilot[None]) -> list[str]:
    """The notices on the screen, from the top."""
    return [" ".join(widget_text(notice).split()) for notice in pilot.app.screen.query(Toast)]
