"""UnitPanel: units of the network that follow something in the text: one colours it, and can be switched off."""

from __future__ import annotations

from collections.abc import Sequence

from textual.reactive import var

from model.sampling import Sampling
from model.writing.units.following import PROPERTIES, Followed
from tui.terminal.glyphs import Glyphs
from tui.widgets.panels.side_panel import SidePanel
from tui.widgets.panels.unit_rows import AGAIN, UnitRows

_KEYS = ("up down choose", "left right other unit", "enter off/on", "a to all", "esc close")
_FEWER_KEYS = ("enter off/on", "a to all streams", "esc close")


class UnitPanel(SidePanel):
    """Set `sampling` and `stream` to the current values; give it the units with `show`."""

    OPEN = "-units"
    TERM = "unit"

    sampling: var[Sampling] = var(Sampling(), init=False)
    """Of the selected stream."""
    stream: var[int | None] = var(None, init=False)
    """Its number, from 0; None where there is only one."""

    def __init__(self, glyphs: Glyphs) -> None:
        self.unit_rows = UnitRows(glyphs)
        self._problem = ""
        super().__init__(self.unit_rows, glyphs)

    def watch_sampling(self) -> None:
        """Show which units are off."""
        self.unit_rows.sampling = self.sampling
        self.explain()

    def watch_stream(self) -> None:
        """Name it."""
        self.entitle()

    def search(self) -> None:
        """Say that the units are being looked for."""
        self._problem, self.unit_rows.searching = "", True
        self.explain()

    def show(self, followed: Followed, age: str, problem: str) -> None:
        """Show the units that were found, or why there are none."""
        self._problem, self.unit_rows.searching = problem, False
        if followed:
            self.unit_rows.followed, self.unit_rows.age = followed, age
        self.explain()

    def explanation(self) -> str:
        """What the chosen unit follows, and how closely."""
        rows, name = self.unit_rows, self.rows.chosen
        if self._problem:
            return self._problem
        if rows.searching:
            return "The newest weights read held-out text, to find what their units follow."
        if name == AGAIN:
            return "Units change while the network learns. Press enter for those of the newest weights."
        found, what = rows.follows(name), PROPERTIES[name]
        if found is None:
            return f"This text does not change in it: {what}." if rows.followed else ""
        if found.unit in self.sampling.without_units:
            return f"Unit {found.unit} is off in this stream; enter switches it on again."
        if found.how == "barely":
            return f"No single unit follows this: {what}. The best is {found.unit}."
        return f"Unit {found.unit} follows this {found.how}: {what}. The text has its colours."

    def titles(self) -> Sequence[str]:
        """The stream, and what is shown."""
        of = "" if self.stream is None else f"{self._dot}stream {self.stream + 1}"
        return [f"Units{of}{self._dot}what each follows, and their correlation", f"Units{of}"]

    def keys(self) -> Sequence[Sequence[str]]:
        """Those that mean something here."""
        several = [_KEYS, _FEWER_KEYS, ("esc close",)]
        return [[key for key in each if self.stream is not None or not key.startswith("a ")] for each in several]
