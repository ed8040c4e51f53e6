"""StyledRows: a widget that draws its own rows, many times a second."""

from __future__ import annotations

from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip
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


class BareRows(StyledRows):
    """Its rows have no border and no padding, so that they are drawn as they are.

    What Textual does for each row besides, and keeps of it, takes as long as the row itself.
    """

    def row(self, y: int) -> Strip:
        """A row in sight, as wide as the widget."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        """A row in sight."""
        return self.row(y)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows of a part of the widget."""
        strips, ground = [self.row(y) for y in crop.line_range], self.background_colors[1]
        for each in self.get_line_filters():
            strips = [strip.apply_filter(each, ground) for strip in strips]
        return [strip.crop(*crop.column_span) for strip in strips]
