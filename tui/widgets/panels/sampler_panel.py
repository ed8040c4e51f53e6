"""SamplerPanel: the samplers of the selected stream, and what the chosen one does."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.reactive import var
from textual.widgets import Static

from model.sampling import Sampling
from tui.terminal.glyphs import ASCII, UNICODE
from tui.widgets.explaining.asking import asking
from tui.widgets.panels.sampler_rows import SamplerRows

_KEYS = ("up down choose", "left right change", "enter on/off", "a all", "esc close")
_FEWER_KEYS = ("enter on/off", "a all streams", "esc close")
_OF_STREAMS = ("a all", "a all streams")
"""The keys that mean nothing where there is one stream."""

_BROAD = 56
"""Cells inside, from which two lines hold each sentence."""
_BORDER_CELLS = 2
"""Of the width inside that a text in the border leaves to the border's line."""


class SamplerPanel(VerticalScroll, can_focus=False):
    """Set `sampling` and `stream` to the current values; its rows tell what the user sets.

    Args:
        ascii_only: draw with ASCII.
    """

    DEFAULT_CSS = """
    SamplerPanel {
        border: round $accent;
        border-title-color: $foreground;
        border-subtitle-color: $text-muted;
        padding: 0 1;
        height: auto;
        max-height: 60vh;
        scrollbar-size-vertical: 1;
        & #sampler-help { height: 3; color: $text-muted; }
        &.-broad #sampler-help { height: 2; }
        &.-ascii { border: ascii $accent; scrollbar-size-vertical: 0; }
    }
    """

    sampling: var[Sampling] = var(Sampling(), init=False)
    """Of the selected stream."""
    stream: var[int | None] = var(None, init=False)
    """Its number, from 0; None where there is only one."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__(classes="-ascii" if ascii_only else None)
        self._dot = f" {(ASCII if ascii_only else UNICODE).dot} "
        self.rows = SamplerRows(ascii_only=ascii_only)
        self._help = Static(id="sampler-help", markup=False)

    def compose(self) -> ComposeResult:
        """The rows, and a sentence about the chosen one."""
        yield self.rows
        yield self._help

    def on_mount(self) -> None:
        """Say what the chosen row does."""
        self._explain()
        self._entitle()

    def watch_sampling(self) -> None:
        """Show it."""
        self.rows.sampling = self.sampling

    def watch_stream(self) -> None:
        """Name it."""
        self._entitle()

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self.set_class(self.size.width >= _BROAD, "-broad")
        self._entitle()

    @on(SamplerRows.Chosen)
    def _explain(self) -> None:
        what = Sampling.__dataclass_fields__[self.rows.chosen].metadata["what"]
        self._help.update(f"{what[0].upper()}{what[1:]}.")

    def _entitle(self) -> None:
        of = "" if self.stream is None else f"{self._dot}stream {self.stream + 1}"
        titles = [f"Samplers{of}{self._dot}applied from top to bottom", f"Samplers{of}"]
        known = [[key for key in each if of or key not in _OF_STREAMS] for each in (_KEYS, _FEWER_KEYS, ["esc close"])]
        keys = [self._dot.join(each) for each in known]
        self.border_title = asking(self._fitting(titles), "sampling")
        self.border_subtitle = Content(self._fitting(keys))

    def _fitting(self, texts: list[str]) -> str:
        """The first of `texts` that the border has room for."""
        return next((text for text in texts if len(text) <= self.size.width - _BORDER_CELLS), texts[-1])
