"""ColourLegend: what the colours of the text mean, in a line of its own."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from model.sampling import Unit
from tui.text.colouring import Colouring, legend
from tui.widgets.explaining.asking import asks_segment
from tui.widgets.writing.stream_rows import LEVEL_CSS, LEVEL_STYLES, UNIT_STYLES, level_styles

_BETWEEN = "  "


class ColourLegend(Widget, can_focus=False):
    """Out of sight while nothing is coloured."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"legend--name", *LEVEL_STYLES, *UNIT_STYLES}

    DEFAULT_CSS = f"""
    ColourLegend {{
        height: 1;
        display: none;
        & > .legend--name {{ color: $text-muted; }}
        {LEVEL_CSS}
    }}
    """

    colouring: reactive[Colouring] = reactive("off")
    """What is coloured."""
    unit: reactive[Unit | None] = reactive(None)
    """The unit, where the colours are those of one."""
    past: reactive[bool] = reactive(False)
    """Whether the text is one that an epoch wrote, rather than the live one."""

    def watch_colouring(self, colouring: Colouring) -> None:
        """Be in sight, or not."""
        self.display = colouring != "off"

    def render_line(self, y: int) -> Strip:
        """Each level in its own colour, as much as there is room for."""
        if self.colouring == "off":
            return Strip.blank(self.size.width, self.rich_style)
        style = self.get_component_rich_style
        whose = f" {self.unit}" if self.colouring == "unit" and self.unit else ""
        segments = [Segment(self.colouring + whose, style("legend--name"))]
        for level, meaning in legend(self.colouring).items():
            segments += [
                Segment(_BETWEEN, self.rich_style),
                Segment(meaning, style(level_styles(self.colouring)[level])),
            ]
        older = f"{_BETWEEN}older samples: not known"
        if whose and not self.past and sum(map(len, (each.text for each in segments))) + len(older) <= self.size.width:
            segments.append(Segment(older, style("legend--name")))
        return (
            Strip(segments).apply_style(asks_segment(self.colouring)).crop_extend(0, self.size.width, self.rich_style)
        )
