"""BaselinePanel: what counting writes from the seed that the model continues, below what the model writes."""

from __future__ import annotations

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive, var
from textual.widget import Widget
from textual.widgets import Static

from tui.engine.writing.items import SampleEnd, Written
from tui.terminal.glyphs import UNICODE, Glyphs
from tui.text.colouring import Colouring
from tui.views.writing_words import fitting
from tui.widgets.explaining.asking import asks
from tui.widgets.writing.past_stream import PastStream

_LEAST, _MOST = 4, 9
"""Rows, with the title."""
_LEAST_ROOM = 9
"""Rows that it shares with the streams, below which it takes none."""
_RULE_CELLS = 3
"""Of the title's row, at least, that belong to the rule."""


class BaselinePanel(Widget, can_focus=False):
    """Set `titles` and the rest to the current values; give it a text with `show`, or a sentence with `say`."""

    DEFAULT_CSS = """
    BaselinePanel {
        display: none;
        max-width: 92;
        & PastStream { height: 1fr; }
        & > #baseline-note { height: 1fr; color: $text-muted; }
        &.-noted PastStream { display: none; }
        & > #baseline-note { display: none; }
        &.-noted > #baseline-note { display: block; }
    }
    """

    explains = "n-gram"

    shown: var[bool] = var(False, init=False)
    """Whether it is to be seen, where there is room for it."""
    titles: var[tuple[str, ...]] = var((), init=False)
    """What is shown, in ever fewer words."""
    sampling: var[str] = var("", init=False)
    """How it is drawn, in a few words."""
    colouring: var[Colouring] = var("off", init=False)
    """What the colours of the text mean."""

    class Clicked(Message):
        """The title was clicked."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        super().__init__()
        self._title = _Title(glyphs)
        self._text = PastStream(glyphs)
        self._note = Static(id="baseline-note", markup=False)
        self._room = 0

    @property
    def fits(self) -> bool:
        """Whether there is room for it."""
        return self._room >= _LEAST_ROOM

    def fit(self, room: int) -> None:
        """Take a third of so many rows, which it shares with the streams; none of too few."""
        self._room, self.styles.height = room, min(_MOST, max(_LEAST, room // 3))
        self.watch_shown()

    def watch_shown(self) -> None:
        """Show it, or make room."""
        self.display = self.shown and self.fits

    def compose(self) -> ComposeResult:
        """The text below its title, or why there is none."""
        yield from (self._title, self._text, self._note)

    def show(self, items: Sequence[Written]) -> None:
        """Show a text, instead of any other."""
        self.set_class(False, "-noted")
        self._text.show([*items, SampleEnd("")])

    def say(self, sentence: str) -> None:
        """Say why there is no text."""
        self.set_class(True, "-noted")
        self._note.update(sentence)

    def watch_titles(self) -> None:
        """Show them."""
        self._title.titles = self.titles

    def watch_sampling(self) -> None:
        """Show it."""
        self._title.sampling = self.sampling

    def watch_colouring(self) -> None:
        """Colour the text."""
        self._text.colouring = self.colouring


class _Title(Widget):
    """The row above the text, like that of a stream."""

    DEFAULT_CSS = """
    _Title { height: 1; }
    """

    titles: reactive[tuple[str, ...]] = reactive(())
    sampling: reactive[str] = reactive("")

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._signs = glyphs

    def render(self) -> Content:
        """As much as there is room for."""
        rule, width = self._signs.rule, self.size.width
        room = width - 2 * _RULE_CELLS
        title = fitting(self.titles, room) if self.titles else ""
        at = f" at {self.sampling} "
        if len(title) + len(at) > room:
            at = ""
        left = Content(rule * max(0, width - len(title) - 3 - len(at) - bool(at))).stylize("$border")
        end = Content(at).stylize("$text-muted").stylize(asks("temperature"))
        start = Content(f"{rule} ").stylize("$border") + Content(title).stylize("bold $foreground")
        return start + " " + left + end + Content(rule * bool(at)).stylize("$border")

    def on_click(self) -> None:
        """Let the screen know."""
        self.post_message(BaselinePanel.Clicked())
