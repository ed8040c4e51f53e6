"""The writing pane: what its border says, and what it passes on to the stream."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.pilot import Pilot

from model.sampling import Sampling
from tests.tui.driving import drawn, resized, screen_text
from tests.tui.in_loop import in_loop
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Seed, Written
from tui.widgets.writing.writing_pane import WritingPane

START = SampleStart(3, Sampling(0.5), 2, 4)


def letters(text: str) -> list[Item]:
    return [Written(character, 0.25, 1.5) for character in text]


class Shown(App[None]):
    CSS = "WritingPane { height: 1fr; }"

    def __init__(self, pane: WritingPane) -> None:
        super().__init__()
        self.pane = pane

    def compose(self) -> ComposeResult:
        yield self.pane


@asynccontextmanager
async def shown(pane: WritingPane, size: tuple[int, int] = (70, 12)) -> AsyncIterator[Pilot[None]]:
    async with Shown(pane).run_test(size=size) as pilot:
        await drawn(pilot)
        yield pilot


def border(pane: WritingPane) -> tuple[str, str]:
    return str(pane.border_title), str(pane.border_subtitle)


@in_loop
async def test_the_border_says_what_the_pen_does() -> None:
    pane = WritingPane()
    async with shown(pane):
        assert border(pane) == ("Writing · waits for the first weights", "temperature 1.00 · 80/s")
        pane.feed([START, Seed("a", ())], 0.0)
        assert border(pane)[0] == "Writing"
        pane.paused = True
        assert border(pane)[0] == "Writing · paused"
        pane.paused = False
        pane.feed([*letters("b"), SampleEnd("")], 0.1)
        assert border(pane)[0] == "Writing"
        pane.feed([SampleEnd("the next epoch")], 0.2)
        assert border(pane)[0] == "Writing · waits for the next epoch"
        pane.feed(letters("c"), 0.3)
        assert border(pane)[0] == "Writing"


@pytest.mark.parametrize(
    ("written", "said"), [("x", "temperature 1.00 · 80/s, now 10/s"), ("x" * 10, "temperature 1.00 · 80/s")], ids=str
)
@in_loop
async def test_the_border_says_only_what_it_has_room_for(written: str, said: str) -> None:
    pane = WritingPane()
    async with shown(pane, size=(39, 12)) as pilot:
        assert border(pane)[0] == "Writing · waits"
        assert "…" not in screen_text(pilot.app)
        pane.feed([START], 0.0)
        for tick in range(1, 11):
            pane.feed(letters(written), tick / 10)
        assert border(pane)[1] == said
        await drawn(pilot)
        assert said in screen_text(pilot.app)


@in_loop
async def test_the_border_follows_the_knobs() -> None:
    pane = WritingPane()
    pane.sampling = Sampling(0.2)  # the screen may turn them before there is anything to see
    async with shown(pane):
        assert border(pane)[1] == "temperature 0.20 · 80/s"
        pane.sampling = Sampling(0.85)
        pane.speed = None
        assert border(pane)[1] == "temperature 0.85 · unlimited"


@in_loop
async def test_the_speed_is_measured_while_the_pen_writes() -> None:
    pane = WritingPane()
    async with shown(pane):
        pane.feed([START], 10.0)
        for tick in range(1, 41):
            pane.feed(letters("ab"), 10.0 + tick / 40)
        assert border(pane)[1] == "temperature 1.00 · 80/s, now 80/s"
        for tick in range(1, 41):
            pane.feed(letters("a" if tick % 2 else ""), 11.0 + 5 * tick / 40)
        assert border(pane)[1] == "temperature 1.00 · 80/s, now 4/s"
        pane.paused = True
        assert border(pane)[1] == "temperature 1.00 · 80/s"
        pane.paused = False
        pane.feed([SampleEnd("the next epoch")], 16.0)
        assert border(pane)[1] == "temperature 1.00 · 80/s"


@in_loop
async def test_whoever_looks_back_is_told_what_is_below() -> None:
    pane = WritingPane()
    async with shown(pane) as pilot:
        pane.feed([START, *letters("line\n" * 40)], 0.0)
        await drawn(pilot)
        pane.look("page_up")
        await drawn(pilot)
        assert border(pane)[1] == "temperature 1.00 · End follows the text"
        pane.feed(letters("new\n"), 0.1)
        assert border(pane)[1] == "temperature 1.00 · 1 new line below · End"
        pane.feed(letters("new\n" * 11), 0.2)
        assert border(pane)[1] == "temperature 1.00 · 12 new lines below · End"
        await resized(pilot, 40, 12)
        await drawn(pilot)
        assert border(pane)[1] == "temperature 1.00 · 12 new · End"
        pane.look("end")
        await drawn(pilot)
        assert border(pane)[1] == "temperature 1.00 · 80/s"


@in_loop
async def test_the_border_is_drawn_only_when_its_words_change() -> None:
    pane = WritingPane()
    async with shown(pane) as pilot:
        pane.feed([START], 0.0)
        await drawn(pilot)
        before = pane._border_title, pane._border_subtitle
        for tick in range(20):
            pane.feed(letters("ab"), 0.1 + tick / 1000)
        assert pane._border_title is before[0]
        assert pane._border_subtitle is before[1]


@in_loop
async def test_the_sample_can_be_had_as_text() -> None:
    pane = WritingPane()
    async with shown(pane):
        assert pane.sample_text == ""
        pane.feed([START, Seed("the [b]", ()), *letters("ol")], 0.0)
        assert pane.sample_text == "the [b]ol"


@in_loop
async def test_plain_terminals_get_a_plain_border() -> None:
    pane = WritingPane(ascii_only=True)
    async with shown(pane) as pilot:
        pane.paused = True
        pane.feed([START, *letters("line\n" * 40)], 0.0)
        await drawn(pilot)
        text = screen_text(pilot.app)
        assert text.isascii()
        assert "Writing - paused" in text
