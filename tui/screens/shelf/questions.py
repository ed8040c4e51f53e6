"""Questions about one run: its new name, and whether to delete it."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from corpora.errors import CharlstmError
from corpora.safe_text import shown
from tui.widgets.footer import DialogKeys
from tui.widgets.keys_in_order import LineInput


class RenameScreen(ModalScreen[str | None]):
    """Asks for a name until the run has it; returns the name, or None if it stays.

    Args:
        name: the present one.
        rename: gives the run another name, or raises CharlstmError.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "Cancel")]

    def __init__(self, name: str, rename: Callable[[str, str], None]) -> None:
        super().__init__()
        self._name_before, self._rename = name, rename

    def compose(self) -> ComposeResult:
        """The name to edit, and why it cannot be this one."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Rename the run"
            yield LineInput(self._name_before, compact=True, select_on_focus=False, id="new-name")
            yield Static(id="rename-refusal", markup=False)
            yield DialogKeys(enter="rename", esc="cancel")

    @on(Input.Submitted)
    def _submit(self, event: Input.Submitted) -> None:
        if event.value == self._name_before:
            self.dismiss(None)
        else:
            self._try(event.value)

    @work(thread=True, exclusive=True)
    def _try(self, name: str) -> None:
        try:
            self._rename(self._name_before, name)
        except CharlstmError as error:
            self.app.call_from_thread(self.query_one("#rename-refusal", Static).update, Content(str(error)))
        else:
            self.app.call_from_thread(self.dismiss, name)

    def action_cancel(self) -> None:
        """Leave the name as it is."""
        self.dismiss(None)


class DeleteScreen(ModalScreen[bool]):
    """Asks whether to delete a run, and returns the answer.

    Args:
        name: of the run.
        about: the facts about it, in a line.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n", "answer(False)", "Keep it"),
        Binding("y", "answer(True)", "Delete it"),
    ]

    def __init__(self, name: str, about: str) -> None:
        super().__init__()
        self._run_name, self._about = name, about

    def compose(self) -> ComposeResult:
        """The run and the keys."""
        with Vertical(classes="dialog -alarm") as dialog:
            dialog.border_title = "Delete the run for good?"
            yield Static(Content(shown(self._run_name, 100)).stylize("bold"))
            yield Static(Content(self._about), classes="dialog-hint")
            yield DialogKeys(y="delete", esc="keep")

    def action_answer(self, answer: bool) -> None:
        """Return the answer."""
        self.dismiss(answer)


class EndingScreen(ModalScreen[None]):
    """Says that the run before is saved and ended. The app closes it.

    Args:
        name: of the run that ends; None if it has none yet.
        again: whether the same one is opened again, to learn on.
        compiles: whether it is being compiled, which comes to its end first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("q", "app.quit", "Quit")]

    def __init__(self, name: str | None, *, again: bool = False, compiles: bool = False) -> None:
        super().__init__()
        self._run_name, self._again, self._compiles = name, again, compiles

    def compose(self) -> ComposeResult:
        """One sentence and the key."""
        which = f"the run {shown(self._run_name, 60)}" if self._run_name else "what runs here"
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = "Opening the run again" if self._again else "Opening another run"
            does = f"Ending {which} as soon as compiling is done" if self._compiles else f"Saving and ending {which}"
            yield Static(Content(f"{does} ..."))
            yield DialogKeys(q="quit")
