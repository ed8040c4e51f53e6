"""ScoreKeys: the user's own text, scored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on

from tui.engine.messages import TextScored
from tui.keys.key_commands import ScoreText
from tui.screens.key_actions.key_screen import KeyScreen
from tui.widgets.writing.writing_pane import WritingPane

if TYPE_CHECKING:
    from tui.screens.text_score import ScoreScreen
    from tui.terminal.glyphs import Glyphs


class ScoreKeys(KeyScreen):
    """The key that scores a text."""

    _glyphs: Glyphs
    _score_screen: ScoreScreen | None = None
    _scored_text = ""
    """The last one that was typed or pasted."""

    def action_score(self) -> None:
        """Let the user type or paste a text, and show how well the model predicts it."""
        from tui.screens.text_score import ScoreScreen  # a text area is heavy; the first paint does not wait for it

        if self._works("score"):
            self._score_screen = ScoreScreen(lambda text: self._ask(ScoreText(text)), self._scored_text, self._glyphs)
            self.app.push_screen(self._score_screen, self._keep_text)

    def _keep_text(self, text: str | None) -> None:
        self._scored_text = text or ""

    @on(TextScored)
    async def _show_score(self, message: TextScored) -> None:
        sample = self.query_one(WritingPane).panel.sample
        end = self.view.best if sample and sample.best else self.view.epoch_end
        if self._score_screen is not None and self._score_screen.is_current:
            await self._score_screen.show_score(message, end.held_out if end else None, self.session.unit)
