"""ProgressLine: a name, a thin bar, a count and the time left, all on one line."""

from __future__ import annotations

import math

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from model.runs.housekeeping.spelled_times import duration
from tui.terminal.glyphs import Glyphs

_LABEL_CELLS, _TIME_CELLS = 6, 9
_ROOMY_FROM = 44
"""Cells from which the time is followed by the word 'left'."""


class ProgressLine(Widget):
    """Its id is the label and '-bar'. Set `fraction`, `count` and `seconds_left`; the columns never move."""

    DEFAULT_CSS = """
    ProgressLine { height: 1; width: 1fr; }
    """

    fraction: reactive[float] = reactive(0.0)
    """From 0 to 1."""
    count: reactive[str] = reactive("")
    """Such as ' 3/24'; its width is the caller's to keep."""
    seconds_left: reactive[float] = reactive(float("nan"))
    """NaN while it is unknown."""

    def __init__(self, label: str, glyphs: Glyphs) -> None:
        super().__init__(id=f"{label}-bar")
        self._label = self.explains = label
        self._glyphs = glyphs

    def render(self) -> Content:
        """The bar takes what the other columns leave."""
        roomy = self.size.width >= _ROOMY_FROM
        time = duration(self.seconds_left) if math.isfinite(self.seconds_left) else ""
        if roomy and time:
            time += " left"
        tail = f"{self.count:>{len(self.count) + 2}}{time:>{_TIME_CELLS + 5 * roomy}}"
        cells = max(0, self.size.width - _LABEL_CELLS - len(tail))
        full, half = divmod(round(max(0.0, min(1.0, self.fraction)) * 2 * cells), 2)
        signs = self._glyphs
        return Content.assemble(
            (f"{self._label:<{_LABEL_CELLS}}", "$text-muted"),
            (signs.bar_full * full + signs.bar_half * half, "$accent"),
            (signs.bar_empty * (cells - full - half), "$border"),
            tail[: len(self.count) + 2],
            (tail[len(self.count) + 2 :], "$text-muted"),
        )
