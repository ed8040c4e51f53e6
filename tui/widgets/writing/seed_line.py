"""SeedLine: the text that all streams continue, once for all of them."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from tui.engine.writing.items import Seed
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import ending


class SeedLine(Widget):
    """'seed  the end of what the model continues'."""

    DEFAULT_CSS = """
    SeedLine { height: 1; }
    """

    explains = "seed"

    seed: reactive[Seed | None] = reactive(None)
    """Of the newest sample; None before the first."""
    chained: reactive[bool] = reactive(False)
    """Whether each sample continues the one before, so that the seeds are in the text."""

    of_a_line: reactive[bool] = reactive(False)
    """Whether each line is a text by itself, so that the seed is the beginning of the first one alone."""

    pinned: reactive[bool] = reactive(False)
    """Whether every showing continues it."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._signs = glyphs

    def render(self) -> Content:
        """The end of the seed: the text goes on from there."""
        if self.chained and not self.pinned:
            return Content("chained: each temperature continues the text before it").stylize("$text-muted")
        seed, label = self.seed, Content("seed  ").stylize("$text-muted")
        if self.pinned:
            label = Content("pinned seed  ").stylize("$accent")
        if seed is None or not seed.asked:
            nothing = "a new line" if self.of_a_line else "none"
            return label + Content(nothing if seed else "").stylize("$text-disabled")
        if self.of_a_line:
            label += Content("the first line begins with  ").stylize("$text-muted")
        signs, width = self._signs, self.size.width - len(label)
        end, left_out = ending(seed.asked.replace("\n", signs.newline), width, signs.ellipsis, signs.ascii_only)
        text = Content(end).stylize("italic $text-muted")
        dots = len(signs.ellipsis) if left_out else 0
        for offset in seed.replaced:
            if offset >= left_out:
                place = dots + offset - left_out
                text = text.stylize("italic underline $error", place, place + 1)
        return label + text
