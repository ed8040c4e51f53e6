"""Numbers: the losses of the moment as a small table, or on one line where the pane is low and wide."""

from __future__ import annotations

from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.views import quantities

_COLUMNS = (10, 12, 12, 12)
"""Cells of the table's columns."""
_VALUE_CELLS = 7
_BETWEEN = 2
"""Cells between readings on one line."""


@dataclass(frozen=True, slots=True)
class Readings:
    """What the instruments say."""

    loss: float | None = None
    epoch_loss: float | None = None
    held_out: float | None = None
    bits: float | None = None
    characters_per_second: float | None = None
    rate: float | None = None


class Numbers(Widget):
    """Columns of fixed width, so that a changing digit moves nothing."""

    DEFAULT_CSS = """
    Numbers { height: 4; width: 1fr; }
    """

    readings: reactive[Readings] = reactive(Readings())

    def render(self) -> Content:
        """Losses in nats per character, bits of the held-out text, speed and rate."""
        return self._line() if self.size.height == 1 else self._table()

    def _columns(self) -> tuple[tuple[str, str, str], ...]:
        now = self.readings
        return (
            ("loss", quantities.loss(now.loss), "bold"),
            ("epoch", quantities.loss(now.epoch_loss), "bold"),
            ("held-out", quantities.loss(now.held_out), "$secondary bold"),
            ("bits/char", quantities.bits(now.bits), "$secondary bold"),
        )

    def _table(self) -> Content:
        columns = list(zip(_COLUMNS, self._columns(), strict=True))
        first, second, third, fourth = _COLUMNS
        parts: list[str | Content | tuple[str, str]] = []
        parts += [(f"{name:>{cells}}", "$text-muted") for cells, (name, _, _) in columns]
        parts.append("\n")
        parts += [(f"{value:>{cells}}", style) for cells, (_, value, style) in columns]
        parts += ["\n\n", (f"{'chars/s':>{first}}", "$text-muted"), f"{self._speed():>{second}}"]
        parts += [(f"{'rate':>{third}}", "$text-muted"), f"{self._rate():>{fourth}}"]
        return Content.assemble(*parts)

    def _line(self) -> Content:
        loss, epoch, held_out, bits = self._columns()
        speed = ("chars/s", self._speed(), "")
        room = self.size.width + _BETWEEN
        shown = []
        for name, value, style in (loss, held_out, ("bits", *bits[1:]), epoch, speed):
            room -= len(name) + 1 + _VALUE_CELLS + _BETWEEN
            if room < 0:
                break
            shown.append((name, value, style))
        parts: list[str | Content | tuple[str, str]] = []
        for name, value, style in shown:
            parts += [(f"{name} ", "$text-muted"), (f"{value:<{_VALUE_CELLS + _BETWEEN}}", style)]
        return Content.assemble(*parts)

    def _speed(self) -> str:
        return quantities.pace(self.readings.characters_per_second)

    def _rate(self) -> str:
        return "-" if self.readings.rate is None else quantities.rate(self.readings.rate)
