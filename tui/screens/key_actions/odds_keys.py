"""OddsKeys: the odds, the colours, and the cursor that goes back to choose another character."""

from __future__ import annotations

from textual import on

from tui.engine.writing.items import Item, Rewrite, SampleStart
from tui.keys.key_commands import AskOdds, ChooseToken, LookAt, Redo, Undo
from tui.screens.key_actions.baseline_keys import BaselineKeys
from tui.screens.key_actions.sampling_keys import SamplingKeys
from tui.screens.key_actions.score_keys import ScoreKeys
from tui.screens.key_actions.stream_keys import StreamKeys
from tui.screens.key_actions.text_keys import TextKeys
from tui.screens.key_actions.writing_keys import WritingKeys
from tui.widgets.writing.odds_panel import OddsPanel
from tui.widgets.writing.token_stream import TokenStream
from tui.widgets.writing.writing_pane import WritingPane


class OddsKeys(BaselineKeys, ScoreKeys, SamplingKeys, StreamKeys, WritingKeys, TextKeys):
    """The keys of the group "Odds", and what other keys do while the cursor is placed."""

    def action_odds(self) -> None:
        """Show or hide the odds; from an epoch, show them with the live text, which alone has them."""
        was_live = self.time_lapse.epoch is None
        if self._works("odds"):
            self._show_odds(not (was_live and self.session.odds))
            if not was_live:
                self.notify("Back to the live text, with its odds.")

    def action_colour(self) -> None:
        """Colour the text by something else."""
        if self._works("colour"):
            self.session.step_colouring()
            self.show_session()

    def action_move_cursor(self, steps: int) -> None:
        """Go back (-1) or on (1) through the text, one character."""
        if not self._works("cursor-back"):
            return
        cursor, end = self.session.cursor, self.query_one(WritingPane).panel.written
        there = min(end, (end if cursor is None else cursor) + steps)
        if there < 0:
            self.notify("This is the beginning of what was written.")
        elif there == cursor:
            self.notify("This is the end of the text.")
        else:
            self._look_at(there)

    @on(TokenStream.Pointed)
    def _look_at_clicked(self, message: TokenStream.Pointed) -> None:
        here = self.time_lapse.epoch is None and self.query_one(WritingPane).panel.text is message.control
        if not (here and self.session.writing_paused):
            return
        if message.offset is None:
            self.notify("The cursor walks through a stream's newest text; the odds of earlier ones are not kept.")
        elif self._works("cursor-back"):
            self._look_at(message.offset)

    def action_choose(self) -> None:
        """Go on from the cursor with the marked character."""
        if self._works("choose"):
            self._choose(self.session.choice)

    @on(OddsPanel.Clicked)
    def _choose_clicked(self, message: OddsPanel.Clicked) -> None:
        if self._works("choose"):
            self._choose(message.row)

    def action_undo(self) -> None:
        """Return to the text before the last choice."""
        if self._works("undo"):
            self._ask(Undo(self.session.selected))

    def action_redo(self) -> None:
        """Return to the text that undo left."""
        if self._works("redo"):
            self._ask(Redo(self.session.selected))

    def action_live(self) -> None:
        """Take the cursor away; where there is none, close the baseline."""
        if not self._works("live"):
            return
        if self.session.cursor is None:
            self.session.baseline = None
            self.show_session()
        self._look_at(None)

    # Keys that do something else while the cursor is placed

    def action_temperature(self, index: int) -> None:
        """Choose a row of the odds, or set one of the recipe's temperatures."""
        if self.session.cursor is None:
            super().action_temperature(index)
        else:
            self._choose(index)

    def action_look(self, where: str) -> None:
        """Mark another row of the odds, or scroll the text."""
        if self.session.cursor is None or where not in ("up", "down"):
            super().action_look(where)
            return
        rows = self.query_one(OddsPanel).rows
        there = self.session.choice + (1 if where == "down" else -1)
        if 0 <= there < rows:
            self.session.choice = there
            self.show_session()
        else:
            self.notify(f"This is the {'end' if where == 'down' else 'beginning'} of the list.")

    def action_pause_writing(self) -> None:
        """Pause or resume writing; the text goes on from its end, not from the cursor."""
        self._look_at(None)
        super().action_pause_writing()

    def action_write_one(self) -> None:
        """Write one character at the end of the text."""
        self._look_at(None)
        super().action_write_one()

    def _select(self, stream: int) -> None:
        if stream != self.session.selected:
            self._look_at(None)
        super()._select(stream)

    # What both do

    def _show_odds(self, on: bool) -> None:
        if not on:
            self._look_at(None)
        if on != self.session.odds:
            self.session.odds = on
            self._ask(AskOdds(on))

    def _look_at(self, offset: int | None) -> None:
        """Place the cursor, and show the odds there; or take it away."""
        session = self.session
        if offset is None and session.cursor is None:
            return
        if offset is not None:
            self._show_odds(True)
        session.place_cursor(offset)
        self._ask(LookAt(session.selected, offset))

    def _choose(self, row: int) -> None:
        """Go on with a character of the list, at the place that the list is of."""
        odds = self._engine.buffer.odds
        if odds is None or odds.stream != self.session.selected or row >= self.query_one(OddsPanel).rows:
            self.notify("There is no such row in the list.")
            return
        token = odds.likeliest.rows[row].token
        if token == odds.there:
            self.notify("That stands there already: choose another row.")
            return
        self.session.choice = 0
        self._ask(ChooseToken(odds.stream, odds.offset, token))

    def _follow_text(self, items: list[Item]) -> None:
        """Keep the cursor where the selected stream's text goes on, or was undone; a new sample has none."""
        session = self.session
        for item in items:
            if item.stream != session.selected:
                continue
            if isinstance(item, Rewrite) and item.cursor is not None and session.writing_paused and session.odds:
                self._look_at(item.cursor)
            elif isinstance(item, Rewrite | SampleStart) and session.cursor is not None:
                begins = isinstance(item, SampleStart)
                session.place_cursor(None if begins else self.query_one(WritingPane).panel.written)
                self.show_session()
