"""LearnOnScreen: asks how many epochs a run is to have in all."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.views.runs.more_epochs import MoreEpochs
from tui.widgets.explaining.asking import asking
from tui.widgets.footer import DialogKeys
from tui.widgets.keys_in_order import LineInput


class _Number(LineInput):
    """Leaves the keys that are no digits to the screen."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Whether a key is typed into it."""
        return bool(character and character.isdecimal())


class LearnOnScreen(ModalScreen[int | None]):
    """Returns the epochs in all, or None if the run stays as it is.

    Args:
        run: the run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, run: MoreEpochs) -> None:
        super().__init__()
        self._learning = run

    def compose(self) -> ComposeResult:
        """The question, the number, and what it means."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = asking("Learn on", "learn-on")
            yield Static(Content(self._learning.question), classes="dialog-hint")
            yield _Number(str(self._learning.usual), type="integer", compact=True, id="epochs-in-all")
            yield Static(self._learning.answer(str(self._learning.usual)), id="more-epochs", markup=False)
            yield DialogKeys(enter="learn on", esc="cancel")

    @on(Input.Changed)
    def _answer(self, event: Input.Changed) -> None:
        self.query_one("#more-epochs", Static).update(self._learning.answer(event.value))

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if self.is_current and (epochs := self._learning.chosen(event.value)) is not None:
            self.dismiss(epochs)

    def action_cancel(self) -> None:
        """Leave the run as it is."""
        self.dismiss(None)
