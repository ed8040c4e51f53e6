"""LossPlot: the drawn chart. It says where the mouse is, where it clicks and how far it is rolled."""

from __future__ import annotations

from functools import cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from tui.terminal.glyphs import Glyphs
from tui.views.chart_view import ChartView
from tui.widgets.explaining.asking import asks_segment
from tui.widgets.styled_rows import StyledRows
from tui.widgets.training.chart.canvas import Run
from tui.widgets.training.chart.drawing import AXIS_ROWS, LABEL_CELLS, OVERLAY_STYLES, STYLES, draw, frame_of

_TERMS = {
    "line-label": "baseline",
    "sign": "mark",
    "words": "mark",
    "cursor": "chart-cursor",
    **dict.fromkeys(OVERLAY_STYLES, "other-runs"),
}
"""What explains the parts that are drawn with a style."""


@cache
def _asked(style: str, *, below: bool) -> Style:
    """What explains a piece of the drawing, or of the axis below it."""
    if style in ("label", "axis"):
        return asks_segment("x-axis" if below else "y-axis")
    return asks_segment(_TERMS[style]) if style in _TERMS else Style()


class LossPlot(StyledRows, can_focus=False):
    """Set `curves`. Only rows that have changed are drawn again."""

    DEFAULT_CSS = """
    LossPlot {
        & > .plot--label { color: $text-muted; }
        & > .plot--axis { color: $border; }
        & > .plot--line { color: $text-disabled; }
        & > .plot--line-label { color: $text-muted; }
        & > .plot--raw { color: $accent 45%; text-style: dim; }
        & > .plot--training { color: $accent; }
        & > .plot--held-out { color: $secondary; text-style: bold; }
        & > .plot--mark { color: $text-disabled; }
        & > .plot--sign { color: $foreground; text-style: bold; }
        & > .plot--cursor { color: $foreground; }
        & > .plot--words { color: $foreground; text-style: bold; }
        & > .plot--overlay-1 { color: $chart-1; }
        & > .plot--overlay-2 { color: $chart-2; }
        & > .plot--overlay-3 { color: $chart-3; }
    }
    """
    explains = "training"

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"plot--{style}" for style in STYLES}

    curves: reactive[ChartView | None] = reactive(None, repaint=False)

    class Pointed(Message):
        """The mouse is over another place, or has left."""

        def __init__(self, epochs: float | None) -> None:
            super().__init__()
            self.epochs = epochs

    class Clicked(Message):
        """A place was clicked."""

        def __init__(self, epochs: float) -> None:
            super().__init__()
            self.epochs = epochs

    class Rolled(Message):
        """The wheel was rolled: so many steps closer."""

        def __init__(self, steps: int) -> None:
            super().__init__()
            self.steps = steps

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs
        self._rows: list[list[Run]] = []

    def watch_curves(self) -> None:
        """Draw what has changed."""
        before, self._rows = self._rows, self._drawn()
        if len(before) != len(self._rows):
            self.refresh()
            return
        changed = [y for y, (old, new) in enumerate(zip(before, self._rows, strict=True)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def on_resize(self) -> None:
        """Draw for another size."""
        self._rows = self._drawn()
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row of the plot."""
        width, ground = self.size.width, self.style_of()
        if y >= len(self._rows):
            return Strip.blank(width, ground)
        below = y >= len(self._rows) - AXIS_ROWS
        segments = [Segment(run.text, self._style(run.style) + _asked(run.style, below=below)) for run in self._rows[y]]
        return Strip(segments).adjust_cell_length(width, ground)

    # The mouse

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say which place it is over."""
        if (place := self._place(event)) is not None:
            self.post_message(self.Pointed(place))

    def on_leave(self) -> None:
        """The mouse is elsewhere."""
        self.post_message(self.Pointed(None))

    def on_click(self, event: events.Click) -> None:
        """Say which place it is."""
        if (place := self._place(event)) is not None:
            event.stop()
            self.post_message(self.Clicked(place))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Come closer."""
        event.stop()
        self.post_message(self.Rolled(1))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Step back."""
        event.stop()
        self.post_message(self.Rolled(-1))

    def _place(self, event: events.MouseEvent) -> float | None:
        """The epochs below the mouse; None where nothing is drawn."""
        column = event.x - LABEL_CELLS - 1
        if self.curves is None or not self._rows or not 0 <= column < self.size.width - LABEL_CELLS - 1:
            return None
        frame = frame_of(self.curves, *self.size)
        return self.curves.curves.epochs(frame.place(2 * column + 1), self.curves.settings.axis)

    def _drawn(self) -> list[list[Run]]:
        return draw(self.curves, *self.size, self._glyphs) if self.curves else []

    def _style(self, name: str) -> Style:
        return self.style_of(f"plot--{name}" if name else "")
