"""ExplanationBox: one text, as small as it can be, beside what it explains."""

from __future__ import annotations

import re
from typing import NamedTuple

from textual.content import Content
from textual.geometry import Offset, Region, Size
from textual.widget import Widget

from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import wrap_sentence

_WIDTH = 50
"""Cells of a box, with its border: those of the narrower pane where there are two."""
_BORDER, _SIDES = 2, 4
"""Cells that its border takes of its height, and border and padding of its width."""


class Shown(NamedTuple):
    """What a box says."""

    title: str
    text: str
    """Words between backticks are options."""


def placed(beside: Region, size: Size, screen: Size) -> Offset:
    """The upper left corner of a box: below what it explains, above it, or else as far from its beginning as possible.

    Below and above, the text in the box begins where that begins.

    Args:
        beside: what it explains.
        size: of the box.
        screen: its room.
    """
    x = max(0, min(beside.x - _SIDES // 2, screen.width - size.width))
    if beside.bottom + size.height <= screen.height:
        return Offset(x, beside.bottom)
    if beside.y - size.height >= 0:
        return Offset(x, beside.y - size.height)
    if beside.right + size.width <= screen.width:
        return Offset(beside.right, max(0, screen.height - size.height))
    if beside.x - size.width >= 0:
        return Offset(beside.x - size.width, max(0, screen.height - size.height))
    lower = beside.y < screen.height - beside.bottom or beside.height > screen.height // 2
    return Offset(screen.width - size.width, max(0, screen.height - size.height) if lower else 0)


class ExplanationBox(Widget, can_focus=False):
    """Say with `explain` what it is to show, and where.

    Args:
        glyphs: the signs to draw with.
        keys: what the keys do, for the lower border.
    """

    DEFAULT_CSS = """
    ExplanationBox {
        overlay: screen;
        position: absolute;
        border: round $accent;
        border-title-color: $accent;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        background: $surface;
        padding: 0 1;
        &.-ascii { border: ascii $accent; }
        &.-bare { border: none; }
    }
    """

    def __init__(self, glyphs: Glyphs, *keys: str) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii_only else None)
        self._keys = f" {glyphs.dot} ".join(keys)
        self._text = Content()

    def explain(self, shown: Shown, beside: Region, screen: Size) -> None:
        """Show a text beside a place of a screen."""
        width = min(_WIDTH, screen.width)
        rows = wrap_sentence(shown.text, width - _SIDES)
        bare = len(rows) + _BORDER > screen.height  # as in the smallest windows
        if bare:
            width = screen.width
            rows = wrap_sentence(shown.text, width - _SIDES + _BORDER)
        self.set_class(bare, "-bare")
        size = Size(width, min(screen.height, len(rows) + _BORDER * (not bare)))
        self._text = _with_options("\n".join(rows))
        self.border_title, self.border_subtitle = Content(shown.title), Content(self._keys)
        self.styles.width, self.styles.height = size
        self.styles.offset = placed(beside, size, screen)
        self.refresh()

    def make_room(self, place: Region, screen: Size) -> None:
        """Stand beside a place of a screen, if it would be covered."""
        if self.region.overlaps(place):
            self.styles.offset = placed(place, self.region.size, screen)

    def render(self) -> Content:
        """The text."""
        return self._text


def _with_options(text: str) -> Content:
    """A text with its options in colour."""
    parts = re.split(r"`([^`]*)`", text)
    return Content.assemble(*((part, "$accent" if number % 2 else "") for number, part in enumerate(parts)))
