"""UnitRows: what units of the network follow in the text, the best units of each property, and a row to look again."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.reactive import reactive

from model.sampling import Sampling, Unit
from model.writing.units.following import PROPERTIES, Followed, Follows
from tui.terminal.glyphs import Glyphs
from tui.widgets.panels.panel_rows import WIDE, PanelRows, Row

AGAIN = "find again"
"""The row that asks for the units of newer weights."""


class UnitRows(PanelRows):
    """A row for each property. Set `followed`, `sampling` and the others to the current values."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("0", "switch", show=False)]
    NAME_CELLS = 18
    VALUE_CELLS = 12

    followed: reactive[Followed] = reactive({})
    """The units of each property; empty before they are found."""
    sampling: reactive[Sampling] = reactive(Sampling())
    """The selected stream's: which units are off."""
    searching: reactive[bool] = reactive(False)
    """Whether the units are being looked for."""
    age: reactive[str] = reactive("")
    """That of the weights whose units these are."""

    class Opened(Message):
        """The user looks at the rows."""

    class Asked(Message):
        """The units of the newest weights are to be found."""

    class Missing(Message):
        """A key means a unit, and there is none in the chosen row."""

    class Looked(Message):
        """The user looks at a unit."""

        def __init__(self, unit: Unit) -> None:
            super().__init__()
            self.unit = unit

    class Switched(Message):
        """A unit is to be switched off, or on again."""

        def __init__(self, unit: Unit) -> None:
            super().__init__()
            self.unit = unit

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(next(iter(PROPERTIES)), glyphs)
        self._places = dict.fromkeys(PROPERTIES, 0)
        """Which of the units of each property stands in its row."""

    @property
    def rows(self) -> tuple[str, ...]:
        """What stands in each row, from the top."""
        return (*PROPERTIES, AGAIN)

    def follows(self, name: str) -> Follows | None:
        """The unit in a row, if there is one."""
        units = self.followed.get(name, ())
        return units[min(self._places[name], len(units) - 1)] if units else None

    def row(self, name: str) -> Row:
        """A property with a unit and their correlation."""
        if name == AGAIN:
            weights = f"units of epoch {self.age}" if self.age else ""
            return Row(name, "reading the text" if self.searching else weights, stepped=False)
        found = self.follows(name)
        if found is None:
            return Row(name, "-")
        how = f" {found.how}" if self.size.width >= WIDE else ""
        on = found.unit not in self.sampling.without_units
        return Row(name, f"{found.unit!s:<6}{found.correlation:+.2f}", on, note=how if on else " off")

    def term(self, name: str) -> str:
        """A property explains itself."""
        return "follows" if name == AGAIN else name

    def look(self) -> None:
        """Look at the unit in the chosen row, if there is one."""
        found = None if self.chosen == AGAIN else self.follows(self.chosen)
        if found:
            self.post_message(self.Looked(found.unit))

    def on_focus(self) -> None:
        """Say that the user looks."""
        self.post_message(self.Opened())

    def action_step(self, steps: int) -> None:
        """Go on to another unit of the chosen property."""
        name, units = self.chosen, self.followed.get(self.chosen, ())
        if name == AGAIN:
            self.action_switch()
        elif units:
            self._places[name] = min(len(units) - 1, max(0, self._places[name] + steps))
            self.refresh()
            self.post_message(self.Chosen())
            self.look()
        else:
            self.post_message(self.Missing())

    def action_switch(self) -> None:
        """Switch the unit in the chosen row off, or on again; in the last row, look for units again."""
        found = None if self.chosen == AGAIN else self.follows(self.chosen)
        if found:
            self.post_message(self.Switched(found.unit))
        elif self.chosen != AGAIN:
            self.post_message(self.Missing())
        elif not self.searching:
            self.post_message(self.Asked())

    def _choose(self, name: str) -> None:
        changed = name != self.chosen
        super()._choose(name)
        if changed:
            self.look()
