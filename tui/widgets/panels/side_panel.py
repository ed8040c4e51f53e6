"""SidePanel: a small panel of settings that a key opens and closes: its rows, and a sentence about the chosen one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.geometry import Region, Spacing
from textual.widgets import Static

from tui.terminal.glyphs import Glyphs
from tui.views.writing_words import in_border
from tui.widgets.explaining.asking import asking
from tui.widgets.panels.panel_rows import PanelRows

_BROAD = 56
"""Cells inside, from which two lines hold each sentence."""


class SidePanel(VerticalScroll, can_focus=False):
    """`tui.screens.key_actions.panel_keys` opens it; its rows tell what the user sets.

    Args:
        rows: its settings.
        glyphs: the signs of the terminal.
    """

    DEFAULT_CSS = """
    SidePanel {
        border: round $accent;
        border-title-color: $foreground;
        border-subtitle-color: $text-muted;
        padding: 0 1;
        height: auto;
        max-height: 60vh;
        scrollbar-size-vertical: 1;
        & .panel-help { height: 3; color: $text-muted; }
        &.-broad .panel-help { height: 2; }
        &.-ascii { border: ascii $accent; scrollbar-size-vertical: 0; }
    }
    """

    OPEN: ClassVar[str]
    """The screen's class while the panel is open."""
    TERM: ClassVar[str]
    """What explains its title."""

    def __init__(self, rows: PanelRows, glyphs: Glyphs) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii_only else None)
        self._dot = f" {glyphs.dot} "
        self.rows = rows
        self._help = Static(classes="panel-help", markup=False)

    def explanation(self) -> str:
        """A sentence about the chosen row."""
        raise NotImplementedError

    def titles(self) -> Sequence[str]:
        """What it is called, the longest first."""
        raise NotImplementedError

    def keys(self) -> Sequence[Sequence[str]]:
        """What its keys do, the most words first."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The rows, and a sentence about the chosen one."""
        yield self.rows
        yield self._help

    def on_mount(self) -> None:
        """Say what the chosen row does."""
        self.explain()
        self.entitle()

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self.set_class(self.size.width >= _BROAD, "-broad")
        self.entitle()
        self._keep_in_sight()

    @on(PanelRows.Chosen)
    def explain(self) -> None:
        """Say what the chosen row does."""
        # Its height is fixed, and keys that wait for a frame tell it to panels that are closed, too.
        self._help.update(self.explanation(), layout=False)
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        """Scroll to the chosen row, where there is room for a few only."""
        row = Region(0, self.rows.rows.index(self.rows.chosen), 1, 1)
        covered = self._help.size.height if self._help.styles.dock == "bottom" else 0
        self.scroll_to_region(row, spacing=Spacing(bottom=covered), animate=False)

    def entitle(self) -> None:
        """Bring the border up to date."""
        width = self.size.width
        self.border_title = asking(in_border(self.titles(), width), self.TERM)
        self.border_subtitle = Content(in_border([self._dot.join(each) for each in self.keys()], width))
