"""ChartRows: how the chart of the loss is drawn, a choice in each row."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

from textual.message import Message
from textual.reactive import reactive

from tui.terminal.glyphs import Glyphs
from tui.views.chart_settings import ZOOMS, Axis, ChartSettings, Scale, Smoothing
from tui.views.quantities import UNITS, Unit
from tui.widgets.explaining.asking import KEY
from tui.widgets.panels.panel_rows import PanelRows, Row

LINES, OVERLAYS = "baselines", "other runs"
_UNIT, _ZOOM = "unit", "zoom"
_FIELDS = {"scale": "scale", "smoothing": "smoothing", "x axis": "axis", LINES: "lines", OVERLAYS: "overlays"}
"""The field of `ChartSettings` that each row sets, where its values are those of the row."""
_VALUES: dict[str, tuple[object, ...]] = {
    "scale": get_args(Scale),
    "smoothing": get_args(Smoothing),
    "x axis": get_args(Axis),
    _ZOOM: ZOOMS,
    _UNIT: UNITS,
    LINES: (False, True),
    OVERLAYS: (False, True),
}
"""Those of each row, in their order."""


class ChartRows(PanelRows):
    """Set `settings`, `unit` and `others` to the current values."""

    VALUE_CELLS = 12

    settings: reactive[ChartSettings] = reactive(ChartSettings())
    unit: reactive[Unit] = reactive("nats")
    """What losses are shown in."""
    others: reactive[bool] = reactive(False, layout=True)
    """Whether there are other runs to draw."""

    class Changed(Message):
        """The user has set something else."""

        def __init__(self, settings: ChartSettings, unit: Unit) -> None:
            super().__init__()
            self.settings, self.unit = settings, unit

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__("scale", glyphs)

    @property
    def rows(self) -> tuple[str, ...]:
        """What stands in each row, from the top."""
        return tuple(name for name in _VALUES if name != OVERLAYS or self.others)

    def row(self, name: str) -> Row:
        """A setting with its value."""
        value = self._value(name)
        if isinstance(value, bool):
            return Row(name, "shown" if value else "not shown", value)
        return Row(name, str(value))

    def term(self, name: str) -> str:
        """The key of the unit explains it; a unit is a part of the network, too."""
        return f"{KEY}unit" if name == _UNIT else name

    def action_step(self, steps: int) -> None:
        """Go on to another value; a switch is turned over."""
        values = _VALUES[self.chosen]
        if values == (False, True):
            self.action_switch()
        else:
            self._set(values[min(len(values) - 1, max(0, values.index(self._value(self.chosen)) + steps))])

    def action_switch(self) -> None:
        """Go on to the next value; the first follows the last."""
        values = _VALUES[self.chosen]
        self._set(values[(values.index(self._value(self.chosen)) + 1) % len(values)])

    def _value(self, name: str) -> object:
        if name == _UNIT:
            return self.unit
        return ZOOMS[self.settings.zoom] if name == _ZOOM else getattr(self.settings, _FIELDS[name])

    def _set(self, value: object) -> None:
        name, before = self.chosen, (self.settings, self.unit)
        if name == _UNIT:
            self.unit = next(unit for unit in UNITS if unit == value)
        elif name == _ZOOM:
            self.settings = replace(self.settings, zoom=ZOOMS.index(str(value)))
        else:
            changed: dict[str, Any] = {_FIELDS[name]: value}
            self.settings = replace(self.settings, **changed)
        if before != (self.settings, self.unit):
            self.post_message(self.Changed(self.settings, self.unit))
