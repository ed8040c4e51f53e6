"""StreamPanel: one of the texts that are written at once, with its header."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.message import Message
from textual.widget import Widget

from model.recipe import Recipe
from tui.engine.messages import StreamNovelty
from tui.engine.writing.items import Item, Rewrite, SampleStart, Seed
from tui.terminal.glyphs import Glyphs
from tui.views.time_lapse_view import PastText
from tui.widgets.writing.past_stream import PastStream
from tui.widgets.writing.stream_header import StreamHeader
from tui.widgets.writing.token_stream import TokenStream

_LAST_WORDS = 160
"""Characters: more than a line shows."""


class StreamPanel(Widget):
    """Give it the items of its stream with `feed`.

    Args:
        number: the stream's, from 0.
        glyphs: the signs of the terminal.
        past: whether it shows with `show` what was written before, rather than what is being written.
    """

    DEFAULT_CSS = """
    StreamPanel {
        height: 1fr;
        & TokenStream { height: 1fr; max-width: 92; }
        & TokenStream > .token-stream--cursor { color: $text-muted; }
        &.-selected TokenStream > .token-stream--cursor { color: $accent; }
        & TokenStream > .token-stream--heading { color: $text-muted; text-style: none; }
        &.-brief { height: 1; }
        &.-brief TokenStream { display: none; }
    }
    """

    explains = "stream"

    class Chosen(Message):
        """The user has clicked on a stream."""

        def __init__(self, stream: int) -> None:
            self.stream = stream
            super().__init__()

    def __init__(self, number: int, glyphs: Glyphs, *, past: bool = False) -> None:
        super().__init__()
        self.number = number
        self.chained = False
        """Whether each part of a showing continues the one before."""
        self.header = StreamHeader(glyphs)
        """The line above the text."""
        self.text = PastStream(glyphs) if past else TokenStream(glyphs)
        """What is written."""
        self.sample: SampleStart | None = None
        """The beginning of the newest sample that was written here, if any."""
        self._passages = 0
        """Texts that began, rewritten ones among them."""
        self.advice: tuple[str, ...] = ()
        """If the newest text goes round in circles: the way out, in ever fewer words."""
        self.seed: str | None = None
        """That of the newest sample, or of the first of those that it continues."""
        self.undo = self.redo = False
        """Whether there is a text that undo returns to, or redo."""

    def compose(self) -> ComposeResult:
        """The text below its header."""
        yield self.header
        yield self.text

    def adopt(self, recipe: Recipe) -> None:
        """Show the texts to come as a recipe asks for."""
        self.chained = recipe.chain_samples
        self.text.transcript.seeds_in_lines = recipe.lines
        self.text.transcript.in_turn = recipe.in_turn
        if not isinstance(self.text, PastStream):
            self.text.transcript.seeds_shown = recipe.streams == 1

    @property
    def has_text(self) -> bool:
        """Whether there is any text."""
        return self.text.transcript.height > 0

    @property
    def _begins_anew(self) -> bool:
        """Whether the newest sample continues no other."""
        sample = self.sample
        return sample is not None and sample.kind != "continued" and not (self.chained and sample.part > 1)

    @property
    def known(self) -> bool:
        """Whether the newest text was written here, so that its odds are known."""
        last = self.text.transcript.last
        return last is not None and last.start is not None and not last.start.elsewhere

    @property
    def written(self) -> int:
        """Characters of the newest text, without its seed."""
        last = self.text.transcript.last
        return last.written if last else 0

    def feed(self, items: Sequence[Item]) -> None:
        """Show what was written."""
        self.text.append(items)
        for item in items:
            if isinstance(item, SampleStart | Rewrite):
                self._passages += 1
                self.header.notes = self.advice = ()
                self.undo, self.redo = (item.undo, item.redo) if isinstance(item, Rewrite) else (False, False)
            if isinstance(item, SampleStart) and not item.elsewhere:
                self.sample = item
            elif isinstance(item, Seed) and self._begins_anew:
                self.seed = item.asked
        self.header.complete = self.has_text and not self.text.transcript.writing
        self._tell_place()
        self._tell_last_words()

    def take_novelty(self, novelty: StreamNovelty) -> None:
        """Show how new the text is, if it still is the newest."""
        last = self.text.transcript.last
        if last is None or novelty.passage != self._passages:
            return
        self.header.notes, self.advice = novelty.notes, novelty.advice
        if last.copies != novelty.copies:
            last.copies = novelty.copies
            if self.text.colouring == "copied":
                self.text.watch_colouring()

    def show(self, past: PastText, seed: str) -> None:
        """Show a text that was written before, instead of any other."""
        self.header.sampling, self.header.notes, self.seed = past.sampling, past.notes, seed
        if isinstance(self.text, PastStream):
            self.text.show(past.items)
        self._tell_last_words()

    def present(self, *, selected: bool, brief: bool, in_sight: bool) -> None:
        """Mark it as the selected one, or show only its last words, or nothing of it."""
        self.display = in_sight
        self.set_class(selected, "-selected")
        self.set_class(brief, "-brief")
        self.header.selected = selected
        self._tell_last_words()

    def on_mouse_down(self) -> None:
        """Let the screen know, which decides what is selected."""
        self.post_message(self.Chosen(self.number))

    @on(TokenStream.FollowChanged)
    def _tell_place(self) -> None:
        if isinstance(self.text, PastStream):
            return
        new = self.text.new_lines
        self.header.place = "" if self.text.following else f"{new} new below, End" if new else "End follows"

    def _tell_last_words(self) -> None:
        last = self.text.transcript.last
        words = last.tail(_LAST_WORDS) if last else ""
        self.header.last_words = words if self.has_class("-brief") else None
