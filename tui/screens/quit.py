"""Quitting: QuitScreen asks while saves fail, SavingScreen says that the program waits for a save."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from corpora.safe_text import shown
from model.runs.housekeeping.unkept import TO_SAVE_AGAIN
from tui.views import quantities
from tui.widgets.explaining.asking import asking
from tui.widgets.footer import DialogKeys


class QuitScreen(ModalScreen[None]):
    """Says why saving failed, and quits or stays.

    Args:
        reason: the sentence that the log shows.
        lost: what was trained and is not on the disk, without a full stop; empty if that is not known.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stay", "Stay"),
        Binding("q,ctrl+q,enter", "app.quit", "Quit"),
    ]

    def __init__(self, reason: str, lost: str = "") -> None:
        super().__init__()
        self._reason, self._lost = reason, lost

    def compose(self) -> ComposeResult:
        """The reason, what would be lost, and the keys."""
        with Vertical(classes="dialog -alarm") as dialog:
            dialog.border_title = asking("Not everything is saved", "checkpoint")
            why = self._reason if TO_SAVE_AGAIN in self._reason else f"{quantities.reason(self._reason)}."
            yield Static(Content(f"Saving fails: {shown(why, 1000)}"))
            lost = self._lost or "Training since the last save is only in memory"
            yield Static(
                f"{lost}. {'They are' if ' were ' in lost else 'It is'} lost if the last attempt fails too.",
                classes="dialog-hint",
                markup=False,
            )
            yield DialogKeys(esc="stay", q="quit anyway")

    def action_stay(self) -> None:
        """Return to the text."""
        self.dismiss()


class SavingScreen(ModalScreen[None]):
    """Waits with the user for the last save. The app closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def compose(self) -> ComposeResult:
        """One sentence and the key."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Quitting"
            yield Static("Saving the last steps ...")
            yield DialogKeys(q="quit without waiting")
