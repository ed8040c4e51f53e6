"""PastStream: a text that was written before, shown from its beginning."""

from __future__ import annotations

from collections.abc import Iterable

from tui.engine.writing.items import Item
from tui.terminal.glyphs import Glyphs
from tui.widgets.writing.token_stream import TokenStream


class PastStream(TokenStream):
    """Give it a text with `show`."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__(glyphs)
        self.transcript.seeds_shown = False

    def show(self, items: Iterable[Item]) -> None:
        """Show these, instead of anything before."""
        self.transcript.clear()
        self._kept, self._following, self._seen = None, False, 0
        self._rows_moved()
        self.append(items)
        if self.is_attached:
            self.scroll_to(y=0, animate=False, immediate=True, force=True)
