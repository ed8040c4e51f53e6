"""The form for a new run: filled with keys and the mouse, and what it begins."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from threading import Event

import pytest
from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from model.options.recipe_options import FITTED
from model.recipe import BEST
from tests.tui.driving import drawn, drive, screen_text, until, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, progress
from tests.tui.screens.made_new_runs import MadeNewRuns
from tests.tui.screens.test_snapshots import SIZES, as_kept_at, plain, with_marks
from tui.launch import Launch
from tui.screens.starting.form_list import FormList

LAUNCH = Launch(ascii=False)
ESTIMATED = "About 1:03 for 8 epochs"

Scenario = Callable[[Pilot[None], FakeEngine, list[FakeEngine]], Awaitable[None]]


@pytest.fixture(autouse=True)
def made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.engine.runs.new_runs.NewRuns", MadeNewRuns)


def fill(scenario: Scenario, launch: Launch = LAUNCH, size: tuple[int, int] = (80, 24)) -> None:
    """Run a scenario; it is given the engines that follow the first one."""
    after: list[FakeEngine] = []

    def next_engine(launch: Launch) -> FakeEngine:
        after.append(FakeEngine())
        return after[-1]

    async def run(pilot: Pilot[None], engine: FakeEngine) -> None:
        await scenario(pilot, engine, after)

    drive(run, launch=launch, next_engine=next_engine, size=size)


def test_the_form_begins_what_was_filled_in_and_ends_what_was_open() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await pilot.press("N")
        await until_shown(pilot, "New run", ESTIMATED, "charlstm-tui nietzsche", "starting saves and ends nietzsche")
        await pilot.press("down", "right", *["down"] * 4, *"256", "down", "down", *"3", "backspace", *"5")
        await until_shown(
            pilot,
            "[best]",
            "nietzsche --recipe best --hidden 256 --epochs 5",
            "About 2:30 for 5 epochs, about",
        )
        await pilot.press("ctrl+s")
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        assert engine.stops
        recipe, free = replace(BEST, hidden=256, epochs=5), frozenset(FITTED) - {"epochs"}
        assert after[0].started == replace(LAUNCH, recipe=recipe, recipe_name="best", free=free)

    fill(scenario)


def test_a_run_to_begin_from_is_chosen_looked_up_and_begun() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED, "begin from", "(nothing)")
        await pilot.press("down", "down")
        await until_shown(pilot, "▸ begin from", "2 runs; or type its name.")
        await pilot.press(*"wid")
        await until_shown(pilot, "There is no run 'wid'.")
        await pilot.press("ctrl+s", "right")
        await until_shown(pilot, "best weights of the run wide-1", "[as that run]", "for 4 epochs")
        await until_shown(pilot, "nietzsche --from wide-1")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: after and after[0].started, "the start of the other engine")
        recipe = replace(BEST, hidden=64, epochs=4)
        assert after[0].started == replace(
            LAUNCH, corpus=("nietzsche",), from_="wide-1", recipe=recipe, recipe_name="best"
        )

    fill(scenario)


def test_a_wrong_value_is_said_where_it_stands_and_a_closed_form_keeps_what_was_set() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED)
        await pilot.press(*["down"] * 5, *"9999")
        await until_shown(pilot, "hidden is 9999; it must be between 1 and 8192.")
        await pilot.press("up", "ctrl+s")
        await until_shown(pilot, "▸ hidden", "hidden is 9999; it must be between 1 and 8192.")
        await pilot.press("delete")
        await until_shown(pilot, ESTIMATED)
        await pilot.press(*"77", "escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
        await pilot.press("N")
        await until_shown(pilot, "--hidden 77")
        assert engine.stops == []

    fill(scenario)


def test_a_typed_text_is_opened_judged_and_its_advice_followed_with_a_key() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED)
        for letter in "book.txt":  # into the row, faster than the dialog opens
            pilot.app.screen.query_one(FormList).post_message(events.Key(letter, letter))
        await until_shown(pilot, "Choose a text", "book.txt ")
        await pilot.press("enter")
        await until_shown(pilot, "book.txt: 600,893 characters", "ctrl+a sets --batch 8")
        await pilot.press("ctrl+a")
        await until_shown(pilot, "charlstm-tui book.txt --batch 8")
        await until(pilot, lambda: "too few" not in screen_text(pilot.app), "another estimate")

    fill(scenario)


def test_several_texts_are_added_to_the_line_and_read_as_one() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED)
        await pilot.press("enter")
        await until_shown(pilot, "named texts", "download 1.1 MB", "used lately", "diary.txt", "ctrl+a add to the line")
        line = pilot.app.screen.query_one(Input)
        await pilot.press(*"Evil")  # while the list has the keyboard
        await until(pilot, lambda: "shakespeare" not in screen_text(pilot.app), "the texts of that name")
        await pilot.press("tab", "ctrl+a")
        await until(pilot, lambda: line.value == "nietzsche" and line.has_focus, "the first text in the line")
        await pilot.press("tab")
        await until(pilot, lambda: not line.has_focus, "the list")
        await pilot.press("home", "ctrl+a")
        await until(pilot, lambda: line.value == "nietzsche /texts/diary.txt", "the second text in the line")
        await pilot.press("enter")
        await until_shown(pilot, "charlstm-tui nietzsche /texts/diary.txt", "2 texts", ESTIMATED)

    fill(scenario)


def test_that_there_is_no_advice_is_said_only_until_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    known, estimate = Event(), MadeNewRuns.estimate
    monkeypatch.setattr(MadeNewRuns, "estimate", lambda *given: known.wait(60) and estimate(*given))

    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, "more settings")
        await pilot.press("ctrl+a")
        await until_shown(pilot, "There is no advice yet.")
        known.set()
        await until_shown(pilot, "ctrl+a sets --batch 8")
        assert "There is no advice yet." not in screen_text(pilot.app)

    fill(scenario, Launch(ascii=False, corpus=("book.txt",)))


def test_only_a_chosen_text_is_downloaded_and_one_that_cannot_be_opened_begins_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(MadeNewRuns, "here", False)

    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, "This text is not on this machine yet.")
        await pilot.press("enter")
        await until_shown(pilot, "named texts")
        await pilot.press("shift+tab", *"nowhere", "enter")
        await until_shown(pilot, "There is no file, folder or corpus called 'nowhere'.")
        await pilot.press("ctrl+s")
        await until_shown(pilot, "▸ text")
        assert engine.stops == []

    fill(scenario)


def test_a_name_that_is_taken_is_refused_and_letters_are_typed_there() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, "more settings")
        await pilot.press("up", "up", "enter", "end", "up", "up", "up", "up", *"taken")
        await until_shown(pilot, "There is already a run 'taken'.", "--name taken")
        await pilot.press(*"-x")  # elsewhere, x explains
        await until_shown(pilot, "--name taken-x")

    fill(scenario, size=(120, 40))


def test_starting_at_once_ends_no_run_for_one_that_cannot_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.screens.starting.form_knowledge._QUIET_SECONDS", 600)  # nothing is judged by then

    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, "more settings")
        await pilot.press("up", "up", "enter", "end", "up", "up", "up", "up", *"taken", "ctrl+s")
        await until_shown(pilot, "There is already a run 'taken'.", "--name taken")
        await pilot.press("delete", "ctrl+s")
        await until_shown(pilot, "The text is still being looked at.")
        assert engine.stops == after == []

    fill(scenario, size=(120, 40))


def test_a_text_too_short_for_what_was_just_typed_ends_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED)
        monkeypatch.setattr("tui.screens.starting.form_knowledge._QUIET_SECONDS", 600)
        await pilot.press(*["down"] * 5, *"256", "ctrl+s")
        await until_shown(pilot, "The text is still being looked at.")
        assert engine.stops == after == []

    fill(scenario)


def test_an_unexpected_error_in_the_form_is_said_there_and_ends_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: Exception) -> Callable[..., None]:
        def failing(*_: object) -> None:
            raise error

        return failing

    monkeypatch.setattr(MadeNewRuns, "estimate", fails(MemoryError()))
    monkeypatch.setattr(MadeNewRuns, "named", fails(ValueError("no list")))

    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, "600,893 characters", "There is not enough memory.")
        monkeypatch.setattr(MadeNewRuns, "read", fails(ValueError("no text")))
        await pilot.press("ctrl+t")
        await until_shown(pilot, "Choose a text")
        await pilot.press(*"book.txt", "enter")
        await until_shown(pilot, "An unexpected error: ValueError: no text.")
        assert engine.stops == []

    fill(scenario)


def test_what_is_pasted_is_typed_but_where_none_of_it_fits_nothing_changes() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        await until_shown(pilot, ESTIMATED)
        rows = pilot.app.screen.query_one(FormList)
        rows.draft = rows.draft.set("hidden", "64").set("lowercase", "on")
        for name, pasted, value in (("lowercase", "no", "on"), ("hidden", "many", "64"), ("hidden", "9x6", "96")):
            rows.choose("field", name)
            rows.post_message(events.Paste(pasted))
            await drawn(pilot)
            assert rows.draft.text(name) == value

    fill(scenario)


def test_the_mouse_chooses_a_value_and_x_explains_a_row() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        await pilot.press("N")
        text = await until_shown(pilot, ESTIMATED)
        (y,) = [row for row, line in enumerate(text.split("\n")) if "notebook" in line]
        await pilot.click(offset=(text.split("\n")[y].index("best"), y))
        await until_shown(pilot, "[best]", "--recipe best")
        for keys, row in ("x", "recipe"), ("down down down down x", "hidden"), ("up up up up up f1", "corpus"):
            await pilot.press(*keys.split())
            await until_shown(pilot, f"╭─ {row} ─", "esc leaves")
            await pilot.press("escape")
        await pilot.press("f1", "enter")
        await until_shown(pilot, "esc closes")
        await pilot.press("down")
        await until_shown(pilot, "▸ recipe", "esc closes")
        await pilot.press("up")
        await pilot.press("escape")
        await until(pilot, lambda: "esc closes" not in screen_text(pilot.app), "no text")
        await until_shown(pilot, "▸ text")

    fill(scenario)


@pytest.mark.parametrize(
    ("name", "sizes"), [("form", [*SIZES]), ("no-color-form", ["80x24"]), ("ascii-form", ["80x24"])]
)
def test_the_form_is_as_it_was(name: str, sizes: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
    monkeypatch.setattr("model.options.shell_command._start", lambda program: (program,))
    if name.startswith("no-color"):
        monkeypatch.setenv("NO_COLOR", "1")
    shown = with_marks if name.startswith("no-color") else plain

    async def scenario(pilot: Pilot[None], engine: FakeEngine, after: list[FakeEngine]) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await pilot.press("N")
        await until_shown(pilot, "Start training")
        await pilot.press(*["down"] * 5, *"256")
        await until_shown(pilot, "About 4:00 for 8 epochs", "saves and ends nietzsche")
        await as_kept_at(sizes, name, pilot, shown)

    fill(scenario, Launch(ascii=name.startswith("ascii"), corpus=("book.txt",)))
