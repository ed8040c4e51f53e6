"""The writing pane: what its border says, and what it passes on to the stream."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot

from model.recipe import NOTEBOOK
from model.sampling import Sampling
from tests.tui.driving import drawn, screen_text, until, until_shown
from tests.tui.in_loop import in_loop
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Seed, Written
from tui.terminal.glyphs import ASCII
from tui.widgets.writing.token_stream import TokenStream
from tui.widgets.writing.writing_pane import WritingPane

START = SampleStart(3.9, Sampling(0.5), 2, 4)


def letters(text: str, stream: int = 0) -> list[Item]:
    return [Written(character, 0.25, 1.5, stream) for character in text]


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
    title, subtitle = (Content.from_markup(str(text)).plain for text in (pane.border_title, pane.border_subtitle))
    return title, subtitle


@in_loop
async def test_the_border_says_what_the_pen_does() -> None:
    pane = WritingPane()
    pane.speed = 80.0
    async with shown(pane):
        assert border(pane) == ("Writing · waits for the first weights", "80/s")
        pane.feed([START, Seed("a", ())], 0.0)
        assert border(pane)[0] == "Writing · epoch 3.9"
        pane.paused = True
        assert border(pane)[0] == "Writing · epoch 3.9 · paused: space or s begins"
        pane.feed(letters("o"), 0.05)
        assert border(pane)[0] == "Writing · epoch 3.9 · paused"
        pane.paused = False
        pane.feed([SampleEnd("")], 0.1)
        assert border(pane)[0] == "Writing · epoch 3.9"
        pane.feed([SampleEnd("the next epoch")], 0.2)
        assert border(pane)[0] == "Writing · epoch 3.9 · waits for the next epoch"
        pane.feed(letters("c"), 0.3)
        assert border(pane)[0] == "Writing · epoch 3.9"


@in_loop
async def test_the_border_says_why_no_text_comes_yet() -> None:
    pane = WritingPane()
    async with shown(pane, size=(90, 12)):
        pane.standstill = "loading"
        assert border(pane)[0] == "Writing · loads the weights"
        pane.standstill = "compiling"
        assert border(pane)[0] == "Writing · compiles the network"
        pane.feed([START, *letters("b"), SampleEnd("the next epoch")], 0.2)
        assert border(pane)[0] == "Writing · epoch 3.9 · waits for the next epoch"
        pane.standstill = "training paused"
        assert border(pane)[0] == "Writing · epoch 3.9 · training is paused: p resumes it, g writes now"
        pane.feed([SampleEnd("a key (g)")], 0.3)
        assert border(pane)[0] == "Writing · epoch 3.9 · waits for a key (g)"
        pane.feed([START, *letters("c")], 0.4)
        assert border(pane)[0] == "Writing · epoch 3.9"


@pytest.mark.parametrize("width", [39, 24])
@in_loop
async def test_the_border_says_only_what_it_has_room_for(width: int) -> None:
    pane = WritingPane()
    pane.speed = 80.0
    async with shown(pane, size=(width, 12)) as pilot:
        assert border(pane)[0] == "Writing · waits"
        assert "…" not in screen_text(pilot.app).split("\n")[0]
        pane.feed([START], 0.0)
        for tick in range(1, 11):
            pane.feed(letters("x"), tick / 10)
        await until_shown(pilot, "80/s, now 10/s")


@in_loop
async def test_the_border_follows_the_knobs() -> None:
    pane = WritingPane()
    pane.speed = 40.0  # the screen may turn them before there is anything to see
    async with shown(pane):
        assert border(pane)[1] == "40/s"
        pane.speed = None
        assert border(pane)[1] == "unlimited"


@in_loop
async def test_the_automatic_speed_is_told_with_what_it_is_now() -> None:
    pane = WritingPane()
    async with shown(pane):
        assert border(pane)[1] == "auto"
        pane.feed([START], 10.0)
        for tick in range(1, 41):  # what another program has written comes whole
            pane.feed([Written("xyz", 0.5, 1.0), *[Written("a", float("nan"), 0.0)] * 99], 10.0 + tick / 40)
        assert border(pane)[1] == "auto, now 120/s"


@in_loop
async def test_the_speed_of_a_stream_is_measured_while_it_is_written() -> None:
    pane = WritingPane()
    pane.speed = 40.0
    async with shown(pane):
        pane.feed([START], 10.0)
        for tick in range(1, 41):
            pane.feed([*letters("ab"), *letters("cd", 3)], 10.0 + tick / 40)
        assert border(pane)[1] == "40/s, now 80/s"
        pane.speed = 80.0
        for tick in range(1, 41):
            pane.feed(letters("a" if tick % 2 else ""), 11.0 + 5 * tick / 40)
        assert border(pane)[1] == "80/s, now 4/s"
        pane.paused = True
        assert border(pane)[1] == "80/s"
        pane.paused = False
        pane.feed([SampleEnd("the next epoch")], 16.0)
        assert border(pane)[1] == "80/s"


@in_loop
async def test_whoever_looks_back_is_told_what_is_below() -> None:
    pane = WritingPane()
    pane.selected = 1
    async with shown(pane, size=(70, 24)) as pilot:
        pane.feed([START._replace(stream=1), *letters("line\n" * 40, 1)], 0.0)
        await drawn(pilot)
        pane.look("page_up")
        await until_shown(pilot, "End follows")
        pane.feed(letters("new\n", 1), 0.1)
        await until_shown(pilot, "1 new below, End")
        pane.feed(letters("new\n" * 11, 1), 0.2)
        await until_shown(pilot, "12 new below, End")
        pane.look("end")
        await drawn(pilot)
        assert "End" not in screen_text(pilot.app)


FOUR = [SampleStart(2.0, Sampling(t), n + 1, 4, stream=n) for n, t in enumerate((0.2, 0.5, 1.0, 1.2))]


def showing(seed: str = "once upon a ") -> list[Item]:
    """The beginning of four samples."""
    texts = ("time", "midnight", "hill", "xylo")
    return [
        *FOUR,
        *(Seed(seed, (), stream) for stream in range(4)),
        *(item for stream, text in enumerate(texts) for item in letters(text, stream)),
    ]


@pytest.mark.parametrize("size", [(70, 20), (50, 28)])
@in_loop
async def test_four_streams_are_read_at_once_and_their_seed_is_shown_once(size: tuple[int, int]) -> None:
    pane = WritingPane()
    pane.speed = 80.0
    async with shown(pane, size=size) as pilot:
        pane.feed(showing(), 0.0)
        await drawn(pilot)
        text = screen_text(pilot.app)
        assert text.count("once upon a") == 1
        for shown_once in ("time", "midnight", "hill", "xylo", "▸ 0.20 ━", "─ 0.50 ─", "─ 1.00 ─", "─ 1.20 ─"):
            assert text.count(shown_once) == 1, shown_once
        assert text.count("── epoch 2 ─") == 4


@in_loop
async def test_the_selected_stream_alone_is_marked() -> None:
    pane = WritingPane()
    pane.speed = 80.0
    async with shown(pane, size=(70, 20)) as pilot:
        pane.feed(showing(), 0.0)
        pane.selected = 2
        text = await until_shown(pilot, "▸ 1.00 ━")
        assert text.count("▸") == 1
        assert pane.sample_text == "once upon a hill"


@in_loop
async def test_without_room_the_others_are_a_line_each_with_their_last_words() -> None:
    pane = WritingPane()
    pane.selected = 1
    async with shown(pane, size=(70, 12)) as pilot:
        pane.feed([*showing(), *letters(" and time again" * 9, 3)], 0.0)
        await drawn(pilot)
        lines = [line.strip("│ ") for line in screen_text(pilot.app).split("\n")]
        assert lines[2] == "─ 0.20 time"
        assert lines[3].startswith("▸ 0.50 ━")
        assert "midnight" in lines[5]
        assert lines[-3] == "─ 1.00 hill"
        assert re.fullmatch("─ 1.20 ….*and time again", lines[-2])
        pane.selected = 3
        await until_shown(pilot, "▸ 1.20 ━", "xylo and time again and", "─ 0.50 midnight")


@in_loop
async def test_a_zoomed_stream_has_all_the_room_and_comes_back() -> None:
    pane = WritingPane()
    pane.selected = 1
    async with shown(pane, size=(70, 20)) as pilot:
        pane.feed(showing(), 0.0)
        pane.zoomed = True
        await until(pilot, lambda: "hill" not in screen_text(pilot.app), "one stream")
        assert pane.panel.text.size.height > 10
        pane.feed(letters(" moon", 1), 0.1)
        pane.feed(letters(" top", 2), 0.1)
        await until_shown(pilot, "midnight moon")
        pane.zoomed = False
        await until_shown(pilot, "midnight moon", "hill top", "time", "xylo")


@in_loop
async def test_what_is_written_to_one_stream_draws_no_row_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    pane = WritingPane()
    pane.speed = 80.0
    async with shown(pane, size=(70, 20)) as pilot:
        pane.feed(showing(), 0.0)
        await drawn(pilot)
        drawings: list[TokenStream] = []
        monkeypatch.setattr(
            TokenStream,
            "refresh_lines",
            lambda stream, y, count=1: drawings.append(stream),  # type: ignore[misc]
        )
        pane.feed(letters("!", 2), 0.1)
        await drawn(pilot)
        assert drawings == [pane._grid.panels[2].text]


@in_loop
async def test_a_chained_recipe_has_one_stream_with_its_seeds_in_the_text_and_says_so() -> None:
    pane = WritingPane(NOTEBOOK)
    async with shown(pane) as pilot:
        pane.feed([START, Seed("seed ", ()), *letters("and text")], 0.0)
        text = await until_shown(pilot, "seed and text", "chained: each temperature continues the text before it")
        assert "▸ 0.20 ━" in text
        assert "1.20" not in text


@in_loop
async def test_the_border_is_drawn_only_when_its_words_change() -> None:
    pane = WritingPane()
    pane.speed = 80.0
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
    pane.speed = 80.0
    async with shown(pane):
        assert pane.sample_text == ""
        pane.feed([START, Seed("the [b]", ()), *letters("ol")], 0.0)
        assert pane.sample_text == "the [b]ol"


@in_loop
async def test_plain_terminals_get_a_plain_border() -> None:
    async with shown(pane := WritingPane(glyphs=ASCII)) as pilot:
        pane.paused = True
        pane.feed([START, *letters("line\n" * 40)], 0.0)
        await drawn(pilot)
        text = screen_text(pilot.app)
        assert text.isascii()
        assert "Writing - epoch 3.9 - paused" in text
        assert "> 0.20 ===" in text
