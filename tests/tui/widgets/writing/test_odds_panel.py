"""The panel of odds draws for the room that it has."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Size

from model.recipe import WORDS
from model.sampling import Sampling
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


def test_the_heading_names_the_stream_and_the_bars_have_names_beside_filters_too() -> None:
    panel = InARoom(UNICODE)
    panel.set_reactive(OddsPanel.odds, odds())
    panel.set_reactive(OddsPanel.sampling, Sampling(0.2, top_k=5, min_p=0.05))
    panel.room = Size(66, 12)
    assert panel.render_line(0).text.startswith("─ next character of ▸ 0.20 ─")
    heads, first = panel.render_line(1).text, panel.render_line(2).text
    bars = first.index("█"), first.index("█", first.index("→"))
    assert (heads.index("before sampling"), heads.index("after")) == bars
    panel.room = Size(46, 12)  # the selected stream is marked above; how uncertain it is, nothing else says
    assert panel.render_line(0).text == "─ next character ──── 2.1 bits, about 4 ways ─"
    panel.room = Size(76, 5)
    assert "next character of ▸ 0.20 · before → after " in panel.render_line(0).text
    assert "█" in panel.render_line(1).text


def test_the_heading_says_at_which_sampling_the_text_was_written_if_it_was_another() -> None:
    panel = InARoom(UNICODE)
    panel.set_reactive(OddsPanel.choosing, True)
    panel.set_reactive(OddsPanel.sampling, Sampling(1.2))
    for drawn_with, words in ((Sampling(0.2), "odds at ▸ 1.20, written at 0.20"), (Sampling(1.2), "cursor in ▸ 1.20")):
        panel.set_reactive(OddsPanel.odds, odds()._replace(drawn_with=drawn_with))
        for size in (Size(76, 5), Size(68, 12)):
            panel.room = size
            assert words in panel.render_line(0).text
            assert "2.1 bits, about 4 ways" in panel.render_line(0).text
    panel.set_reactive(OddsPanel.odds, odds()._replace(drawn_with=Sampling(0.2)))
    panel.room = Size(46, 12)
    assert panel.render_line(0).text == "─ at the cursor ───── 2.1 bits, about 4 ways ─"
