"""OddsPanel: what may come next in the selected stream, before and after sampling."""

from __future__ import annotations

from itertools import product
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from model.sampling import Sampling
from tui.engine.writing.branching.odds import Odds
from tui.terminal.glyphs import Glyphs
from tui.views.odds_view import CUT_BY, Piece, first_in_sight, heads, table, uncertainty
from tui.widgets.explaining.asking import asks_segment
from tui.widgets.styled_rows import BareRows

_LEAST_ROWS, _MOST_ROWS = 5, 12
"""Its height, with its title."""
_HEADS_FROM = 8
"""Rows from which the bars have heads; below, the title names them."""
_ROWS_OF_TEXT = 12
"""That are left to the streams where there is room."""


def rows_of(height: int) -> int:
    """How many rows of a pane of this height the odds take."""
    return min(_MOST_ROWS, max(_LEAST_ROWS, height - _ROWS_OF_TEXT))


class OddsPanel(BareRows, can_focus=False):
    """Set `odds` to the newest ones, and the rest to what keys have set."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "odds--rule",
        "odds--title",
        "odds--key",
        "odds--token",
        "odds--before",
        "odds--after",
        "odds--number",
        "odds--cut",
        "odds--chosen",
    }

    DEFAULT_CSS = """
    OddsPanel {
        display: none;
        max-width: 92;
        & > .odds--rule { color: $border; }
        & > .odds--title { color: $text-muted; }
        & > .odds--key { color: $accent; }
        & > .odds--token { color: $foreground; text-style: bold; }
        & > .odds--before { color: $text-disabled; }
        & > .odds--after { color: $accent; }
        & > .odds--number { color: $text-muted; }
        & > .odds--cut { color: $text-disabled; }
        &:nocolor > .odds--cut { text-style: dim; }
        & > .odds--chosen { background: $panel; }
    }
    """

    explains = "odds"

    odds: reactive[Odds | None] = reactive(None)
    """The newest; None while there are none."""
    sampling: reactive[Sampling] = reactive(Sampling())
    """That of the selected stream."""
    choosing: reactive[bool] = reactive(False)
    """Whether keys choose a token: the cursor is placed."""
    chosen: reactive[int] = reactive(0)
    """The row that `enter` chooses, from 0."""

    class Clicked(Message):
        """The user has clicked on a row of the list, from 0."""

        def __init__(self, row: int) -> None:
            self.row = row
            super().__init__()

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self.token = "character"
        """What one token is called."""
        self._signs = glyphs
        self._rows: list[list[Piece]] | None = None
        self._laid_out_for = Size()
        """The room that the rows were made for: a frame may be drawn before the event says that it has changed."""

    def watch_odds(self) -> None:
        """Draw them."""
        self._rows = None

    def watch_choosing(self) -> None:
        """Name the keys."""
        self._rows = None

    def watch_chosen(self) -> None:
        """Mark it."""
        self._rows = None

    @property
    def rows(self) -> int:
        """Tokens in the list, in sight or not."""
        return len(self.odds.likeliest.rows) if self.odds else 0

    @property
    def _room(self) -> int:
        """Tokens that there is room for."""
        return max(0, self.size.height - self._above)

    @property
    def _first(self) -> int:
        """The first in sight."""
        return first_in_sight(self.chosen, self._room) if self.choosing else 0

    @property
    def _above(self) -> int:
        """Rows above the list: the title, and the heads of the bars if there is room for them."""
        return 1 + (self.size.height >= _HEADS_FROM)

    def on_click(self, event: Click) -> None:
        """Say which row it was, if it was one."""
        row = self._first + event.y - self._above
        if event.y >= self._above and row < self.rows:
            self.post_message(self.Clicked(row))

    def row(self, y: int) -> Strip:
        """The title, and a token in each other row."""
        if y == 0:
            return self._title()
        if self._rows is None or self._laid_out_for != self.size:
            self._rows, self._laid_out_for = self._table(), self.size
        if y > len(self._rows):
            return Strip.blank(self.size.width, self.style_of())
        marked = self.choosing and self._first + y - self._above == self.chosen
        segments = [Segment(text, self._look_of(text, look)) for text, look in self._rows[y - 1]]
        ground = self.style_of("odds--chosen") if marked else self.style_of()
        if marked:  # its own colours on another ground
            on = Style(bgcolor=ground.bgcolor)
            segments = [Segment(text, (style or on) + on) for text, style, _ in segments]
        return Strip(segments).crop_extend(0, self.size.width, ground)

    def _look_of(self, text: str, look: str) -> Style:
        style = self.style_of(f"odds--{look}")
        return style + asks_segment(text.removeprefix(CUT_BY)) if text.startswith(CUT_BY) else style

    def _table(self) -> list[list[Piece]]:
        if self.odds is None:
            return []
        rows = table(
            self.odds.likeliest,
            self.size.width,
            self._room,
            signs=self._signs,
            chosen=self.chosen if self.choosing else None,
            there=self.odds.there,
            longer=self.token != "character",
        )
        mark = "" if self.odds.there is None else self._signs.marked
        return [heads(rows[0], self.size.width, mark), *rows] if rows and self._above > 1 else rows

    def _title(self) -> Strip:
        signs, width = self._signs, self.size.width
        what, of = ("at the cursor", "in") if self.choosing else (f"next {self.token}", "of")
        samplings = dict.fromkeys((self.sampling.short, self.sampling.name))
        named = [f" {what} {of} {signs.pointer} {each} " for each in samplings]
        both = [f"{each}{signs.dot} before {signs.arrow} after{end} " for each in named for end in (" sampling", "")]
        rights = [f" {each} " for each in (uncertainty(self.odds) if self.odds else ["no odds yet"])]
        pairs = [*((left, right) for right in rights[:2] for left in named), *product([f" {what} "], rights)]
        if self._above == 1 or self.odds is None:
            pairs = [*product(both, rights[:2]), *pairs]
        drawn_with = self.odds.drawn_with if self.odds else None
        if drawn_with and drawn_with != self.sampling:
            then = f" odds at {signs.pointer} {self.sampling.short}, written at {drawn_with.short} "
            pairs = [*product([then], rights[:2]), *pairs]
        fitting = (pair for pair in pairs if len("".join(pair)) + 4 <= width)
        before, right = next(fitting, ("", rights[-1]))
        line, words = (self.style_of(f"odds--{each}") for each in ("rule", "title"))
        rule = max(0, width - len(before) - len(right) - 2)
        return Strip(
            [
                Segment(signs.rule, line),
                Segment(before, words),
                Segment(signs.rule * rule, line),
                Segment(right, words + asks_segment("entropy") if self.odds else words),
                Segment(signs.rule, line),
            ]
        ).crop_extend(0, width, line)
