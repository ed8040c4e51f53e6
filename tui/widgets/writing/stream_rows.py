"""The rows of the stream as styled segments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from typing import NamedTuple

from rich.segment import Segment
from rich.style import Style

from tui.terminal.glyphs import Glyphs
from tui.text.colouring import LEVELS, NO_LEVEL, UNIT_LEVELS, Colouring, levels
from tui.text.passage import WRITTEN, Kind
from tui.text.transcript import Transcript
from tui.text.wrapping import drawn_with, show

_LEFT_TO_RIGHT_MARK = "\u200e"
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff]")

STYLES = {
    Kind.SEED: "token-stream--seed",
    Kind.UNKNOWN: "token-stream--unknown",
    Kind.TEXT: "token-stream--text",
    Kind.CHOSEN: "token-stream--chosen",
    Kind.MARK: "token-stream--mark",
}

LEVEL_STYLES = [f"level-{level}" for level in range(LEVELS)]
UNIT_STYLES = [f"unit-level-{level}" for level in range(UNIT_LEVELS)]
LEVEL_CSS = """
        & > .level-0 { color: $text-muted; }
        & > .level-1 { color: $foreground; }
        & > .level-2 { color: $accent; text-style: bold; }
        & > .level-3 { color: $accent; text-style: bold underline; }
        &:nocolor > .level-0 { text-style: dim; }
        &:nocolor > .level-3 { text-style: underline; }
        & > .unit-level-0 { color: $primary; text-style: underline; }
        & > .unit-level-1 { color: $primary; }
        & > .unit-level-2 { color: $text-muted; }
        & > .unit-level-3 { color: $accent; }
        & > .unit-level-4 { color: $accent; text-style: underline; }
        &:nocolor > .unit-level-0 { text-style: dim underline; }
        &:nocolor > .unit-level-1 { text-style: dim; }
        &:nocolor > .unit-level-3 { text-style: bold; }
        &:nocolor > .unit-level-4 { text-style: bold underline; }
"""
"""Dim, plain, bold and underlined tell the levels apart where colours do not."""


def level_styles(colouring: Colouring) -> list[str]:
    """The component class of each level."""
    return UNIT_STYLES if colouring == "unit" else LEVEL_STYLES


LOOKS = {
    "token-stream--heading",
    "token-stream--rule",
    "token-stream--cursor",
    *STYLES.values(),
    *LEVEL_STYLES,
    *UNIT_STYLES,
}
"""The component classes of a stream's text."""

STREAM_CSS = f"""
    TokenStream {{
        overflow: hidden scroll;
        scrollbar-size-vertical: 1;
        & > .token-stream--heading {{ color: $foreground; text-style: bold; }}
        & > .token-stream--rule {{ color: $border; }}
        & > .token-stream--seed {{ color: $text-muted; text-style: italic; }}
        & > .token-stream--unknown {{ color: $error; text-style: italic underline; }}
        & > .token-stream--text {{ color: $foreground; }}
        & > .token-stream--mark {{ color: $accent; text-style: bold; }}
        & > .token-stream--chosen {{ color: $accent; text-style: bold underline; }}
        & > .token-stream--cursor {{ color: $accent; text-style: reverse; }}
        &:nocolor > .token-stream--seed {{ text-style: italic dim; }}
        {LEVEL_CSS}
        &.-ascii {{ scrollbar-size-vertical: 0; }}
    }}
"""


class _Look(NamedTuple):
    """How a character looks."""

    kind: Kind
    level: int
    """Of its colour."""
    emoji: int | None = None
    """Of one that takes several characters, the first, so that it has a segment of its own: Textual takes each of its
    characters for as wide as alone, when it looks which one the mouse has selected."""


def row_segments(
    transcript: Transcript,
    y: int,
    style: Callable[[str], Style],
    signs: Glyphs,
    colouring: Colouring = "off",
    cursor: int | None = None,
) -> list[Segment]:
    """Row `y` of the transcript, with the cursor.

    Args:
        transcript: the text.
        y: a row that it has.
        style: gives the style of a component class.
        signs: those of headings and of characters that cannot be shown.
        colouring: what the colours of written characters mean.
        cursor: characters of the newest passage's flow before the cursor; None is at the end of a growing text.
    """
    passage, row = transcript.locate(y)
    if row < 0:
        label = transcript.heading(passage) if row == passage.heading_row else ""
        if not label:
            return []
        return [
            Segment(label[:3], style("token-stream--rule")),
            Segment(label[3:], style("token-stream--heading")),
            Segment(signs.rule * (transcript.width + 1 - len(label)), style("token-stream--rule")),
        ]
    spans = list(passage.spans(row))
    glyphs, cells = show("".join(span.text for span in spans), signs.ascii_only)
    looks, start = list[_Look](), passage.offset(row)
    for text, kind in spans:
        first = start + len(looks)
        coloured = colouring != "off" and kind in WRITTEN
        found = levels(passage, first, first + len(text), colouring) if coloured else [NO_LEVEL] * len(text)
        looks += [_Look(kind, level) for level in found]
    if cells:
        looks = _one_look_a_cell(looks, cells, colouring)
    segments, done = list[Segment](), 0
    for (kind, level, _), run in groupby(looks):
        upto, own = done + len(list(run)), style(STYLES[kind])
        own = own if level == NO_LEVEL else own + style(level_styles(colouring)[level])
        segments.append(Segment(glyphs[done:upto], own))
        done = upto
    if cursor is not None:
        if passage is transcript.last and passage.row(cursor) == row:
            on = style("token-stream--cursor")
            first, end = drawn_with(cells, cursor - start)
            segments = highlighted(segments, first, end, on) if first < done else [*segments, Segment(" ", on)]
        return segments
    if transcript.writing and y == transcript.height - 1:
        segments.append(Segment(" ", style("token-stream--cursor")))
    return segments


def _one_look_a_cell(looks: list[_Look], cells: list[int], colouring: Colouring) -> list[_Look]:
    """The looks of a row's characters, the same for all that are drawn in one place: an emoji of several, or a letter
    with its accents.

    It is as surprising as the most surprising of them, so that no surprise is hidden; a unit says what it says after
    the last.
    """
    settled, at = list[_Look](), 0
    while at < len(looks):
        _, end = drawn_with(cells, at)
        together = looks[at:end]
        level = together[-1].level if colouring == "unit" else max(each.level for each in together)
        emoji = at if end > at + 1 and cells[at] > 1 else None
        settled += [_Look(together[-1].kind, level, emoji)] * len(together)
        at = end
    return settled


def highlighted(segments: Iterable[Segment], start: int, end: int, style: Style) -> list[Segment]:
    """The segments with another style on the characters from `start` to `end`; -1 is the end of the row."""
    done = 0
    pieces = []
    for text, own, _ in segments:
        first = max(0, start - done)
        last = len(text) if end == -1 else max(first, end - done)
        for piece, selected in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if piece:
                pieces.append(Segment(piece, own + style if own and selected else own))
        done += len(text)
    return pieces


def isolated(segments: list[Segment]) -> list[Segment]:
    """The segments of a row so that right-to-left letters change places among themselves only.

    Which way they run is up to the terminal: many show them from right to left, others in the order in which they are
    written, from left to right. Those that turn them around do so for the whole line, panes and borders included,
    unless marks without width say where left-to-right text begins.
    """
    if any(map(_RIGHT_TO_LEFT.search, (segment.text for segment in segments))):
        return [Segment(_LEFT_TO_RIGHT_MARK), *segments, Segment(_LEFT_TO_RIGHT_MARK)]
    return segments
