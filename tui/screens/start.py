"""StartScreen: there is an unfinished run; resume it, or start a new one?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from corpora.safe_text import shown
from tui.launch import Unfinished
from tui.terminal.glyphs import Glyphs
from tui.views import quantities

_BAR_CELLS = 24


class StartScreen(ModalScreen[bool]):
    """Returns True to resume the run, False to start a new one, which overwrites nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "resume", "Resume"),
        Binding("escape,n", "start_new", "Start a new run"),
        Binding("q", "app.quit", "Quit"),
    ]

    def __init__(self, found: Unfinished, glyphs: Glyphs) -> None:
        super().__init__()
        self._found, self._glyphs = found, glyphs

    def compose(self) -> ComposeResult:
        """What is known of the run, and the keys."""
        with Vertical(classes="dialog", id="start") as dialog:
            dialog.border_title = "An unfinished run"
            yield Static(Content(shown(self._found.name, 60)).stylize("bold"), classes="start-name")
            for name, value in self._facts():
                with Horizontal(classes="start-row"):
                    yield Static(name, classes="start-fact")
                    yield Static(value, classes="start-value")
            yield Static("enter resume it   n start a new run   q quit", classes="dialog-keys")

    def _facts(self) -> list[tuple[str, Content]]:
        found = self._found
        facts = [
            ("corpus", Content(shown(found.corpus, 60))),
            ("recipe", Content(shown(found.launch.recipe_name, 60))),
            ("trained", self._trained()),
        ]
        if found.best_held_out is not None:
            loss = Content.styled(quantities.loss(found.best_held_out), "$secondary bold")
            facts.append(("held-out", loss + Content.styled(" at best", "$text-muted")))
        return [*facts, ("saved", Content(quantities.ago(found.seconds_ago)))]

    def _trained(self) -> Content:
        """'5 of 24 epochs ━━━━╸──────'."""
        found, signs = self._found, self._glyphs
        full, half = divmod(round(2 * _BAR_CELLS * min(1.0, found.epoch / max(1, found.epochs))), 2)
        return Content.assemble(
            f"{found.epoch} of {found.epochs} epochs  ",
            (signs.bar_full * full + signs.bar_half * half, "$accent"),
            (signs.bar_empty * (_BAR_CELLS - full - half), "$border"),
        )

    def action_resume(self) -> None:
        """Resume the run."""
        self.dismiss(True)

    def action_start_new(self) -> None:
        """Start a new run."""
        self.dismiss(False)
