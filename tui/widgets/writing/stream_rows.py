"""The rows of the stream as styled segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rich.segment import Segment
from rich.style import Style

from tui.terminal.glyphs import ASCII, Glyphs
from tui.text.passage import Kind
from tui.text.transcript import Transcript
from tui.text.wrapping import show

STYLES = {
    Kind.SEED: "token-stream--seed",
    Kind.UNKNOWN: "token-stream--unknown",
    Kind.TEXT: "token-stream--text",
    Kind.MARK: "token-stream--mark",
}


def row_segments(transcript: Transcript, y: int, style: Callable[[str], Style], signs: Glyphs) -> list[Segment]:
    """Row `y` of the transcript, with the cursor at the end of the text.

    Args:
        transcript: the text.
        y: a row that it has.
        style: gives the style of a component class.
        signs: those of headings and of characters that cannot be shown.
    """
    passage, row = transcript.locate(y)
    if row < 0:
        label = transcript.heading(passage) if row == passage.heading_row else ""
        if not label:
            return []
        return [
            Segment(label[:3], style("token-stream--rule")),
            Segment(label[3:], style("token-stream--heading")),
            Segment(signs.rule * (transcript.width + 1 - len(label)), style("token-stream--rule")),
        ]
    spans = list(passage.spans(row))
    glyphs, _ = show("".join(span.text for span in spans), signs is ASCII)
    segments, done = [], 0
    for text, kind in spans:
        segments.append(Segment(glyphs[done : done + len(text)], style(STYLES[kind])))
        done += len(text)
    if transcript.writing and y == transcript.height - 1:
        segments.append(Segment(" ", style("token-stream--cursor")))
    return segments


def highlighted(segments: Iterable[Segment], start: int, end: int, style: Style) -> list[Segment]:
    """The segments with another style on the characters from `start` to `end`; -1 is the end of the row."""
    done = 0
    pieces = []
    for text, own, _ in segments:
        first = max(0, start - done)
        last = len(text) if end == -1 else max(first, end - done)
        for piece, selected in ((text[:first], False), (text[first:last], True), (text[last:], False)):
            if piece:
                pieces.append(Segment(piece, own + style if own and selected else own))
        done += len(text)
    return pieces
