"""SeedScreen: type or paste the text that the model continues."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea
from textual.widgets.text_area import Edit, EditResult

from tui.text.wrapping import harmless


class SeedText(TextArea):
    """Enter sends the text like a line; pasted text keeps its line breaks, and nothing that a terminal obeys."""

    class Submitted(Message):
        """The text as it was when Enter was pressed."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def edit(self, edit: Edit) -> EditResult:
        """Typed or pasted: what cannot be shown is U+FFFD from here on, as it is in a corpus."""
        return super().edit(replace(edit, text=harmless(edit.text)))

    def on_key(self, event: events.Key) -> None:
        """Enter waits its turn here: a priority binding would overtake the letters typed just before it."""
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            self.post_message(self.Submitted(self.text))


class SeedScreen(ModalScreen[str | None]):
    """Returns the text, which may be empty, or None when the user cancels."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def compose(self) -> ComposeResult:
        """The text and a line that says what the keys do."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Seed"
            yield Static("The model continues this text.", classes="dialog-hint")
            yield SeedText(id="seed-text", soft_wrap=True, show_line_numbers=False, compact=True)
            yield Static("enter write   esc cancel   empty: no seed", classes="dialog-keys")

    def on_seed_text_submitted(self, event: SeedText.Submitted) -> None:
        """Return the text as it is; a second Enter right after the first is ignored."""
        if self.is_current:
            self.dismiss(event.text)

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)
