"""The header of a stream and the line of its seed: as much as there is room for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from textual.app import App, ComposeResult

from model.sampling import Sampling
from tests.tui.driving import drawn, screen_text
from tests.tui.in_loop import in_loop
from tui.engine.writing.items import Seed
from tui.terminal.glyphs import ASCII, UNICODE, Glyphs
from tui.widgets.writing.seed_line import SeedLine
from tui.widgets.writing.stream_header import StreamHeader


class Shown(App[None]):
    def __init__(self, widget: StreamHeader | SeedLine) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


async def line_of(widget: StreamHeader | SeedLine, width: int) -> str:
    async with Shown(widget).run_test(size=(width, 1)) as pilot:
        await drawn(pilot)
        return screen_text(pilot.app)


def header(*, glyphs: Glyphs = UNICODE, **values: Any) -> StreamHeader:
    made = StreamHeader(glyphs)
    for name, value in values.items():
        setattr(made, name, value)
    return made


LONG = Sampling(1.0, top_k=5, top_p=0.9, min_p=0.05)
COPIED = "12 % copied"
HEADERS: list[tuple[int, dict[str, Any], str]] = [
    (20, {}, "─ 1.00 ─────────────"),
    (20, {"selected": True}, "▸ 1.00 ━━━━━━━━━━━━━"),
    (20, {"selected": True, "glyphs": ASCII}, "> 1.00 ============="),
    (30, {"notes": ("12 % copied",)}, "─ 1.00 ───────── 12 % copied ─"),
    (30, {"notes": ("12 % copied",), "place": "3 new below"}, "─ 1.00 ───────── 3 new below ─"),
    (20, {"notes": ("12 % copied",)}, "─ 1.00 ─────────────"),
    (30, {"complete": True}, "─ 1.00 ──────────── complete ─"),
    (30, {"complete": True, "notes": ("in a loop of 14", "in a loop")}, "─ 1.00 ───── in a loop of 14 ─"),
    (36, {"complete": True, "notes": ("12 % copied",)}, "─ 1.00 ───── complete, 12 % copied ─"),
    (30, {"complete": True, "notes": ("12 % copied",)}, "─ 1.00 ───────── 12 % copied ─"),
    (40, {"sampling": LONG, "notes": ("12 % copied, longest 9", COPIED)}, "─ 1.00, top-k 5, 2 more ── 12 % copied ─"),
    (41, {"sampling": LONG}, "─ 1.00, top-k 5, top-p 0.9, min-p 0.05 ──"),
    (40, {"sampling": LONG}, "─ 1.00, top-k 5, top-p 0.9, 1 more ─────"),
    (30, {"sampling": LONG, "notes": (COPIED,)}, "─ 1.00, 3 more ─ 12 % copied ─"),
    (28, {"sampling": LONG, "notes": (COPIED,)}, "─ 1.00, top-k 5, 2 more ────"),
    (28, {"sampling": replace(LONG, temperature_last=True)}, "─ top-k 5, 1.00, 2 more ────"),
    (24, {"sampling": replace(LONG, temperature_last=True)}, "─ 1.00, 3 more ─────────"),
    (34, {"sampling": Sampling(top_k=5, min_p=0.1, temperature_last=True)}, "─ top-k 5, min-p 0.1, 1.00 ───────"),
    (20, {"last_words": "and so on"}, "─ 1.00 and so on    "),
    (20, {"last_words": "and so on", "glyphs": ASCII}, "- 1.00 and so on    "),
]


@pytest.mark.parametrize(("width", "values", "line"), HEADERS)
@in_loop
async def test_a_header_says_what_there_is_room_for(width: int, values: dict[str, Any], line: str) -> None:
    assert await line_of(header(**values), width) == line


@in_loop
async def test_a_note_stands_after_the_place_where_both_have_room() -> None:
    line = await line_of(header(place="3 new below, End", notes=("12 % copied",)), 60)
    assert line.endswith("─ 3 new below, End, 12 % copied ─")


@in_loop
async def test_the_last_words_are_the_end_of_a_text_that_is_too_long() -> None:
    assert await line_of(header(last_words="and so on and so forth"), 20) == "─ 1.00 …and so forth"


def seed_line(seed: Seed | None, *, pinned: bool = False, glyphs: Glyphs = UNICODE) -> SeedLine:
    made = SeedLine(glyphs)
    made.seed, made.pinned = seed, pinned
    return made


@pytest.mark.parametrize(
    ("seed", "pinned", "glyphs", "line"),
    [
        (None, False, UNICODE, "seed"),
        (Seed("", ()), False, UNICODE, "seed  none"),
        (Seed("the will\nto", ()), False, UNICODE, "seed  the will↵to"),
        (Seed("the will\nto", ()), False, ASCII, "seed  the will|to"),
        (Seed("the will to", ()), True, UNICODE, "pinned seed  the will to"),
        (Seed("the will", (), prefix=" t"), True, UNICODE, "pinned seed  the will t"),
        (Seed("", (), prefix="th"), False, UNICODE, "seed  th"),
        (Seed("a seed that is longer than the line", ()), False, UNICODE, "seed  … longer than the line"),
    ],
)
@in_loop
async def test_the_seed_is_shown_from_its_end(seed: Seed | None, pinned: bool, glyphs: Glyphs, line: str) -> None:
    assert (await line_of(seed_line(seed, pinned=pinned, glyphs=glyphs), 28)).rstrip() == line


@in_loop
async def test_wide_characters_of_a_seed_do_not_push_it_over_the_edge() -> None:
    line = await line_of(seed_line(Seed("日本語" * 8, ())), 28)
    assert line.startswith("seed  …")
    assert line.rstrip().endswith("日本語")


@in_loop
async def test_stand_ins_are_marked_where_they_are_shown() -> None:
    widget = seed_line(Seed("a?b" * 20, (1, 55)))
    async with Shown(widget).run_test(size=(28, 1)) as pilot:
        await drawn(pilot)
        content = widget.render()
        marked = [content.plain[span.start : span.end] for span in content.spans if "underline" in str(span.style)]
        assert marked == ["?"]
        assert screen_text(pilot.app) == content.plain
