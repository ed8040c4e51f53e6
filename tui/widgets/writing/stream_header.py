"""StreamHeader: the line above a stream's text: its sampling, loudest where it is selected, and notes."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from model.sampling import Sampling
from tui.terminal.glyphs import ASCII, UNICODE
from tui.text.wrapping import ending
from tui.widgets.explaining.asking import KEY, asks


class StreamHeader(Widget):
    """'▸ 1.00 ━━━━━━ 3 new ━' above a text, or '─ 1.00  …the last words' in the place of one.

    Args:
        ascii_only: draw with ASCII.
    """

    DEFAULT_CSS = """
    StreamHeader { height: 1; }
    """

    sampling: reactive[Sampling] = reactive(Sampling())
    """How the next character is drawn."""
    selected: reactive[bool] = reactive(False)
    """Whether keys steer this stream."""
    place: reactive[str] = reactive("")
    """Where the text in sight is, when that is not its end; it goes before `notes` where there is room for one only."""
    notes: reactive[tuple[str, ...]] = reactive(())
    """Anything else that is to be known of the text, in ever fewer words."""
    last_words: reactive[str | None] = reactive(None)
    """In the place of a text; None above one."""

    def __init__(self, *, ascii_only: bool = False) -> None:
        super().__init__()
        self._ascii_only = ascii_only
        self._signs = ASCII if ascii_only else UNICODE

    def render(self) -> Content:
        """As much as there is room for."""
        width, signs, selected = self.size.width, self._signs, self.selected
        rule = signs.heavy_rule if selected else signs.rule
        line, loud = ("$accent", "bold $accent") if selected else ("$border", "bold $foreground")
        name = f"{self.sampling.short} "
        if len(name) + 4 > width:
            name = name[: max(0, width - 2 - len(signs.ellipsis))] + signs.ellipsis
        start = Content(f"{signs.pointer if selected else rule} ").stylize(line) + _asked(name).stylize(loud)
        room = width - len(name) - 2
        if self.last_words is not None:
            words, _ = ending(self.last_words, room, signs.ellipsis, self._ascii_only)
            return start + Content(words).stylize("$text-muted")
        both = [f"{self.place}, {note}" for note in self.notes] if self.place else []
        notes = (*both, self.place, *self.notes)
        note = next((f" {each} " for each in notes if each and len(each) + 3 <= room), "")
        left = Content(rule * (room - len(note) - bool(note))).stylize(line)
        return (
            start
            + left
            + Content(note).stylize("$text-muted").stylize(_of_note(note, self.place))
            + Content(rule * bool(note)).stylize(line)
        )


def _asked(name: str) -> Content:
    """The words of a sampling, each of which can be explained."""
    temperature, *others = name.split(", ")
    words = [Content(temperature).stylize(asks("temperature"))]
    words += [Content(other).stylize(asks(other.split()[0])) for other in others if other.split()]
    return Content(", ").join(words)


def _of_note(note: str, place: str) -> Style:
    """What a note is about."""
    return asks("loop" if "loop" in note else KEY + "end" if place and place in note else "novelty")
