"""UnitKeys: units of the network: which follow something, the colours of one, and writing without one."""

from __future__ import annotations

from time import monotonic

from textual import on

from model.sampling import SamplingError
from tui.engine.messages import UnitsFound
from tui.keys.key_commands import FindUnits, SetSampling, WatchUnit
from tui.screens.key_actions.panel_keys import PanelKeys
from tui.views import quantities
from tui.widgets.panels.unit_panel import UnitPanel
from tui.widgets.panels.unit_rows import UnitRows


class UnitKeys(PanelKeys):
    """The key of the units, and their panel."""

    def action_units(self) -> None:
        """Open the panel of units, or close it."""
        self.toggle_panel(UnitPanel, "units")

    @on(UnitRows.Opened)
    def _show_units(self) -> None:
        """Look for units at the first opening; at others, the text gets the colours of the chosen one again."""
        rows = self.query_one(UnitRows)
        if rows.followed:
            rows.look()
        elif not rows.searching:
            self._find_units()

    @on(UnitRows.Asked)
    def _find_units(self) -> None:
        self.query_one(UnitPanel).search()
        self._ask(FindUnits())

    @on(UnitsFound)
    def _take_units(self, message: UnitsFound) -> None:
        self.query_one(UnitPanel).show(message.followed, quantities.epochs(message.epoch), message.problem)
        if self.has_class(UnitPanel.OPEN):
            self.query_one(UnitRows).look()

    @on(UnitRows.Missing)
    def _say_that_there_is_none(self) -> None:
        searching = self.query_one(UnitRows).searching
        self.notify("The units are still being looked for." if searching else "There is no unit in this row.")

    @on(UnitRows.Looked)
    def _look_at_unit(self, message: UnitRows.Looked) -> None:
        self.session.colouring = "unit"
        if message.unit == self.session.watched:
            self.show_session()
        else:
            self.session.watched = message.unit
            self._ask(WatchUnit(message.unit))

    @on(UnitRows.Switched)
    def _switch_unit(self, message: UnitRows.Switched) -> None:
        """Switch a unit off in the selected stream, or on again, from the next character on."""
        session = self.session
        try:
            sampling = session.sampling.switched(message.unit)
        except SamplingError as error:
            self.notify(str(error))
        else:
            self._ask(SetSampling(session.set_sampling(session.selected, sampling, monotonic()), session.selected))
