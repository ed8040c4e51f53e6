"""QuitScreen: something could not be saved; leave all the same?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from corpora.safe_text import shown
from tui.views import quantities


class QuitScreen(ModalScreen[None]):
    """Says why saving failed, and quits or stays.

    Args:
        reason: a sentence; the whole of it stands in the log.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", "Stay"),
        Binding("q,ctrl+q,enter", "app.quit", "Quit"),
    ]

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def compose(self) -> ComposeResult:
        """The reason, what would be lost, and the keys."""
        with Vertical(classes="dialog -alarm") as dialog:
            dialog.border_title = "Not everything is saved"
            yield Static(Content(f"Saving fails: {shown(quantities.reason(self._reason))}."))
            yield Static(
                "What was learned since the last save is only in memory, lost if it cannot be saved on the way out.",
                classes="dialog-hint",
            )
            yield Static("esc stay   q quit all the same", classes="dialog-keys")

    def action_stay(self) -> None:
        """Back to the text."""
        self.dismiss()
