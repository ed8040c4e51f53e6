"""Seeds that are typed, remembered and pinned."""

from __future__ import annotations

import gc
import weakref

import pytest
from textual.events import Paste
from textual.pilot import Pilot
from textual.widgets import TextArea

from model.recipe import NOTEBOOK
from model.sampling import Sampling
from tests.tui.driving import drive, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import FakeEngine, written
from tui.engine.writing.items import Item, SampleStart, Seed
from tui.keys.key_commands import Command, PinSeed, Reseed
from tui.launch import Launch
from tui.screens.main import MainScreen
from tui.screens.seed import SeedScreen
from tui.widgets.footer import KeyFooter
from tui.widgets.writing.seed_line import SeedLine

SAMPLE: list[Item] = [SampleStart(1, Sampling(0.2), 1, 4), Seed("a seed of the text ", ()), *written("and more")]
KING: list[Item] = [SampleStart(1, Sampling(0.2), 1, 4), Seed("My noble", (), prefix=" ki"), *written(" king,")]


async def opened(pilot: Pilot[None]) -> TextArea:
    await pilot.press("e")
    await until(pilot, lambda: isinstance(pilot.app.screen, SeedScreen), "the dialog")
    await until(pilot, lambda: isinstance(pilot.app.focused, TextArea), "a place for the letters")
    return pilot.app.screen.query_one(TextArea)


async def typed(pilot: Pilot[None], *keys: str) -> None:
    """Press keys in the dialog, the last of which closes it."""
    await opened(pilot)
    await pilot.press(*keys)
    await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen), "the main screen")


async def sent(pilot: Pilot[None], engine: FakeEngine, *commands: Command) -> None:
    await until(pilot, lambda: len(engine.commands) >= len(commands), f"{commands}")
    assert engine.commands == [*commands]
    engine.commands.clear()


def seed_line(pilot: Pilot[None]) -> str:
    return widget_text(pilot.app.main.query_one(SeedLine)).strip()


def test_the_last_seed_is_there_again_and_typing_replaces_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await typed(pilot, *"one", "enter")
        await sent(pilot, engine, Reseed("one"))
        area = await opened(pilot)
        assert area.text == area.selected_text == "one"
        await until_shown(pilot, "enter write   ctrl+j new line   esc cancel")
        await pilot.press("ctrl+j", *"two", "ctrl+j", "enter")
        await sent(pilot, engine, Reseed("\ntwo\n"))

    drive(scenario)


def test_up_and_down_go_through_earlier_seeds() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for text in ("one", "two", "one", "six"):
            await typed(pilot, *text, "enter")
        engine.commands.clear()
        area = await opened(pilot)
        assert area.text == "six"
        for key, text in (("up", "one"), ("up", "two"), ("up", "two"), ("down", "one"), ("down", "six"), ("down", "")):
            await pilot.press(key)
            await until(pilot, lambda text=text: area.text == text, f"{text!r} in the box")
        await pilot.press("up", "up", "enter")
        await sent(pilot, engine, Reseed("one"))

    drive(scenario)


def test_the_switch_pins_what_is_typed_and_the_next_dialog_shows_it() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await typed(pilot, *"one", "tab", "enter")
        await sent(pilot, engine, PinSeed("one"), Reseed("one"))
        await until_shown(pilot, "pinned seed  one")
        await opened(pilot)
        await until_shown(pilot, "tab [x] in all samples")
        await pilot.click("#seed-pin")
        await until_shown(pilot, "tab [ ] in all samples")
        await pilot.press("enter")
        await sent(pilot, engine, PinSeed(None), Reseed("one"))

    drive(scenario)


def test_i_pins_the_seed_that_is_shown_and_lets_it_go_again() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        footer = pilot.app.main.query_one(KeyFooter)
        await pilot.press("i")
        await until_said(pilot, "There is no seed yet. Press e to type one.")
        engine.write(SAMPLE)
        await until_shown(pilot, "and more", "i pin seed")
        await pilot.press("i")
        await sent(pilot, engine, PinSeed("a seed of the text "))
        assert seed_line(pilot).startswith("pinned seed  a seed of the text")
        await until_shown(pilot, "i unpin seed", part=footer)
        assert (await opened(pilot)).text == "a seed of the text ", "enter lets nothing go that is pinned"
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen), "the main screen")
        await pilot.press("i")
        await sent(pilot, engine, PinSeed(None))
        assert seed_line(pilot).startswith("seed  a seed of the text")
        engine.write(KING)
        await until(pilot, lambda: seed_line(pilot) == "seed  My noble ki", "a seed that ends within a word")
        await pilot.press("i")
        await sent(pilot, engine, PinSeed("My noble ki"))
        assert seed_line(pilot) == "pinned seed  My noble ki"

    drive(scenario, size=(200, 40))


def test_another_seed_than_the_pinned_one_is_not_called_pinned() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write(SAMPLE)
        await until_shown(pilot, "and more")
        await pilot.press("i")
        engine.write([SampleStart(1, Sampling(0.2), 1, 4), Seed("another ", ()), *written("text")])
        await until(pilot, lambda: seed_line(pilot).startswith("seed  another"), "the other seed")
        engine.commands.clear()
        await pilot.press("i")
        await sent(pilot, engine, PinSeed("another "))
        await until(pilot, lambda: seed_line(pilot).startswith("pinned seed  another"), "the other seed, pinned")

    drive(scenario)


def test_where_samples_are_chained_the_seed_of_the_first_part_is_pinned() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([*SAMPLE, SampleStart(1, Sampling(0.5), 2, 4), Seed("and more", ()), *written(" of it")])
        await until_shown(pilot, "of it")
        await pilot.press("i")
        await sent(pilot, engine, PinSeed("a seed of the text "))
        await until_shown(pilot, "pinned seed  a seed of the text")

    drive(scenario, launch=Launch(ascii=False, recipe=NOTEBOOK))


def test_pasted_escape_sequences_go_and_the_rest_stays_in_order() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot)
        pilot.app.post_message(Paste("one \x1b[31mred\x1b[0m word\nand \x1b]0;title\x07more"))
        await until_shown(pilot, "one red word", "and more")
        await pilot.press("enter")
        await sent(pilot, engine, Reseed("one red word\nand more"))

    drive(scenario)


def test_of_a_long_text_the_end_is_shown_and_all_is_sent() -> None:
    long = "".join(f"line {number}\n" for number in range(20_000))
    count = f"{len(long):,} characters"

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        area = await opened(pilot)
        await pilot.press(*"and ")
        pilot.app.post_message(Paste(long))
        await until_shown(pilot, f"the end of {len(long) + 4:,} characters", "line 19999")
        assert len(area.text) < 10_000
        await pilot.press("ctrl+z", "x", "enter")  # a part of the text could be undone alone
        await sent(pilot, engine, Reseed(f"and {long}x"))
        area = await opened(pilot)
        await until_shown(pilot, f"the end of {len(long) + 5:,} characters")
        await pilot.press("down", "up", "end", "y", "enter")
        await sent(pilot, engine, Reseed(f"and {long}xy"))
        await opened(pilot)
        await pilot.press("z")  # in the place of all of it
        await until(pilot, lambda: count not in screen_text(pilot.app), "no count")
        await pilot.press("enter")
        await sent(pilot, engine, Reseed("z"))

    drive(scenario)


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])
def test_the_dialog_shows_its_switch_and_its_keys_at_every_size(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for text in ("one", "two"):
            await typed(pilot, *text, "enter")
        await opened(pilot)
        await until_shown(pilot, "tab [ ] in all samples", "enter write", "esc cancel")

    drive(scenario, size=size)


def test_a_dialog_that_is_closed_leaves_nothing_in_memory() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        text = weakref.ref(await opened(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen), "the main screen")
        await until(pilot, lambda: gc.collect() >= 0 and text() is None, "a text area that is gone")

    drive(scenario)
