"""StreamHeader: the line above a stream's text: its sampling, loudest where it is selected, and notes."""

from __future__ import annotations

from textual.content import Content
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from model.sampling import Sampling
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import ending
from tui.views.writing_words import fitting, sampling_names
from tui.widgets.explaining.asking import KEY, asks


class StreamHeader(Widget):
    """'▸ 1.00 ━━━━━━ 3 new ━' above a text, or '─ 1.00  …the last words' in the place of one."""

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
    complete: reactive[bool] = reactive(False)
    """Whether nothing more comes to the text."""
    last_words: reactive[str | None] = reactive(None)
    """In the place of a text; None above one."""

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._signs = glyphs

    def render(self) -> Content:
        """As much as there is room for."""
        width, signs, selected = self.size.width, self._signs, self.selected
        rule = signs.heavy_rule if selected else signs.rule
        line, loud = ("$accent", "bold $accent") if selected else ("$border", "bold $foreground")
        notes = self._notes() if self.last_words is None else ()
        # A note is worth more than a long name, and otherwise the end of the line is seen.
        names, beside = sampling_names(self.sampling), min((len(each) + 3 for each in notes), default=2)
        beside_note = (each for each in names if len(each) + 3 + beside <= width)
        name = next(beside_note, fitting(names, width - 5))
        start = Content(f"{signs.pointer if selected else rule} ").stylize(line) + (_asked(name) + " ").stylize(loud)
        room = width - len(name) - 3
        if self.last_words is not None:
            words, _ = ending(self.last_words, room, signs.ellipsis, signs.ascii_only)
            return start + Content(words).stylize("$text-muted")
        note = next((f" {each} " for each in notes if len(each) + 3 <= room), "")
        left = Content(rule * (room - len(note) - bool(note))).stylize(line)
        return (
            start
            + left
            + Content(note).stylize("$text-muted").stylize(_of_note(note, self.place))
            + Content(rule * bool(note)).stylize(line)
        )

    def _notes(self) -> tuple[str, ...]:
        """All that may be said of the text, the best first."""
        notes = self.notes
        if self.complete:
            notes = (*(said for each in notes for said in (f"complete, {each}", each)), "complete")
        if not self.place:
            return notes
        return (*(f"{self.place}, {note}" for note in notes), self.place, *notes)


def _asked(name: str) -> Content:
    """The words of a sampling, each of which can be explained."""
    words = name.split(", ")
    about = [KEY + "samplers" if each.endswith(" more") else each.split()[0] for each in words]
    asked = [asks("temperature" if each[0].isdigit() else each) for each in about]
    return Content(", ").join(Content(word).stylize(style) for word, style in zip(words, asked, strict=True))


def _of_note(note: str, place: str) -> Style:
    """What a note is about."""
    return asks("loop" if "loop" in note else KEY + "end" if place and place in note else "novelty")
