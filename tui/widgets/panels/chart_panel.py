"""ChartPanel: how the chart of the loss is drawn, beside the chart."""

from __future__ import annotations

from collections.abc import Sequence

from textual.reactive import var

from tui.terminal.glyphs import UNICODE, Glyphs
from tui.views.chart_settings import ChartSettings
from tui.views.quantities import Unit
from tui.widgets.panels.chart_rows import LINES, OVERLAYS, ChartRows
from tui.widgets.panels.side_panel import SidePanel

_KEYS = ("left right change", "esc close")
_SENTENCES = {
    "scale": "Logarithmic spreads low losses out.",
    "smoothing": "Averages neighbours; raw stays dim.",
    "x axis": "What both curves are drawn along.",
    "zoom": "The wheel over the chart zooms, too.",
    "unit": "Of all losses on the screen, as key n.",
    LINES: "Lines: what counting reaches.",
    OVERLAYS: "The runs that are compared.",
}
"""Each in one line where the panel is narrowest."""


class ChartPanel(SidePanel):
    """Set the values to the current ones."""

    DEFAULT_CSS = """
    ChartPanel .panel-help, ChartPanel.-broad .panel-help { height: 1; }
    """
    OPEN = "-chart"
    TERM = "chart"

    settings: var[ChartSettings] = var(ChartSettings(), init=False)
    unit: var[Unit] = var("nats", init=False)
    others: var[bool] = var(False, init=False)
    """Whether there are other runs to draw."""
    meaning: var[str] = var("", init=False)
    """What the newest held-out loss means, in words."""

    def __init__(self, glyphs: Glyphs = UNICODE) -> None:
        self.chart_rows = ChartRows(glyphs)
        super().__init__(self.chart_rows, glyphs)

    def watch_settings(self) -> None:
        """Show them."""
        self.chart_rows.settings = self.settings

    def watch_unit(self) -> None:
        """Show it."""
        self.chart_rows.unit = self.unit

    def watch_others(self) -> None:
        """Have a row for them, or none."""
        if self.chart_rows.chosen == OVERLAYS:
            self.chart_rows.action_choose(-1)
        self.chart_rows.others = self.others

    def watch_meaning(self) -> None:
        """Say it where the unit is chosen."""
        self.explain()

    def explanation(self) -> str:
        """What the chosen row does; of the unit, what the newest loss means."""
        return (self.rows.chosen == "unit" and self.meaning) or _SENTENCES[self.rows.chosen]

    def titles(self) -> Sequence[str]:
        """Its name."""
        return ["Chart"]

    def keys(self) -> Sequence[Sequence[str]]:
        """Those of its rows."""
        return ("up down choose", *_KEYS), _KEYS, _KEYS[1:]
