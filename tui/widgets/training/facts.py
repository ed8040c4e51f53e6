"""Facts: short statements joined by dots, broken between statements only."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.widget import Widget

from tui.terminal.glyphs import Glyphs
from tui.widgets.explaining.asking import asks


class Facts(Widget):
    """As many `facts` on a line as fit. The first one stands out."""

    DEFAULT_CSS = """
    Facts { height: auto; width: 1fr; }
    """

    facts: reactive[tuple[str, ...]] = reactive((), layout=True)

    def __init__(self, identifier: str, glyphs: Glyphs, *terms: str) -> None:
        super().__init__(id=identifier)
        self._glyphs = glyphs
        self._terms = terms
        """What explains the first facts; a later one is explained by its last word."""

    def render(self) -> Content:
        """The lines of `packed`."""
        lines = packed(self.facts, self.size.width, f" {self._glyphs.dot} ")
        first = len(self.facts[0]) if self.facts else 0
        text = Content.assemble(("\n".join(lines), "$text-muted"))
        place = 0
        for number, fact in enumerate(self.facts):
            term = self._terms[number] if number < len(self._terms) else fact.split()[-1]
            place = text.plain.index(fact, place)
            text = text.stylize(asks(term), place, place + len(fact))
        return text.stylize("$foreground", 0, first)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One row for each line."""
        return max(1, len(packed(self.facts, width, f" {self._glyphs.dot} ")))


def packed(facts: tuple[str, ...], width: int, between: str) -> list[str]:
    """Lines no wider than `width` cells, unless a single fact is.

    >>> packed(("nietzsche", "57 distinct", "fast"), 24, " - ")
    ['nietzsche - 57 distinct', 'fast']
    """
    lines: list[str] = []
    for fact in facts:
        joined = f"{lines[-1]}{between}{fact}" if lines else fact
        if lines and len(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(fact)
    return lines
