"""SamplerPanel: the samplers of the selected stream, and what the chosen one does."""

from __future__ import annotations

from collections.abc import Sequence

from textual.reactive import var

from model.sampling import Sampling
from tui.terminal.glyphs import Glyphs
from tui.widgets.panels.sampler_rows import SamplerRows
from tui.widgets.panels.side_panel import SidePanel

_KEYS = ("up down choose", "left right change", "enter on/off", "a to all", "esc close")
_FEWER_KEYS = ("enter on/off", "a to all streams", "esc close")
_OF_STREAMS = ("a to all", "a to all streams")
"""The keys that mean nothing where there is one stream."""


class SamplerPanel(SidePanel):
    """Set `sampling` and `stream` to the current values."""

    OPEN = "-samplers"
    TERM = "sampling"

    sampling: var[Sampling] = var(Sampling(), init=False)
    """Of the selected stream."""
    stream: var[int | None] = var(None, init=False)
    """Its number, from 0; None where there is only one."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.sampler_rows = SamplerRows(glyphs)
        super().__init__(self.sampler_rows, glyphs)

    def watch_sampling(self) -> None:
        """Show it."""
        self.sampler_rows.sampling = self.sampling
        if self.is_mounted:
            self.explain()

    def watch_stream(self) -> None:
        """Name it."""
        self.entitle()

    def explanation(self) -> str:
        """What the chosen sampler does, or why it does nothing."""
        if self.rows.chosen in self.sampling.idle:
            return self.sampling.idle_words
        what: str = Sampling.__dataclass_fields__[self.rows.chosen].metadata["what"]
        return f"{what[0].upper()}{what[1:]}."

    def titles(self) -> Sequence[str]:
        """The stream, and in which order the rows are applied."""
        return [f"Samplers{self._of}{self._dot}applied from top to bottom", f"Samplers{self._of}"]

    def keys(self) -> Sequence[Sequence[str]]:
        """Those that mean something here."""
        several = [_KEYS, _FEWER_KEYS, ("esc close",)]
        return [[key for key in each if self._of or key not in _OF_STREAMS] for each in several]

    @property
    def _of(self) -> str:
        return "" if self.stream is None else f"{self._dot}stream {self.stream + 1}"
