"""A screen is laid out for the terminal's newest size alone.

Textual 8.2 tells a screen every size, and the screen then tells itself that it has it. Where two sizes are under way at
once, each is the answer to the other, and the screen would change between them for ever: at the start of a terminal
that does not know its size, and where a window is resized while the screen is busy.
"""

from __future__ import annotations

from textual import on
from textual.events import Resize
from textual.screen import Screen


class NewestSizeScreen(Screen[None]):
    """A screen that ignores sizes the terminal no longer has."""

    @on(Resize)
    def _ignore_old_sizes(self, event: Resize) -> None:
        if event.size != self.app.size:
            event.prevent_default()
