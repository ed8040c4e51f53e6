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
        elif self.close_panels():
            self.call_after_refresh(self.toggle_panel, kind, identifier)
        elif self._works(identifier):
            self.add_class(kind.OPEN)
            self.show_session()
            self.query_one(kind).rows.focus()

    def close_panels(self) -> bool:
        """Close the panel that is open; whether one was."""
        opened = [panel.OPEN for panel in self.query(SidePanel) if self.has_class(panel.OPEN)]
        if opened:
            self.remove_class(*opened)
            self.set_focus(None)
        return bool(opened)

    @on(PanelRows.Closed)
    def _close_panels(self) -> None:
        self.close_panels()
