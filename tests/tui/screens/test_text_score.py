"""The user's own text, scored: what is asked of the engine, and what is shown."""

from __future__ import annotations

import asyncio

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from model.sampling import Sampling
from tests.tui.driving import drawn, drive, screen_text, until, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, epoch_end, progress, written
from tests.tui.screens.test_keys_in_every_state import SAMPLE
from tui.engine.messages import TextScored
from tui.engine.writing.items import SampleStart, Seed, Written
from tui.keys.key_commands import ScoreText
from tui.screens.seed import SeedText
from tui.screens.text_score import MOST_CHARACTERS
from tui.widgets.writing.token_stream import TokenStream

ITEMS = [Seed("T", ()), *written("he ")[:3], Seed("\u2603", (0,)), Written("u", 0.001, 0.0)]
SCORED = TextScored(ITEMS, 4.5, [("\u2603", "?")])  # type: ignore[arg-type]


async def opened(pilot: Pilot[None], engine: FakeEngine) -> None:
    engine.tell(CORPUS, COMPILED, progress(1, 264), epoch_end(1, 1.386))
    engine.write(SAMPLE)
    await until_shown(pilot, "and text")
    await pilot.press("n", "v")  # in bits, as the colours
    await until_shown(pilot, "Score a text", "esc close")


async def until_said_below(pilot: Pilot[None], sentence: str) -> None:
    mean = pilot.app.screen.query_one("#score-mean")
    await until(pilot, lambda: sentence in " ".join(widget_text(mean).split()), sentence)


def asked(engine: FakeEngine) -> list[str]:
    return [command.text for command in engine.commands if isinstance(command, ScoreText)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)], ids=str)
def test_a_text_is_shown_in_colours_beside_the_held_out_figure(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, engine)
        await pilot.press(*"The", "space", "\u2603", "u", "enter")
        await until(pilot, lambda: asked(engine) == ["The \u2603u"], "a question for the engine")
        await until_shown(pilot, "The model reads the text.")
        engine.tell(SCORED)
        await until_shown(
            pilot,
            "The \u2603u",
            "surprisal  under 1 bit  1-3  3-6  over 6",
            "4.50 bits (3.12 nats) a character; the held-out text has 2.00 (1.39).",
        )
        await until_said_below(pilot, "1 of the text's characters and reads '\u2603' as '?'. They are marked.")
        text = pilot.app.screen.query_one(TokenStream)
        styles = {each.text: each.style for each in text.render_line(0) if each.style}
        assert styles["u"].bold
        assert styles["u"].underline
        assert styles["\u2603"].italic
        assert not styles["he "].bold
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
        await pilot.press("v")
        await until_shown(pilot, "esc close")
        box = pilot.app.screen.query_one(SeedText)
        assert (box.text, box.selected_text) == ("The \u2603u", "The \u2603u"), "the last text, to be scored again"

    drive(scenario, size=size)


def test_a_dialog_may_be_closed_while_its_score_arrives() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        for turns in range(5, 11):  # of the event loop between the two
            await opened(pilot, engine)
            engine.tell(SCORED)
            for _ in range(turns):
                await asyncio.sleep(0)
            pilot.app.screen.dismiss("")
            await until(pilot, lambda: pilot.app.screen is pilot.app.main, "the main screen")
            await drawn(pilot)

    drive(scenario)


@pytest.mark.slow
def test_the_dialog_fits_the_smallest_screen() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, engine)
        pilot.app.clear_notifications()  # they would cover it for a while
        engine.tell(SCORED)
        await until_shown(pilot, "The \u2603u", "surprisal", "4.50 bits (3.12 nats)", "esc close")

    drive(scenario, size=(40, 12))


def test_a_second_text_takes_the_place_of_the_first() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, engine)
        engine.tell(SCORED)
        await until_shown(pilot, "The \u2603u")
        assert "scroll" not in screen_text(pilot.app)
        engine.tell(TextScored([Seed("o", ()), *written("h" + "o" * 2000)], 2.0, ()))
        await until_shown(pilot, "pgup pgdn scroll", "ohooo")
        engine.tell(TextScored([Seed("o", ()), Written("h", 0.5, 0.0)], 1.0, ()))
        await until_shown(pilot, "1.00 bits (0.69 nats) a character")
        (text,) = pilot.app.screen.query(TokenStream)
        assert text.transcript.newest_text == "oh"
        await until(pilot, lambda: "scroll" not in screen_text(pilot.app), "no key that scrolls")

    drive(scenario)


def test_a_text_that_is_too_short_or_too_long_is_said() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, engine)
        await pilot.press("x", "enter")
        await until_shown(pilot, "A text needs two characters or more")
        pilot.app.post_message(Paste("x" * MOST_CHARACTERS))
        await until_shown(pilot, "the end of 20,001 characters")
        await pilot.press("enter")
        await until(pilot, lambda: asked(engine) == ["x" * MOST_CHARACTERS], "a question for the engine")
        engine.tell(SCORED)
        await until_said_below(pilot, "Only the first 20,000 characters were scored.")
        await pilot.press("escape", "v")
        await until_shown(pilot, "the end of 20,001 characters")

    drive(scenario)


def test_an_answer_that_comes_after_closing_is_dropped() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, engine)
        await pilot.press("escape")
        engine.tell(SCORED)
        await drawn(pilot)
        assert pilot.app.screen is pilot.app.main

    drive(scenario)


def test_a_text_that_the_best_weights_score_is_compared_with_their_held_out_text() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await opened(pilot, engine)
        await pilot.press("escape")
        engine.tell(epoch_end(2, 2.773))
        engine.write([SampleStart(1, Sampling(0.5), 0, 0, best=True), Seed("", ()), *written("best of all")])
        await until_shown(pilot, "best of all")
        await pilot.press("v")
        await until_shown(pilot, "esc close")
        engine.tell(SCORED)
        await until_shown(pilot, "the held-out text has 2.00 (1.39).")

    drive(scenario)
