"""PanelKeys: opens and closes the small panels of settings, of which one at most is open."""

from __future__ import annotations

from textual import on

from tui.screens.key_actions.key_screen import KeyScreen
from tui.widgets.panels.panel_rows import PanelRows
from tui.widgets.panels.side_panel import SidePanel


class PanelKeys(KeyScreen):
    """What the keys of all panels share."""

    def toggle_panel(self, kind: type[SidePanel], identifier: str) -> None:
        """Open a panel, if the action works now, or close it; an open panel makes room for it."""
        if self.has_class(kind.OPEN):
            self.close_panels()
        elif self._works(identifier):
            self.close_panels()
            self.add_class(kind.OPEN)
            self.show_session()
            self.query_one(kind).rows.focus()

    @on(PanelRows.Closed)
    def close_panels(self) -> None:
        """Close the panel that is open, if one is."""
        for panel in self.query(SidePanel):
            if self.has_class(panel.OPEN):
                self.remove_class(panel.OPEN)
                self.set_focus(None)
