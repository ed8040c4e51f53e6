"""LessonStrip: a few lines between the panes and the footer that say the present step of a lesson."""

from __future__ import annotations

from textual.content import Content
from textual.geometry import Size
from textual.reactive import reactive
from textual.style import Style
from textual.widget import Widget

from model.options.lessons.lesson import Lesson
from tui.terminal.glyphs import Glyphs
from tui.views.lesson.lesson_state import LessonState
from tui.views.lesson.lesson_words import Head, Piece, head, height, pieces, rows
from tui.views.quantities import Unit
from tui.views.training_view import TrainingView
from tui.widgets.explaining.asking import asking_words, asks

_STYLES = {"words": "$foreground", "key": "bold $accent", "choice": "$accent", "right": "bold", "wrong": "bold"}


class LessonStrip(Widget):
    """As high as the lesson's longest text, so that nothing above it jumps."""

    DEFAULT_CSS = """
    LessonStrip { display: none; height: auto; max-height: 50vh; padding: 0 1; }
    """

    lesson: reactive[Lesson | None] = reactive(None, layout=True)
    head: reactive[Head | None] = reactive(None)
    said: reactive[tuple[Piece, ...]] = reactive(())

    def __init__(self, glyphs: Glyphs) -> None:
        super().__init__()
        self._glyphs = glyphs

    def on_mount(self) -> None:
        """Keys look like keys, not like links."""
        self.auto_links = False

    def show(self, state: LessonState, view: TrainingView, unit: Unit) -> None:
        """Show what the lesson says now; what it says already repaints nothing."""
        self.lesson, self.head, self.said = state.lesson, head(state), tuple(pieces(state, view, unit))

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """The line of the title, and those of the longest text."""
        return 1 + height(self.lesson, width) if self.lesson else 1

    def render(self) -> Content:
        """The title's line and what the step says."""
        if self.lesson is None or self.head is None:
            return Content("")
        lines = [self._head(self.head)]
        for row in rows(self.said, self.size.width):
            line = Content.assemble(*(self._drawn(piece) for piece in row))
            lines.append(asking_words(line, *self.lesson.terms))
        return Content("\n").join(lines)

    def _head(self, head: Head) -> Content:
        title = head.title + f" {self._glyphs.done}" * head.done
        leaves = f" {self._glyphs.dot} {head.leaves}" if head.hint else head.leaves
        room = self.size.width - len(title) - 3
        hint = Content(head.hint if len(head.hint) <= room else "")
        hint = hint.stylize("$accent" if head.next else "$text-muted")
        hint = hint.stylize(Style.from_meta({"@click": "screen.choose"}))
        end = Content(leaves if len(head.hint + leaves) <= room else "")
        end = end.stylize("$text-muted" if head.hint else "$accent")
        end = end.stylize(Style.from_meta({"@click": "screen.live"}))
        line = self._glyphs.rule * max(0, room + 1 - hint.cell_length - end.cell_length)
        start = Content.assemble((title, "bold $accent"), " ", (line, "$border"), " ")
        return start.stylize(asks("lesson"), 0, len(title)) + hint + end

    def _drawn(self, piece: Piece) -> Content:
        text = Content(piece.text).stylize(_STYLES[piece.kind])
        if piece.kind == "choice":
            text = text.stylize(Style.from_meta({"@click": f"screen.answer({piece.number})"}))
        return text
