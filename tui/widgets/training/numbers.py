"""Numbers: the current losses as a small table, or on one or two lines where the pane is low."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.views import quantities
from tui.views.quantities import Unit
from tui.widgets.explaining.asking import asking, asking_words, asks

_COLUMNS = (10, 12, 12, 12)
"""Cells of the table's columns."""
_VALUE_CELLS = 7
_LINES = 2
"""Rows up to which the readings stand on lines instead of in a table."""
_BETWEEN = 2
"""Cells between readings on one line."""


@dataclass(frozen=True, slots=True)
class Readings:
    """The current values."""

    batch_loss: float | None = None
    """Of the newest batch alone."""
    epoch_mean: float | None = None
    """The mean loss of the epoch so far."""
    held_out: float | None = None
    characters_per_second: float | None = None
    rate: float | None = None


class Numbers(Widget):
    """Columns of fixed width, so that a changing digit moves nothing."""

    DEFAULT_CSS = """
    Numbers { height: 4; width: 1fr; }
    """

    readings: reactive[Readings] = reactive(Readings())
    unit: reactive[Unit] = reactive("nats")

    def render(self) -> Content:
        """Losses, the held-out one in two units, speed and rate."""
        other = quantities.unit_name(quantities.other_unit(self.unit))
        if self.size.height > _LINES:
            return asking_words(self._table(), "chars/s", "learning rate")
        return asking_words(self._lines(), "batch", "held-out", other.removesuffix("/char"), "mean", "chars/s")

    def _columns(self) -> tuple[tuple[str, str, str], ...]:
        now, unit = self.readings, self.unit
        other = quantities.other_unit(unit)
        return (
            ("batch loss", quantities.loss(now.batch_loss, unit), "bold"),
            ("epoch mean", quantities.loss(now.epoch_mean, unit), "bold"),
            ("held-out", quantities.loss(now.held_out, unit), "$secondary bold"),
            (quantities.unit_name(other), quantities.loss(now.held_out, other), "$secondary bold"),
        )

    def _table(self) -> Content:
        columns = list(zip(_COLUMNS, self._columns(), strict=True))
        first, second, third, fourth = _COLUMNS
        parts: list[str | Content | tuple[str, str]] = []
        parts += [_asked(name, f"{name:>{cells}}", "$text-muted") for cells, (name, _, _) in columns]
        parts.append("\n")
        parts += [_asked(name, f"{value:>{cells}}", style) for cells, (name, value, style) in columns]
        speed, rate = f"{self._speed():>{second - 2}}", f"{'learning rate':>{third + 4}}"
        likely = f"{quantities.likely(self.readings.held_out):>{sum(_COLUMNS)}}"
        parts += ["\n", _asked("bits", likely, "$text-muted"), "\n", (f"{'chars/s':>{first}}", "$text-muted"), speed]
        parts += [(rate, "$text-muted"), f"{self._rate():>{fourth - 2}}"]
        return Content.assemble(*parts)

    def _lines(self) -> Content:
        """One or two lines, with as many readings as fit."""
        batch, mean, held_out, (other, *others) = self._columns()
        before = [_reading("batch", *batch[1:]), _reading(*held_out)]
        readings = [
            *before,
            self._meaning(before) or _reading(other.removesuffix("/char"), *others),
            _reading("mean", *mean[1:]),
            _reading("chars/s", self._speed(), ""),
        ]
        parts: list[Content] = []
        lines, room = 1, self.size.width + _BETWEEN
        for reading in readings:
            if reading.cell_length > room:
                if lines == self.size.height:
                    break
                lines, room = lines + 1, self.size.width + _BETWEEN
                parts.append(Content("\n"))
            room -= reading.cell_length
            parts.append(reading)
        return Content("").join(parts)

    def _meaning(self, before: Sequence[Content]) -> Content | None:
        """The held-out loss in bits and in words, if there is room for it behind or below these."""
        number, _, words = quantities.likely(self.readings.held_out).partition(": ")
        meaning = Content.assemble((number, "$secondary bold"), (f": {words}{' ' * _BETWEEN}", "$text-muted"))
        room = self.size.width + _BETWEEN
        if self.size.height < _LINES:
            room -= sum(reading.cell_length for reading in before)
        return meaning.stylize(asks("bits")) if words and meaning.cell_length <= room else None

    def _speed(self) -> str:
        return quantities.pace(self.readings.characters_per_second)

    def _rate(self) -> str:
        return "-" if self.readings.rate is None else quantities.rate(self.readings.rate)


def _reading(name: str, value: str, style: str) -> Content:
    """A reading on a line, of fixed width."""
    return Content.assemble((f"{name} ", "$text-muted"), (f"{value:<{_VALUE_CELLS + _BETWEEN}}", style))


def _asked(name: str, text: str, style: str) -> Content:
    """A piece of a column that can be explained by the column's name."""
    return asking(text, name).stylize(style)
