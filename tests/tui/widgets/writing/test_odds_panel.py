"""The panel of odds draws for the room that it has."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Size

from model.recipe import WORDS
from tests.tui.screens.test_odds_keys import odds
from tui.terminal.glyphs import UNICODE
from tui.widgets.writing.odds_panel import OddsPanel
from tui.widgets.writing.writing_pane import WritingPane


class InARoom(OddsPanel):
    room = Size(80, 8)

    @property
    def size(self) -> Size:
        return self.room

    def style_of(self, component: str = "") -> Style:
        return Style()


def test_rows_are_made_for_the_room_that_there_is_when_they_are_drawn() -> None:
    panel, other = InARoom(UNICODE), InARoom(UNICODE)
    panel.set_reactive(OddsPanel.odds, odds())
    other.set_reactive(OddsPanel.odds, odds())
    narrow = panel.render_line(1).text
    panel.room = other.room = Size(120, 8)  # the event that says so is still to come
    assert panel.render_line(1).text == other.render_line(1).text != narrow


def test_the_heading_says_what_is_listed() -> None:
    panel = InARoom(UNICODE)
    assert "next character" in panel.render_line(0).text
    panel.token = WritingPane(WORDS).odds.token
    assert "next token" in panel.render_line(0).text
