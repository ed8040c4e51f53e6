"""SamplerRows: the samplers of a stream in the order in which they are applied, to be turned on, off, up and down."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from textual import events
from textual.app import RenderResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from model.sampling import Sampling
from tui.terminal.glyphs import ASCII, UNICODE
from tui.widgets.explaining.asking import asks

ORDER = "temperature_last"
"""The switch of the order, in the last row."""

_ROWS = len(Sampling().order) + 1
_NAME, _VALUE = 12, 6
"""Cells of a name and of a value."""
_WIDE = 56
"""Cells from which there is room for a note in each row."""


class SamplerRows(Widget):
    """A row for each sampler; it has the keys while the panel is open.

    Args:
        ascii_only: draw with ASCII.
    """

    DEFAULT_CSS = f"""
    SamplerRows {{ height: {_ROWS}; }}
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
        Binding("left", "step(-1)", show=False),
        Binding("right", "step(1)", show=False),
        Binding("enter", "switch", show=False),
        Binding("escape", "close", show=False),
    ]
    can_focus = True

    sampling: reactive[Sampling] = reactive(Sampling())
    """The selected stream's."""
    chosen: reactive[str] = reactive("temperature")
    """The sampler that the keys change, or ORDER."""

    class Changed(Message):
        """The user has set another sampling."""

        def __init__(self, sampling: Sampling) -> None:
            super().__init__()
            self.sampling = sampling

    class Chosen(Message):
        """Another row is chosen."""

    class Closed(Message):
        """The user is done."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        signs = ASCII if ascii_only else UNICODE
        self._pointer = signs.pointer
        self._marks = {True: "*", False: " "} if ascii_only else {True: "●", False: "○"}
        self._less, self._more = ("<", ">") if ascii_only else ("◂", "▸")

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """A line for each row."""
        return _ROWS

    @property
    def rows(self) -> tuple[str, ...]:
        """What stands in each row, from the top."""
        return (*self.sampling.order, ORDER)

    def render(self) -> RenderResult:
        """All rows."""
        return Content("\n").join(self._row(name).stylize(asks(name)) for name in self.rows)

    def _row(self, name: str) -> Content:
        chosen = name == self.chosen
        pointer = Content(f"{self._pointer if chosen else ' '} ").stylize("$accent")
        label = Content(f"{'order' if name == ORDER else name.replace('_', '-'):<{_NAME}}")
        label = label.stylize("bold") if chosen else label
        if name == ORDER:
            last = self.sampling.temperature_last
            order, program = f"temperature {'last' if last else 'first'}", "llama.cpp" if last else "Hugging Face"
            as_program = Content(f", as {program}" if self.size.width >= _WIDE else "").stylize("$text-muted")
            return pointer + Content("  ") + label + Content(order) + as_program
        on = name == "temperature" or self.sampling.has(name)
        mark = Content(f"{self._marks[on]} ").stylize("$accent" if on else "$text-muted")
        value = Content(f"{self._spelled(name, on=on):^{_VALUE}}").stylize("" if on else "$text-muted")
        sides = [Content(f" {side} " if chosen else "   ").stylize("$accent") for side in (self._less, self._more)]
        note = Content(" greedy" if name == "temperature" and not self.sampling.temperature else "")
        return pointer + mark + label + sides[0] + value + sides[1] + note.stylize("$text-muted")

    def _spelled(self, name: str, *, on: bool) -> str:
        value = getattr(self.sampling, name)
        return "off" if not on else f"{value}" if isinstance(value, int) else f"{value:.2f}"

    # Keys

    def action_choose(self, rows: int) -> None:
        """Go so many rows down."""
        names = self.rows
        self._choose(names[min(len(names) - 1, max(0, names.index(self.chosen) + rows))])

    def action_step(self, steps: int) -> None:
        """Raise the chosen setting by so many steps; one that is off is turned on."""
        name = self.chosen
        if name == ORDER or (name != "temperature" and not self.sampling.has(name)):
            self.action_switch()
        else:
            self._set(self.sampling.stepped(name, steps))

    def action_switch(self) -> None:
        """Turn the chosen sampler on or off; for the temperature, off is greedy."""
        name, sampling = self.chosen, self.sampling
        if name == "temperature":
            self._set(replace(sampling, temperature=0.0 if sampling.temperature else 1.0))
        else:
            self._set(sampling.turned(name, not sampling.has(name)))

    def action_close(self) -> None:
        """Close the panel."""
        self.post_message(self.Closed())

    def _choose(self, name: str) -> None:
        if name != self.chosen:
            self.chosen = name
            self.post_message(self.Chosen())
        if isinstance(self.parent, Widget):  # which may have room for a few rows only
            self.parent.scroll_to_region(Region(0, self.rows.index(name), 1, 1), animate=False)

    def _set(self, sampling: Sampling) -> None:
        if sampling != self.sampling:
            self.sampling = sampling
            self.post_message(self.Changed(sampling))

    # The mouse

    def on_click(self, event: events.Click) -> None:
        """Choose a row; a click on its mark or its order switches, one on an arrow steps."""
        event.stop()
        if not 0 <= event.y < _ROWS:
            return
        was_chosen = self.rows[event.y] == self.chosen
        self._choose(self.rows[event.y])
        value = 4 + _NAME
        if event.x < 4 or (self.chosen == ORDER and was_chosen):
            self.action_switch()
        elif was_chosen and value <= event.x < value + 3:
            self.action_step(-1)
        elif was_chosen and value + 3 + _VALUE <= event.x < value + 6 + _VALUE:
            self.action_step(1)

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Lower the setting below the mouse."""
        self._roll(event, -1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Raise the setting below the mouse."""
        self._roll(event, 1)

    def _roll(self, event: events.MouseEvent, steps: int) -> None:
        event.stop()
        if 0 <= event.y < _ROWS - 1:
            self._choose(self.rows[event.y])
            self.action_step(steps)
