"""SeedScreen: type or paste the text that the model continues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, NamedTuple

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static, TextArea
from textual.widgets.text_area import Edit, EditResult

from corpora.safe_text import as_read
from tui.text.wrapping import harmless
from tui.widgets.explaining.asking import asking
from tui.widgets.footer import DialogKeys
from tui.widgets.keys_in_order import KeysInOrder

_OF_A_TEXT = "The model continues this text; leave it empty for no seed."
_OF_A_LINE = (
    "The first line of each text begins with this; leave it empty for a new line. 'charlstm write latest --count 20 "
    "--seed-text TEXT' writes 20 lines that all do."
)
_MOST_SHOWN = 4000
"""Characters of a seed, its last ones: a text area lays out all that it has again at each key."""


class SeedChoice(NamedTuple):
    """What the user has decided."""

    text: str
    """May be empty."""
    pinned: bool
    """Whether every showing continues it."""


class SeedText(KeysInOrder, TextArea):
    """Enter sends the text like a line; pasted text keeps its line breaks, and nothing that a terminal obeys.

    Args:
        history: earlier texts, the oldest first; the last one is there at the beginning, selected.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+j,shift+enter", "new_line", "New line")]
    NEW_LINE: ClassVar = {"ctrl+j": "new line"}
    """For the line that says what the keys do."""

    class Submitted(Message):
        """The text as it was when Enter was pressed, in the form in which texts are read."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, history: Sequence[str]) -> None:
        self._texts = [*history, ""]
        self._place = max(0, len(history) - 1)
        last = self._texts[self._place]
        self.before = last[:-_MOST_SHOWN]
        """The beginning of a long text, which is not shown."""
        super().__init__(last[-_MOST_SHOWN:], id="seed-text", soft_wrap=True, show_line_numbers=False, compact=True)

    @property
    def whole(self) -> str:
        """The text with the beginning that is not shown."""
        return self.before + self.text

    def on_mount(self) -> None:
        """What is typed takes the place of the last text."""
        self.select_all()
        self._tell_end()

    @on(TextArea.Changed)
    def _tell_end(self) -> None:
        """Say in the dialog's border where only the end of a long text is shown."""
        if isinstance(self.parent, Widget):
            end = f"the end of {len(self.whole):,} characters" if self.before else ""
            self.parent.border_subtitle = end

    def on_unmount(self) -> None:
        """Textual's app holds on to every text area to tell it of another theme, and never lets it go."""
        watchers = getattr(self.app, "__watchers", {}).get("theme", [])
        watchers[:] = [watcher for watcher in watchers if watcher[0] is not self]

    def edit(self, edit: Edit) -> EditResult:
        """Typed or pasted: what cannot be shown is U+FFFD from here on, as it is in a corpus."""
        text, start, place, before = harmless(edit.text), self.document.start, edit.top, self.before
        if (edit.top, edit.bottom) == (start, self.document.end) != (start, start):  # all that is shown stands for all
            self.before = ""
        if len(text) > _MOST_SHOWN:
            self.before += self.get_text_range(start, place) + text[:-_MOST_SHOWN]
            text, place = text[-_MOST_SHOWN:], start
        result = super().edit(replace(edit, text=text, from_location=place, to_location=edit.bottom))
        if self.before != before:
            self.history.clear()  # it knows only of what is shown
        return result

    def on_key(self, event: events.Key) -> None:
        """Enter waits its turn here: a priority binding would overtake the letters typed just before it."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(as_read(self.whole)))

    def action_new_line(self) -> None:
        """Write a line feed."""
        self.replace("\n", *self.selection)

    def action_cursor_up(self, select: bool = False) -> None:
        """From the first line, to the text before."""
        if self.cursor_at_first_line and not select and self._place > 0:
            self._show(self._place - 1)
        else:
            super().action_cursor_up(select)

    def action_cursor_down(self, select: bool = False) -> None:
        """From the last line, to the text after."""
        if self.cursor_at_last_line and not select and self._place < len(self._texts) - 1:
            self._show(self._place + 1)
        else:
            super().action_cursor_down(select)

    def _show(self, place: int) -> None:
        self._texts[self._place] = self.whole
        self._place = place
        self.before = self._texts[place][:-_MOST_SHOWN]
        self.load_text(self._texts[place][-_MOST_SHOWN:])
        self.select_all()


class SeedScreen(ModalScreen[SeedChoice | None]):
    """Returns what the user has decided, or None when it is cancelled.

    Args:
        history: earlier texts, the oldest first.
        pinned: whether a seed is pinned; None where none can be.
        lines: whether each line is a text by itself.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Cancel"),
        Binding("tab", "pin", "Pin", priority=True),
    ]

    def __init__(self, history: Sequence[str], *, pinned: bool | None, lines: bool = False) -> None:
        super().__init__()
        self._history, self._pinned, self._lines = history, pinned, lines

    def compose(self) -> ComposeResult:
        """The text, the switch, and a line that says what the keys do."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = asking("Seed", "seed")
            yield Static(_OF_A_LINE if self._lines else _OF_A_TEXT, classes="dialog-hint")
            yield SeedText(self._history)
            if self._pinned is not None:
                yield Static(self._switch(), id="seed-pin")
            earlier = {"up_down": "earlier"} if len(self._history) > 1 else {}
            yield DialogKeys(enter="write", **SeedText.NEW_LINE, **earlier, esc="cancel")

    def on_seed_text_submitted(self, event: SeedText.Submitted) -> None:
        """Return the text as it is; a second Enter right after the first is ignored."""
        if self.is_current:
            self.dismiss(SeedChoice(event.text, bool(self._pinned)))

    def on_click(self, event: events.Click) -> None:
        """Turn the switch."""
        if event.widget is not None and event.widget.id == "seed-pin":
            self.action_pin()

    def action_pin(self) -> None:
        """Let every showing continue the text, or only this sample."""
        if self._pinned is None:
            return
        self._pinned = not self._pinned
        self.query_one("#seed-pin", Static).update(self._switch())

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)

    def _switch(self) -> Content:
        on = "x" if self._pinned else " "
        return Content.assemble(("tab", "$accent"), f" [{on}] in all samples and epochs")
