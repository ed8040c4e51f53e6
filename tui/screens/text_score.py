"""ScoreScreen: type or paste a text, and see the model's surprise at each of its characters."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.screen import ModalScreen
from textual.widgets import Static

from model.tokens.replaced import sentence_of_replaced
from tui.engine.messages import TextScored
from tui.engine.writing.items import SampleEnd
from tui.screens.seed import SeedText
from tui.terminal.glyphs import Glyphs
from tui.views import quantities
from tui.views.quantities import Unit
from tui.widgets.explaining.asking import asking
from tui.widgets.footer import DialogKeys
from tui.widgets.writing.colour_legend import ColourLegend
from tui.widgets.writing.past_stream import PastStream
from tui.widgets.writing.token_stream import TokenStream

MOST_CHARACTERS = 20_000
"""Of a text that is scored: some seconds of work."""


class ScoredText(PastStream):
    """As high as its text, within the style's limit."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self.transcript.seeds_shown = True

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Its rows at this width, the scrollbar's column and the cursor's left out."""
        self.transcript.wrap(max(2, width - 2))
        return self.transcript.height


class ScoreScreen(ModalScreen[str]):
    """Asks for scores until it is closed; `show_score` gives it one. Returns the text, to be shown again.

    Args:
        score: asks for the score of a text.
        text: that is there at the beginning.
        glyphs: the signs of the terminal.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "close", "Close"),
        Binding("pageup", "look('page_up')", "Up", priority=True),
        Binding("pagedown", "look('page_down')", "Down", priority=True),
    ]

    def __init__(self, score: Callable[[str], object], text: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._score, self._text, self._glyphs = score, text, glyphs
        self._cut = False

    def compose(self) -> ComposeResult:
        """The text as it is typed; below it the text in colours, what they mean, and the mean."""
        with Vertical(classes="dialog", id="score") as dialog:
            dialog.border_title = asking("Score a text", "score")
            yield Static("Type or paste a text to see where it surprises the model.", classes="dialog-hint")
            yield SeedText((self._text,))
            yield ScoredText(self._glyphs)
            yield ColourLegend()
            yield Static(id="score-mean", markup=False)
            yield DialogKeys()

    def on_resize(self) -> None:
        """Name the keys that there is use for, once the room is shared."""
        self.call_after_refresh(self._name_keys)

    def _name_keys(self) -> None:
        for text in self.query(TokenStream):  # none where the dialog was closed meanwhile
            scroll = {"pgup_pgdn": "scroll"} if text.transcript.height > text.size.height else {}
            for keys in self.query(DialogKeys):
                keys.name_keys(enter="score", **SeedText.NEW_LINE, **scroll, esc="close")

    def on_seed_text_submitted(self, event: SeedText.Submitted) -> None:
        """Ask for its score."""
        text = event.text[:MOST_CHARACTERS]
        self._cut = len(event.text) > len(text)
        if len(text) < 2:
            self._say("A text needs two characters or more: the first is not predicted.")
        else:
            self._say("The model reads the text.")
            self._score(text)

    async def show_score(self, scored: TextScored, held_out: float | None, unit: Unit) -> None:
        """Show the text in colours, and how it compares with the held-out text, whose loss is in nats."""
        old = self.query_one(TokenStream)
        new = ScoredText(self._glyphs)
        new.colouring = "surprisal"
        new.show([*scored.items, SampleEnd("")])  # before it gets a place, which is as high as its text
        await self.query_one("#score").mount(new, before=old)
        await old.remove()
        self.query_one("#score").set_class(True, "-scored")
        self.query_one(ColourLegend).colouring = "surprisal"
        self._say(" ".join(self._sentences(scored, held_out, unit)))
        self.call_after_refresh(self._name_keys)

    def _sentences(self, scored: TextScored, held_out: float | None, unit: Unit) -> list[str]:
        said = []
        if scored.mean is not None:
            beside: Unit = "nats" if unit == "bits" else "bits"  # the colours are of bits in any case
            mean, other = (quantities.loss_words(scored.mean * math.log(2), each, 2) for each in (unit, beside))
            held_out_words = " (".join(quantities.loss(held_out, each, 2) for each in (unit, beside)) + ")"
            end = f"; the held-out text has {held_out_words}." if held_out is not None else "."
            said.append(f"{mean[0].upper()}{mean[1:]} ({other}) a character{end}")
        if scored.replaced:
            said.append(sentence_of_replaced(len(scored.replaced), "text's", scored.replaced) + " They are marked.")
        if self._cut:
            said.append(f"Only the first {MOST_CHARACTERS:,} characters were scored.")
        return said

    def _say(self, sentence: str) -> None:
        self.query_one("#score-mean", Static).update(sentence)

    def action_look(self, where: str) -> None:
        """Scroll the coloured text."""
        self.query_one(TokenStream).look(where)

    def action_close(self) -> None:
        """Return to the text that is written."""
        self.dismiss(self.query_one(SeedText).whole)
