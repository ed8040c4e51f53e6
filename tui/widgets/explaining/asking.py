"""What on a screen can be explained, and where.

A widget declares it in one of two ways. A piece of its text, of its border titles too, carries a term in its style:
`asking("2.31", "bits")`, `content.stylize(asks("bits"))`, or `asks_segment` where segments are drawn. An attribute
`explains = "training"` stands for all that the widget covers. A term is one that `charlstm explain` knows, or the id of
an action of the keymap behind KEY.

A widget with a chosen row has its region as `explaining_begins`; while it has the keyboard, that is explained first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rich.style import Style as RichStyle
from textual.content import Content
from textual.errors import NoWidget
from textual.geometry import Region
from textual.screen import Screen
from textual.strip import Strip
from textual.style import Style
from textual.widget import Widget

OR = "|"
"""Between terms of which the first that has a text counts."""

KEY = "key:"
"""Before the id of an action."""

EXPLAINING = "-explaining"
"""The class of a screen that explains the one below, which looks as if it were on top."""

BEGINS = "explaining_begins"
"""The attribute of a widget that says what is explained first."""

_META = "explains"


class Place(NamedTuple):
    """Something on the screen that can be explained."""

    region: Region
    """In cells, from the screen's upper left corner."""
    term: str


def asks(*terms: str) -> Style:
    """A style for content that can be explained, and no other change. The first of `terms` that has a text counts."""
    return Style.from_meta({_META: OR.join(terms)})


def asking(text: str, *terms: str) -> Content:
    """A text that can be explained as a whole."""
    return Content(text).stylize(asks(*terms))


def asking_words(content: Content, *words: str) -> Content:
    """A text whose words, each a term, can be explained where they stand in it."""
    for word in words:
        start = content.plain.find(word)
        if start >= 0:
            content = content.stylize(asks(word), start, start + len(word))
    return content


def asks_segment(*terms: str) -> RichStyle:
    """The same for segments."""
    return RichStyle(meta={_META: OR.join(terms)})


def places_on(screen: Screen[object]) -> list[Place]:
    """All that can be explained of what a screen shows, in reading order."""
    found = [place for widget in screen.query(Widget) for place in _places_of(widget)]
    return sorted(found, key=lambda place: (place.region.y, place.region.x, -place.region.area))


def _places_of(widget: Widget) -> Iterator[Place]:
    if not widget.visible:
        return
    try:
        shown = widget.screen.find_widget(widget)
    except NoWidget:  # a part of something that is out of sight
        return
    in_sight = shown.visible_region
    if not in_sight:
        return
    term = getattr(widget, _META, "")
    if term:
        yield Place(in_sight, term)
    corner = shown.region.offset
    lines = widget.render_lines(Region(0, 0, *shown.region.size))
    for region, term in _joined(lines):
        place = region.translate(corner).intersection(in_sight)
        if place:
            yield Place(place, term)


def _joined(lines: list[Strip]) -> list[tuple[Region, str]]:
    """What the segments of lines ask, neighbours beside and below each other as one."""
    joined: list[tuple[Region, str]] = []
    for y, line in enumerate(lines):
        for start, stop, term in _runs(line):
            run = Region(start, y, stop - start, 1)
            above = [at for at, (region, its) in enumerate(joined) if its == term and _above(region, run)]
            if above:
                joined[above[-1]] = (joined[above[-1]][0].union(run), term)
            else:
                joined.append((run, term))
    return joined


def _above(region: Region, run: Region) -> bool:
    return region.bottom == run.y and region.x < run.right and run.x < region.right


def _runs(line: Strip) -> Iterator[tuple[int, int, str]]:
    """Stretches of a line, in cells, that ask one term each."""
    x, begun, asked = 0, 0, ""
    for segment in line:
        term = segment.style.meta.get(_META, "") if segment.style and segment.style.meta else ""
        if term != asked:
            if asked:
                yield begun, x, asked
            begun, asked = x, term
        x += segment.cell_length
    if asked:
        yield begun, x, asked
