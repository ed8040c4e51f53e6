"""FailureScreen: the engine has failed; what happened and what to do."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from corpora.safe_text import shown
from tui.widgets.footer import DialogKeys


class FailureScreen(ModalScreen[None]):
    """Shows one sentence; the traceback is in the log."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,space", "close", "Close"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self, sentence: str, advice: str) -> None:
        super().__init__()
        self._sentence = sentence
        self._advice = advice

    def compose(self) -> ComposeResult:
        """The sentence, the advice and the keys."""
        with Vertical(classes="dialog -alarm") as dialog:
            dialog.border_title = "Something went wrong"
            yield Static(Content(shown(self._sentence, 1000)))
            yield Static(Content(self._advice), classes="dialog-hint")
            yield DialogKeys(esc="close", q="quit")

    def action_close(self) -> None:
        """Back to the screen, where the failure stays named, and text can still be read, copied and saved."""
        self.dismiss()
