"""ExplainScreen: what stands on the screen below can be asked, with the arrows or the mouse, what it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.color import Color
from textual.geometry import Region
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen, Screen
from textual.strip import Strip

from model.options.explaining.explanations import find_explanation
from tui.keys.keymap import BY_ID
from tui.terminal.glyphs import Glyphs
from tui.widgets.explaining.asking import BEGINS, EXPLAINING, KEY, OR, Place, places_on
from tui.widgets.explaining.explanation_box import ExplanationBox, Shown

_LOOK_AGAIN_SECONDS = 0.5
"""Between two looks at the screen below, which may have changed."""

_ASPECT = 2
"""How much higher than wide a cell is."""

_CLEAR = Color(0, 0, 0, 0.0)
"""A tint that changes nothing."""


def said_of(terms: str) -> Shown | None:
    """The title and the text of a term or of a key: of the first that has a text."""
    for term in terms.split(OR):
        if (action := BY_ID.get(term.removeprefix(KEY))) and term.startswith(KEY):
            return Shown(f"{action.shown}: {action.title}", action.help)
        if found := find_explanation(term):
            return Shown(found.term, found.text)
    return None


def explained_on(asked: Screen[object]) -> list[Place]:
    """What of a screen has a text, in reading order."""
    return [place for place in places_on(asked) if said_of(place.term)]


def keep(place: Place | None, asked: Screen[object], glyphs: Glyphs) -> None:
    """Leave the text of a place, if there is one, open on a screen."""
    if place and (said := said_of(place.term)):
        box = ExplanationBox(glyphs, "esc closes")
        asked.mount(box)
        box.explain(said, place.region, asked.size)


class ExplainScreen(ModalScreen[Place | None]):
    """Returns the place whose text is to be kept open, if there is one.

    Args:
        asked: the screen below; something of it can be explained.
        glyphs: the signs to draw with.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(0, -1)", show=False),
        Binding("down", "go(0, 1)", show=False),
        Binding("left", "go(-1, 0)", show=False),
        Binding("right", "go(1, 0)", show=False),
        Binding("tab", "step(1)", show=False),
        Binding("shift+tab", "step(-1)", show=False),
        Binding("enter,space", "keep", show=False),
        Binding("escape,q", "leave", show=False),
    ]
    DEFAULT_CSS = """
    ExplainScreen { background: $background 55%; }
    ExplainScreen > .explain--place { color: $background; background: $accent; text-style: bold; }
    ExplainScreen > .explain--area { background: $panel; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"explain--place", "explain--area"}

    def __init__(self, asked: Screen[object], glyphs: Glyphs) -> None:
        super().__init__(classes=EXPLAINING)
        self._asked = asked
        self._box = ExplanationBox(glyphs, "arrows move", "enter keeps it", "esc leaves")
        self._places = explained_on(asked)
        begins: Region | None = getattr(asked.focused, BEGINS, None)
        near = min(self._places, key=lambda place: _distance(place.region, begins)) if begins else self._places[0]
        self.current = near
        """What is explained now."""

    def compose(self) -> ComposeResult:
        """The box; the screen below shows through."""
        yield self._box

    def on_mount(self) -> None:
        """Explain the chosen row or the first place, and look at the screen below again from time to time."""
        self._show(self.current)
        self.set_interval(_LOOK_AGAIN_SECONDS, self._look)

    def on_resize(self) -> None:
        """Everything is somewhere else."""
        self.call_after_refresh(self._look)

    def render(self) -> RenderableType:
        """The screen below, dimmed but for what can be explained."""
        below = super().render()
        if not isinstance(below, BackgroundScreen):
            return below
        now = self.current.region
        loud = self.get_component_rich_style("explain--place" if now.height == 1 else "explain--area")
        return _Marked(below, [each.region for each in self._places], now, loud)

    def _look(self) -> None:
        """See what the screen below shows; stay at what is explained, or near it."""
        places, now = explained_on(self._asked), self.current
        if places and places != self._places:
            self._places = places
            same = [place for place in places if place.term == now.term]
            self._show(min(same or places, key=lambda place: _distance(place.region, now.region)))

    def _show(self, place: Place) -> None:
        self.current = place
        if said := said_of(place.term):
            self._box.explain(said, place.region, self.size)
        self.refresh()

    # Keys and the mouse

    def action_go(self, across: int, down: int) -> None:
        """Go to the nearest place to one side."""
        here = self.current.region
        ahead = [place for place in self._places if _steps(here, place.region, across, down) > 0]
        if ahead:
            self._show(min(ahead, key=lambda place: _cost(here, place.region, across, down)))

    def action_step(self, steps: int) -> None:
        """Go to the next place in reading order, or to the one before."""
        if self.current in self._places:
            self._show(self._places[(self._places.index(self.current) + steps) % len(self._places)])

    def action_keep(self) -> None:
        """Leave, and keep the text open."""
        self.dismiss(self.current)

    def action_leave(self) -> None:
        """Leave."""
        self.dismiss(None)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Explain what is under the mouse."""
        if (place := self._under(event)) is not None and place != self.current:
            self._show(place)

    def on_click(self, event: events.Click) -> None:
        """Keep the text of what is clicked open."""
        event.stop()
        if (place := self._under(event)) is not None:
            self._show(place)
            self.action_keep()

    def _under(self, event: events.MouseEvent) -> Place | None:
        """The smallest place under the mouse, if there is one."""
        here = [place for place in self._places if place.region.contains_point(event.screen_offset)]
        return min(here, key=lambda place: place.region.area, default=None)


class _Marked:
    """The screen below: dim where nothing can be asked, and loud where it is explained now.

    Args:
        below: as Textual would draw it.
        bright: what can be explained.
        now: what is explained.
        loud: the style of that.
    """

    def __init__(self, below: BackgroundScreen, bright: Sequence[Region], now: Region, loud: Style) -> None:
        self._clear, self._tint = BackgroundScreen(below.screen, _CLEAR), below.color
        self._bright, self._now, self._loud = bright, now, loud

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for y, line in enumerate(Segment.split_lines(console.render(self._clear, options))):
            if y:
                yield Segment.line()
            bright = [region for region in self._bright if region.y <= y < region.bottom]
            now = [self._now] if self._now.y <= y < self._now.bottom else []
            strip = Strip(line)
            edges = {x for region in (*bright, *now) for x in (region.x, region.right)}
            cuts = sorted(x for x in edges if 0 < x < strip.cell_length)
            for x, piece in zip((0, *cuts), strip.divide([*cuts, strip.cell_length]), strict=False):
                lit = any(region.x <= x < region.right for region in bright)
                drawn = piece if lit else BackgroundScreen.process_segments(piece, self._tint)
                loud = self._loud if any(region.x <= x < region.right for region in now) else None
                yield from drawn if loud is None else Segment.apply_style(drawn, post_style=loud)


def _steps(here: Region, there: Region, across: int, down: int) -> int:
    """How far ahead a region begins, in columns or in rows."""
    return (there.x - here.x) * across + (there.y - here.y) * down


def _cost(here: Region, there: Region, across: int, down: int) -> int:
    """How unlikely it is that an arrow means this region: it may be far ahead, or aside."""
    aside = _gap(here.y, here.bottom, there.y, there.bottom), _gap(here.x, here.right, there.x, there.right)
    far = _steps(here, there, across, down)
    return far + 100 * aside[0] if across else _ASPECT * far + aside[1]


def _gap(start: int, stop: int, other_start: int, other_stop: int) -> int:
    """Cells between two stretches; 0 where they overlap."""
    return max(0, other_start - stop + 1, start - other_stop + 1)


def _distance(one: Region, other: Region) -> int:
    return abs(one.x - other.x) + _ASPECT * abs(one.y - other.y)
