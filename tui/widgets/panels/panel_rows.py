"""PanelRows: settings in rows, one of them chosen, to be turned on, off, up and down. All panels have them."""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from tui.terminal.glyphs import Glyphs
from tui.widgets.explaining.asking import asks

WIDE = 56
"""Cells from which there is room for a note in each row."""

_MARK = 4
"""Cells of the pointer and the mark."""
_SIDE = 3
"""Cells of an arrow beside a value."""


class Row(NamedTuple):
    """What a row says."""

    label: str
    value: str
    on: bool | None = None
    """Whether it is turned on; None where it is no switch."""
    stepped: bool = True
    """Whether left and right step through values, which arrows show."""
    note: str = ""
    """After the value, not so loud."""


class PanelRows(Widget):
    """The keys are its own while its panel is open.

    Args:
        chosen: the name of the row that is chosen at first.
        glyphs: the signs of the terminal.
    """

    DEFAULT_CSS = """
    PanelRows { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("enter", "switch", show=False),
        Binding("escape", "close", show=False),
    ]
    NAME_CELLS: ClassVar[int] = 12
    VALUE_CELLS: ClassVar[int] = 6
    can_focus = True

    chosen: reactive[str] = reactive("")
    """The name of the row that the keys change."""

    class Chosen(Message):
        """Another row is chosen."""

    class Closed(Message):
        """The user is done."""

    def __init__(self, chosen: str, glyphs: Glyphs) -> None:
        super().__init__()
        self._signs = glyphs
        self.set_reactive(PanelRows.chosen, chosen)

    @property
    def rows(self) -> tuple[str, ...]:
        """The names of the rows, from the top."""
        raise NotImplementedError

    def row(self, name: str) -> Row:
        """What a row says now."""
        raise NotImplementedError

    def term(self, name: str) -> str:
        """What explains a row."""
        return name

    def action_step(self, steps: int) -> None:
        """Change the chosen row's value by so many steps."""
        raise NotImplementedError

    def action_switch(self) -> None:
        """Turn the chosen row on or off, or go on to its next value."""
        raise NotImplementedError

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each row."""
        return len(self.rows)

    def render(self) -> RenderResult:
        """All rows."""
        return Content("\n").join(self._line(name).stylize(asks(self.term(name))) for name in self.rows)

    def _line(self, name: str) -> Content:
        row, chosen = self.row(name), name == self.chosen
        signs = self._signs
        pointer = Content(f"{signs.pointer if chosen else ' '} ").stylize("$accent")
        mark = Content("  " if row.on is None else f"{signs.on if row.on else signs.off} ")
        label = Content(f"{row.label:<{self.NAME_CELLS}}").stylize("bold" if chosen else "")
        start = pointer + mark.stylize("$accent" if row.on else "$text-muted") + label
        note = Content(row.note).stylize("$text-muted")
        if not row.stepped:
            return start + Content(row.value) + note
        value = Content(f"{row.value:^{self.VALUE_CELLS}}").stylize("$text-muted" if row.on is False else "")
        sides = [Content(f" {side} " if chosen else " " * _SIDE) for side in (signs.less, signs.more)]
        return start + sides[0].stylize("$accent") + value + sides[1].stylize("$accent") + note

    # Keys

    def action_choose(self, rows: int) -> None:
        """Go so many rows down."""
        names = self.rows
        self._choose(names[min(len(names) - 1, max(0, names.index(self.chosen) + rows))])

    def action_close(self) -> None:
        """Close the panel."""
        self.post_message(self.Closed())

    def _choose(self, name: str) -> None:
        if name != self.chosen:
            self.chosen = name
            self.post_message(self.Chosen())

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Choose a row; a click on its mark, or on a value without arrows, switches, one on an arrow steps."""
        event.stop()
        if not 0 <= event.y < len(self.rows):
            return
        name = self.rows[event.y]
        was_chosen, value, row = name == self.chosen, _MARK + self.NAME_CELLS, self.row(name)
        self._choose(name)
        if event.x < _MARK or (was_chosen and not row.stepped):
            self.action_switch()
        elif was_chosen and value <= event.x < value + _SIDE:
            self.action_step(-1)
        elif was_chosen and value + _SIDE + self.VALUE_CELLS <= event.x < value + 2 * _SIDE + self.VALUE_CELLS:
            self.action_step(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Lower the setting below the mouse."""
        self._roll(event, -1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Raise the setting below the mouse."""
        self._roll(event, 1)

    def _roll(self, event: events.MouseEvent, steps: int) -> None:
        event.stop()
        if 0 <= event.y < len(self.rows) and self.row(self.rows[event.y]).stepped:
            self._choose(self.rows[event.y])
            self.action_step(steps)
