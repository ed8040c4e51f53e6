"""The streaming widget on a screen without a terminal: what is drawn, followed, selected and copied."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.message import Message
from textual.pilot import Pilot

from model.sampling import Sampling
from tests.tui.driving import drawn, resized
from tests.tui.in_loop import in_loop
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.terminal.glyphs import ASCII
from tui.widgets.writing.token_stream import TokenStream

START = SampleStart(3, Sampling(0.5), 2, 4)


def letters(text: str) -> list[Item]:
    return [Written(character, 0.25, 1.5) for character in text]


class Shown(App[None]):
    def __init__(self, stream: TokenStream) -> None:
        super().__init__()
        self.stream = stream

    def compose(self) -> ComposeResult:
        yield self.stream


@asynccontextmanager
async def shown(
    stream: TokenStream, size: tuple[int, int] = (40, 12), messages: list[Message] | None = None
) -> AsyncIterator[Pilot[None]]:
    hook = None if messages is None else messages.append
    async with Shown(stream).run_test(size=size, message_hook=hook) as pilot:
        await drawn(pilot)
        yield pilot


def lines(stream: TokenStream) -> list[str]:
    return [stream.render_line(y).text.rstrip() for y in range(stream.size.height)]


def styled(stream: TokenStream, y: int, text: str) -> object:
    """The style of a piece of a row."""
    for segment in stream.render_line(y):
        if segment.text == text:
            return segment.style
    raise AssertionError(f"{text!r} is no piece of {stream.render_line(y).text!r}")


@in_loop
async def test_a_sample_has_a_heading_a_seed_and_text() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, Seed("the will to ", ()), *letters("power")])
        await drawn(pilot)
        assert lines(stream)[:4] == ["── epoch 3 · temperature 0.5 · 2 of 4 ─", "", "the will to power", ""]
        seed, text = styled(stream, 2, "the will to "), styled(stream, 2, "power")
        assert seed.italic  # type: ignore[attr-defined]
        assert not text.italic  # type: ignore[attr-defined]
        stream.append([SampleEnd(""), SampleStart(0, Sampling(1.0), 0, 0), Seed("", ()), *letters("x")])
        assert lines(stream)[3:7] == ["", "── epoch 0 · temperature 1 ────────────", "", "x"]


@in_loop
async def test_every_row_fills_the_width_and_no_more() -> None:
    stream = TokenStream()
    async with shown(stream, size=(23, 12)) as pilot:
        stream.append(
            [START, Seed("漢字 ", (0,)), *letters("e\u0301 🙂🙂🙂🙂 long words incomprehensibilities\n\n🇫🇷 end ")]
        )
        await drawn(pilot)
        for y in range(12):
            assert cell_len(stream.render_line(y).text) == 23


@in_loop
async def test_nothing_that_a_terminal_obeys_is_drawn() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, Seed("\x1b]0;title\x07", ()), *letters("\x1b[2J\r\x9b31m\u202e\ud800")])
        await drawn(pilot)
        text = "".join(lines(stream))
        assert text.isprintable()
        assert "␛]0;title␇␛[2J␍" in text
        assert stream.transcript.newest_text == "\x1b]0;title\x07\x1b[2J\r\x9b31m\u202e\ud800"


@in_loop
async def test_the_cursor_stands_where_the_next_character_appears() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, *letters("ab\n")])
        await drawn(pilot)
        assert styled(stream, 3, " ").reverse  # type: ignore[attr-defined]
        stream.append([SampleEnd("the next epoch")])
        with pytest.raises(AssertionError):
            styled(stream, 3, " ")


@in_loop
async def test_a_changed_temperature_is_marked() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, *letters("so"), SamplingChange(Sampling(0.8)), *letters("it")])
        await drawn(pilot)
        assert lines(stream)[2] == "so ▸0.80 it"
        assert styled(stream, 2, " ▸0.80 ").bold  # type: ignore[attr-defined]
        assert stream.transcript.newest_text == "soit"


@in_loop
async def test_plain_terminals_get_ascii() -> None:
    stream = TokenStream(ASCII)
    async with shown(stream) as pilot:
        stream.append([START, *letters("a\tb\x1b"), SamplingChange(Sampling(0.8)), *letters("c" * 1000)])
        await drawn(pilot)
        assert "".join(lines(stream)).isascii()
        stream.look("home")
        assert lines(stream)[0] == "-- epoch 3 - temperature 0.5 - 2 of 4 --"
        assert lines(stream)[2] == "a b? >0.80"
        assert not any(widget.display for widget in stream._nodes if widget.name == "vertical" and widget.size.width)


@in_loop
async def test_text_that_came_before_the_first_layout_is_wrapped_to_the_screen() -> None:
    stream = TokenStream()
    stream.append([START, *letters("to be or not to be that is the question")])
    async with shown(stream, size=(20, 12)) as pilot:
        await drawn(pilot)
        assert lines(stream)[2:5] == ["to be or not to be", "that is the", "question"]


async def fill(stream: TokenStream, pilot: Pilot[None], count: int = 40) -> None:
    stream.append([START, *letters("".join(f"line {number}\n" for number in range(count)))])
    await drawn(pilot)


@in_loop
async def test_the_newest_text_is_followed() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        await fill(stream, pilot)
        assert stream.following
        assert lines(stream)[-2:] == ["line 39", ""]
        stream.append(letters("more\nand more\n"))
        assert lines(stream)[-3:] == ["more", "and more", ""]


@pytest.mark.parametrize("way", ["up", "page_up", "home"])
@in_loop
async def test_text_stays_put_for_whoever_looks_back(way: str) -> None:
    messages: list[Message] = []
    stream = TokenStream()
    async with shown(stream, messages=messages) as pilot:
        await fill(stream, pilot)
        stream.look(way)
        await drawn(pilot)
        before = lines(stream)
        assert not stream.following
        assert stream.new_lines == 0
        for _ in range(5):
            stream.append(letters("new\n"))
            await drawn(pilot)
        assert lines(stream) == before
        assert stream.new_lines == 5
        stream.look("end")
        await drawn(pilot)
        assert stream.following
        assert stream.new_lines == 0
        assert lines(stream)[-2:] == ["new", ""]
    changes = {id(message): message.following for message in messages if isinstance(message, TokenStream.FollowChanged)}
    assert list(changes.values()) == [False, True]


@in_loop
async def test_scrolling_back_to_the_end_follows_again() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        await fill(stream, pilot)
        stream.look("up")
        stream.look("up")
        stream.look("down")
        assert not stream.following
        stream.look("down")
        assert stream.following
        stream.look("page_up")
        stream.look("page_down")
        assert stream.following


@in_loop
async def test_the_wheel_is_never_fought_by_new_text() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        await fill(stream, pilot)
        end = stream.scroll_y
        stream.scroll_up()  # as the wheel does: it glides there over several frames
        stream.append(letters("new\n"))
        await pilot.wait_for_scheduled_animations()
        assert stream.scroll_y < end
        assert not stream.following


@in_loop
async def test_a_new_width_wraps_the_text_anew_and_keeps_the_place() -> None:
    stream = TokenStream()
    text = " ".join(f"word{number:03d}" for number in range(200))
    async with shown(stream) as pilot:
        stream.append([START, *letters(text)])
        await drawn(pilot)
        await resized(pilot, 60, 12)
        await drawn(pilot)
        assert stream.following
        assert lines(stream)[-1].endswith("word199")
        stream.look("page_up")
        await drawn(pilot)
        top = lines(stream)[0].split()[0]
        await resized(pilot, 30, 12)
        await drawn(pilot)
        assert top in lines(stream)[0]
        assert not stream.following
        height = stream.virtual_size.height
        stream.append(letters(" 1234567890" * 8))
        assert stream.new_lines == stream.virtual_size.height - height > 2
        for width in (33, 40, 51, 60):
            await resized(pilot, width, 12)
            await drawn(pilot)
            assert top in lines(stream)[0]
        assert stream.new_lines in (2, 3)


@in_loop
async def test_a_longer_window_shows_more_and_goes_on_following() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        await fill(stream, pilot)
        await resized(pilot, 40, 20)
        await drawn(pilot)
        assert stream.following
        assert lines(stream)[-2:] == ["line 39", ""]
        await resized(pilot, 40, 5)
        await drawn(pilot)
        assert lines(stream)[-2:] == ["line 39", ""]


@in_loop
async def test_old_samples_are_dropped_without_moving_what_is_read() -> None:
    stream = TokenStream(most_rows=100)
    async with shown(stream) as pilot:
        for number in range(15):
            stream.append([START, *letters(f"sample {number}\n\n")])
        await drawn(pilot)
        stream.look("page_up")
        await drawn(pilot)
        before = lines(stream)
        height = stream.virtual_size.height
        stream.append([START, *letters("x\n" * 20)])
        await drawn(pilot)
        assert stream.virtual_size.height < height
        assert lines(stream) == before
        stream.append([START, *letters("x\n" * 2000)])
        assert stream.virtual_size.height <= 100


async def select(pilot: Pilot[None], start: tuple[int, int], end: tuple[int, int]) -> str | None:
    """Drag the mouse over the text."""
    await pilot.mouse_down(offset=start)
    await pilot.hover(offset=end)
    await pilot.mouse_up(offset=end)
    await drawn(pilot)
    return pilot.app.screen.get_selected_text()


@in_loop
async def test_selected_text_is_copied_as_it_was_written() -> None:
    stream = TokenStream()
    async with shown(stream, size=(20, 12)) as pilot:
        stream.append([START, Seed("to be or ", ()), *letters("not to"), SamplingChange(Sampling(0.9))])
        stream.append([*letters(" be that is\n\tthe question"), SampleEnd("")])
        await drawn(pilot)
        # to be or not to  /▸0.90  be that is /→the question
        assert lines(stream)[2:5] == ["to be or not to", "▸0.90  be that is", "→the question"]
        assert await select(pilot, (3, 2), (8, 4)) == "be or not to be that is\n\tthe ques"
        assert await select(pilot, (0, 2), (4, 2)) == "to be"
        await pilot.press("ctrl+c")
        assert pilot.app.clipboard == "to be"


@in_loop
async def test_a_heading_can_be_selected_and_everything_at_once() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, Seed("ab", ()), *letters("cd"), SampleEnd(""), START, Seed("ef", ())])
        await drawn(pilot)
        assert await select(pilot, (3, 0), (1, 2)) == "epoch 3 · temperature 0.5 · 2 of 4\n\nab"
        pilot.app.screen.text_select_all()
        heading = "── epoch 3 · temperature 0.5 · 2 of 4"
        assert pilot.app.screen.get_selected_text() == f"{heading}\n\nabcd\n\n{heading}\n\nef"


@in_loop
async def test_a_selection_past_the_text_ends_with_it() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, Seed("ab", ()), SampleEnd("")])
        await drawn(pilot)
        assert await select(pilot, (1, 2), (30, 9)) == "b"
        assert await select(pilot, (5, 8), (30, 9)) in ("", None)


@in_loop
async def test_selected_text_holds_still_and_is_highlighted() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        await fill(stream, pilot)
        await select(pilot, (0, 3), (3, 4))
        before = lines(stream)[:11]
        highlight = pilot.app.screen.get_component_rich_style("screen--selection")
        assert styled(stream, 4, "line").bgcolor == highlight.bgcolor  # type: ignore[attr-defined]
        stream.append(letters("new\nand newer\n"))
        await drawn(pilot)
        assert lines(stream) == [*before, "new"]
        assert stream.new_lines == 2
        stream.look("end")
        assert lines(stream)[-2:] == ["and newer", ""]


@in_loop
async def test_a_selection_ends_when_its_rows_move() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        await fill(stream, pilot)
        assert await select(pilot, (0, 3), (3, 4))
        await resized(pilot, 30, 12)
        await drawn(pilot)
        assert not pilot.app.screen.get_selected_text()


@in_loop
async def test_another_theme_draws_the_text_anew() -> None:
    stream = TokenStream()
    async with shown(stream) as pilot:
        stream.append([START, *letters("a")])
        await drawn(pilot)
        dark = styled(stream, 2, "a")
        pilot.app.theme = "textual-light"
        await drawn(pilot)
        assert styled(stream, 2, "a") != dark
