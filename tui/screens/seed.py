"""SeedScreen: type or paste the text that the model shall continue."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea


class SeedScreen(ModalScreen[str | None]):
    """Gives back the text, perhaps an empty one, or None when the person thought better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        # Before the text area's own Enter: a seed is sent like a line, and pasted text keeps its line breaks.
        Binding("enter", "submit", "Write", priority=True),
        Binding("escape", "cancel", "Cancel"),
    ]

    def compose(self) -> ComposeResult:
        """The text and a line that says what the keys do."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Seed"
            yield Static("The model continues this text.", classes="dialog-hint")
            yield TextArea(id="seed-text", soft_wrap=True, show_line_numbers=False, compact=True)
            yield Static("enter write   esc cancel   empty: begin from nothing", classes="dialog-keys")

    def action_submit(self) -> None:
        """Take the text as it is."""
        self.dismiss(self.query_one(TextArea).text)

    def action_cancel(self) -> None:
        """Leave everything as it was."""
        self.dismiss(None)
