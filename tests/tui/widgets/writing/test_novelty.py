"""What the screen says of loops and copies, above each stream."""

from __future__ import annotations

import pytest

from model.writing.novelty.loops import loop_advice, loop_phrases
from tests.tui.driving import drawn, screen_text
from tests.tui.in_loop import in_loop
from tests.tui.widgets.writing.test_writing_pane import letters, showing, shown
from tui.engine.messages import StreamNovelty
from tui.engine.writing.items import SampleEnd, SampleStart
from tui.widgets.writing.writing_pane import WritingPane

LOOP, ADVICE = loop_phrases("", 14), loop_advice("", 14)
COPIES = ("12 % copied, longest 31", "12 % copied")


@pytest.mark.parametrize(
    ("size", "loop", "copies", "advice"),
    [
        ((100, 24), LOOP[0], COPIES[0], f"{ADVICE[0]} · auto"),
        ((66, 24), LOOP[1], COPIES[1], ADVICE[1]),
    ],
)
@in_loop
async def test_it_is_said_in_as_many_words_as_fit_and_of_the_selected_stream_what_to_do(
    size: tuple[int, int], loop: str, copies: str, advice: str
) -> None:
    pane = WritingPane()
    async with shown(pane, size=size) as pilot:
        pane.feed([*showing(), *letters("and so"), *letters("on", 1)], 0.0)
        pane.take_novelty({0: StreamNovelty(1, COPIES, ()), 1: StreamNovelty(1, LOOP, (), ADVICE)})
        await drawn(pilot)
        lines = screen_text(pilot.app).splitlines()
        assert [line for line in lines if f" {copies} " in line]
        assert [line for line in lines if f" {loop} " in line]
        assert lines[-1].endswith("─ auto ─╯")
        pane.selected = 1
        pane.feed([SampleEnd("a key (g)", 1)], 1.0)
        await drawn(pilot)
        assert screen_text(pilot.app).splitlines()[-1].endswith(f"─ {advice} ─╯")


@in_loop
async def test_what_was_said_of_an_earlier_text_is_not_said_of_the_next() -> None:
    pane = WritingPane()
    async with shown(pane, size=(120, 24)) as pilot:
        pane.feed([*showing(), *letters("and so")], 0.0)
        pane.take_novelty({0: StreamNovelty(1, COPIES, ((0, 6),))})
        pane.feed([item for item in showing() if isinstance(item, SampleStart)], 1.0)
        await drawn(pilot)
        assert "copied" not in screen_text(pilot.app)
        pane.take_novelty({0: StreamNovelty(1, COPIES, ((0, 6),))})
        await drawn(pilot)
        assert "copied" not in screen_text(pilot.app), "it came too late"
