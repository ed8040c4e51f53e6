"""StyledRows: a widget that draws its own rows, many times a second."""

from __future__ import annotations

from rich.style import Style
from textual.widget import Widget


class StyledRows(Widget):
    """Keeps its styles until the theme changes.

    Textual forgets them at each refresh, and to work them out again takes longer than all the rest of a row.
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._kept_styles: dict[str, Style] = {}

    def style_of(self, component: str = "") -> Style:
        """The style of a component class; without one, that of the widget."""
        style = self._kept_styles.get(component)
        if style is None:
            style = self.get_component_rich_style(component) if component else self.rich_style
            self._kept_styles[component] = style
        return style

    def notify_style_update(self) -> None:
        """Draw everything again: the theme has changed."""
        self._kept_styles.clear()
        super().notify_style_update()
