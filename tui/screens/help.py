"""HelpScreen: the table of keys, made from the same table that binds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.keys.action import GROUPS, Action
from tui.widgets.explaining.asking import asking

_MOUSE = (
    "The mouse works too: click the keys in the last line, scroll the text with the wheel, drag to select text and "
    "press ctrl+c to copy it. To let the terminal select instead, hold shift while dragging."
)


_ELSEWHERE = "Another program trains this run. The keys of training ask it; the others change nothing in the run."


class HelpScreen(ModalScreen[None]):
    """Scrolls where it is longer than the screen; any of its closing keys returns to the text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,question_mark,enter,space,q", "close", "Close"),
    ]

    def __init__(self, actions: Sequence[Action], *, watching: bool = False) -> None:
        super().__init__()
        self._actions, self._watching = actions, watching

    def compose(self) -> ComposeResult:
        """One paragraph for each group of keys."""
        with VerticalScroll(classes="dialog", id="help") as dialog:
            dialog.border_title = "Keys"
            dialog.border_subtitle = "esc closes"
            named = [group for group in GROUPS if any(action.group == group for action in self._actions)]
            for number, group in enumerate(named):
                yield Static(asking(group, group), classes="help-group" if number else "help-group -first")
                for action in self._actions:
                    if action.group == group:
                        with Horizontal(classes="help-row"):
                            yield Static(action.shown, classes="help-key", markup=False)
                            yield Static(action.help, classes="help-text", markup=False)
            if self._watching:
                yield Static(_ELSEWHERE, classes="help-mouse")
            yield Static(_MOUSE, classes="help-mouse")

    def action_close(self) -> None:
        """Back to the text."""
        self.dismiss()
