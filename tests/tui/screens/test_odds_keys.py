"""The odds and the cursor on the screen: what keys and clicks ask of the engine, and what is shown."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from model.sampling import Sampling
from tests.tui.driving import drive, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import FakeEngine
from tui.engine.writing.branching.odds import Likeliest, Odds, OddsRow
from tui.engine.writing.items import Item, Rewrite, SampleStart, Seed, Written
from tui.keys.key_commands import (
    AskOdds,
    ChooseToken,
    Command,
    LookAt,
    PauseWriting,
    Redo,
    SelectStream,
    Undo,
    WriteOne,
)
from tui.launch import Launch
from tui.widgets.writing.odds_panel import OddsPanel
from tui.widgets.writing.stream_panel import StreamPanel

START = SampleStart(1, Sampling(0.2), 1, 4)
TEXT: list[Item] = [START, Seed("seed ", ()), *(Written(each, 0.9, 1.25) for each in "hello")]
ROWS = tuple(
    OddsRow(token, text, before, after, cut)
    for token, (text, before, after, cut) in enumerate(
        [
            (" ", 0.5, 0.6, ""),
            ("o", 0.3, 0.4, ""),
            ("\n", 0.1, 0.0, "min-p"),
            *((each, 0.02, 0.0, "min-p") for each in "xyz"),
        ]
    )
)


def odds(offset: int = 5, entropy: float = 2.1, stream: int = 0) -> Odds:
    return Odds(stream, offset, None, Likeliest(ROWS, entropy))


async def asked(pilot: Pilot[None], engine: FakeEngine, *commands: Command) -> None:
    await until(pilot, lambda: len(engine.commands) >= len(commands), f"{commands}")
    assert engine.commands == [*commands]
    engine.commands.clear()


async def pause(pilot: Pilot[None], engine: FakeEngine) -> None:
    """With a text of five characters."""
    engine.write(TEXT)
    await until_shown(pilot, "hello")
    await pilot.press("space")
    await asked(pilot, engine, PauseWriting(True))


def panel(pilot: Pilot[None]) -> OddsPanel:
    return pilot.app.main.query_one(OddsPanel)


SIZES = [(80, 24), (120, 40), (200, 60)]


@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_o_lists_what_may_come_next_and_takes_the_list_away(size: tuple[int, int], ascii_only: bool) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(TEXT)
        engine.buffer.odds = odds()
        await pilot.press("o")
        await asked(pilot, engine, AskOdds(True))
        shown = await until_shown(pilot, "2.1 bits, about 4 ways", "before", "after", "60%", "cut by min-p", "hello")
        assert ("newline" if ascii_only else "⏎") in shown
        assert ("space" if ascii_only else "␣") in shown
        assert not ascii_only or widget_text(panel(pilot)).isascii()
        await pilot.press("o")
        await asked(pilot, engine, AskOdds(False))
        await until(pilot, lambda: "about 4 ways" not in screen_text(pilot.app), "no odds")

    drive(scenario, size=size, launch=Launch(ascii=ascii_only))


def test_the_list_follows_the_newest_odds() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("o")
        await until_shown(pilot, "no odds yet")
        engine.write(TEXT)
        for bits, words in ((1.0, "about 2 ways"), (0.1, "about 1 way"), (3.0, "about 8 ways")):
            engine.buffer.odds = odds(entropy=bits)
            await until_shown(pilot, f"entropy {bits} bits, {words}")

    drive(scenario)


def test_the_cursor_walks_through_the_paused_text_and_the_odds_with_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        await pilot.press("left")
        await asked(pilot, engine, AskOdds(True), LookAt(0, 4))
        await pilot.press("left", "left", "right")
        await asked(pilot, engine, LookAt(0, 3), LookAt(0, 2), LookAt(0, 3))
        await until_shown(pilot, "at the cursor")
        await pilot.press("right", "right", "right")
        await asked(pilot, engine, LookAt(0, 4), LookAt(0, 5))
        await until_shown(pilot, "This is the end of the text.")
        await pilot.press(*["left"] * 6)
        await until_shown(pilot, "This is the beginning of what was written.")
        assert engine.commands[-1] == LookAt(0, 0)

    drive(scenario)


def test_the_cursor_needs_a_pause_and_says_so() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(TEXT)
        await until_shown(pilot, "hello")
        await pilot.press("left")
        await until_shown(pilot, "Pause writing first, with the space bar.")
        assert engine.commands == []

    drive(scenario)


def test_a_click_goes_to_a_character_while_writing_is_paused() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(TEXT)
        await until_shown(pilot, "hello")
        text = pilot.app.main.query(StreamPanel)[0].text
        y = next(y for y, line in enumerate(widget_text(text).split("\n")) if "hello" in line)
        x = widget_text(text).split("\n")[y].index("hello")
        await pilot.click(text, offset=(x + 2, y))
        await pilot.press("space")
        await asked(pilot, engine, PauseWriting(True))
        await pilot.click(text, offset=(x + 2, y))
        await asked(pilot, engine, AskOdds(True), LookAt(0, 2))
        engine.write([SampleStart(2, Sampling(0.2), 1, 4), Seed("seed ", ()), Written("!", 0.9, 1.25)])
        await until_shown(pilot, "!")
        await pilot.click(text, offset=(x + 2, y))
        await until_said(pilot, "The cursor walks through a stream's newest text")
        assert engine.commands == []

    drive(scenario)


def test_a_digit_enter_or_a_click_goes_on_with_another_character() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        engine.buffer.odds = odds(4)
        await pilot.press("left")
        await asked(pilot, engine, AskOdds(True), LookAt(0, 4))
        await until_shown(pilot, "60%")
        await pilot.press("3")
        await asked(pilot, engine, ChooseToken(0, 4, 2))
        await pilot.press("down")
        await until(pilot, lambda: "▸2 o" in widget_text(panel(pilot)), "the mark")
        await pilot.press("enter", "enter")
        await asked(pilot, engine, ChooseToken(0, 4, 1), ChooseToken(0, 4, 0))
        await until(pilot, lambda: "▸1 ␣" in widget_text(panel(pilot)), "the likeliest is marked again")
        await pilot.click(panel(pilot), offset=(4, 5))
        await asked(pilot, engine, ChooseToken(0, 4, 3))
        await pilot.press("up")
        await until_shown(pilot, "This is the beginning of the list.")
        await pilot.press("9")
        await until_shown(pilot, "There is no such row in the list.")
        assert engine.commands == []

    drive(scenario)


def test_where_few_rows_fit_the_list_scrolls_under_the_mark() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        engine.buffer.odds = odds(4)
        await pilot.press("left", *["down"] * 5)
        await until(pilot, lambda: "▸6 z" in widget_text(panel(pilot)), "the last row")
        engine.commands.clear()
        await pilot.click(panel(pilot), offset=(4, 3))
        await asked(pilot, engine, ChooseToken(0, 4, 4))

    drive(scenario, size=(80, 24))


@pytest.mark.parametrize("key", ["enter", "1"])
def test_the_character_that_stands_there_is_no_choice(key: str) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        engine.buffer.odds = odds(4)._replace(there=ROWS[0].token)
        await pilot.press("left")
        await asked(pilot, engine, AskOdds(True), LookAt(0, 4))
        await until_shown(pilot, "60%")
        await pilot.press(key)
        await until_said(pilot, "That stands there already: choose another row.")
        assert engine.commands == []

    drive(scenario)


@pytest.mark.parametrize("width", [44, 52, 60, 80])
def test_the_heading_of_the_list_says_of_what_it_is_in_narrow_panes_too(width: int) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        engine.buffer.odds = odds(4, entropy=0.0)
        await pilot.press("o")
        await until(pilot, lambda: "next character" in widget_text(panel(pilot)).split("\n")[0], "what comes next")
        await pilot.press("left")
        await until(pilot, lambda: "at the cursor" in widget_text(panel(pilot)).split("\n")[0], "the cursor")
        await until(pilot, lambda: "0.0 bits" in widget_text(panel(pilot)).split("\n")[0], "how sure the network is")

    drive(scenario, size=(width, 30))


def test_a_branch_takes_the_place_of_the_text_and_the_list_stays_at_its_end() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        await pilot.press("left", "left")
        chosen = [Written(each, 0.9, 1.25) for each in "hel"] + [Written("p", 0.1, 1.25, chosen=True)]
        engine.write([Rewrite((START, Seed("seed ", ()), *chosen), undo=True)])
        await until_shown(pilot, "hel↳p", "undo")
        engine.commands.clear()
        await pilot.press("left")
        await asked(pilot, engine, LookAt(0, 3))
        await pilot.press("escape", "u", "U")
        await until_shown(pilot, "There is no branch to redo.")
        await asked(pilot, engine, LookAt(0, None), Undo(0))
        engine.write([Rewrite(tuple(TEXT), cursor=3, redo=True)])  # type: ignore[arg-type]
        await until(pilot, lambda: "↳" not in screen_text(pilot.app), "the text before")
        await asked(pilot, engine, LookAt(0, 3))
        await until_shown(pilot, "at the cursor")
        await pilot.press("U")
        await asked(pilot, engine, Redo(0))
        engine.write(TEXT)
        await until(pilot, lambda: "redo" not in screen_text(pilot.app).split("\n")[-1], "a new sample has none")

    drive(scenario)


@pytest.mark.parametrize(
    ("key", "command"), [("space", PauseWriting(False)), ("s", WriteOne()), ("tab", SelectStream(1)), ("escape", None)]
)
def test_what_goes_on_at_the_end_of_the_text_takes_the_cursor_away(key: str, command: Command | None) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        await pilot.press("left")
        await asked(pilot, engine, AskOdds(True), LookAt(0, 4))
        await pilot.press(key)
        await asked(pilot, engine, LookAt(0, None), *([command] if command else []))
        assert "at the cursor" not in screen_text(pilot.app)

    drive(scenario)


def test_while_the_cursor_is_placed_temperatures_have_their_other_keys() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pause(pilot, engine)
        engine.buffer.odds = odds(4)
        await pilot.press("left", "plus")
        await until(pilot, lambda: any("SetSampling" in repr(each) for each in engine.commands), "a temperature")
        await pilot.press("escape", "3")
        await until(pilot, lambda: "1.00" in screen_text(pilot.app), "a digit's temperature")

    drive(scenario)
