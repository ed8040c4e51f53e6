"""What is pasted into the terminal reaches the program in order, without the sequences that a terminal obeys.

Textual takes an escape sequence within a paste for keys, and sends these before the paste.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.message import Message

from corpora.safe_text import without_sequences

_START, _END = "\x1b[200~", "\x1b[201~"
_unfinished = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)\Z").search


class PasteFilter:
    """Takes what the terminal sends, piece by piece, and leaves out the escape sequences within pastes."""

    def __init__(self) -> None:
        self._pasting = False
        self._held = ""
        """The beginning of a sequence, or of the mark at the end, whose rest is still to come."""
        self._last = ""
        """The end of what was let through outside a paste: the mark may come in pieces."""

    def take(self, data: str) -> str:
        """What is left of the next piece."""
        kept = ""
        while data:
            if self._pasting:
                pasted, end, data = (self._held + data).partition(_END)
                cut = None if end else _unfinished(pasted)
                self._held = pasted[cut.start() :] if cut else ""
                kept += without_sequences(pasted[: cut.start()] if cut else pasted).replace("\x1b", "") + end
                self._pasting = not end
            else:
                before = len(self._last)
                seen, start, rest = (self._last + data).partition(_START)
                kept += (seen + start)[before:]
                self._last, self._pasting = ("", True) if start else (seen[1 - len(_START) :], False)
                data = rest
        return kept


class PasteParser(XTermParser):
    """Textual's parser behind the filter."""

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._filter = PasteFilter()

    def feed(self, data: str) -> Iterable[Message]:
        """The messages of what the terminal sends."""
        kept = self._filter.take(data)
        return super().feed(kept) if kept or not data else ()


def install(app: App[None]) -> None:
    """Let an app's driver read the terminal with it; before the app runs."""
    driver = vars(sys.modules[app.driver_class.__module__])
    if "XTermParser" in driver:
        driver["XTermParser"] = PasteParser
