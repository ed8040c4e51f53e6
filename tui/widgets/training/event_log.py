"""EventLog: what happened, one line an epoch and a sentence for everything else."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.reactive import var
from textual.scroll_view import ScrollView
from textual.strip import Strip

from corpora.safe_text import shown
from tui.text.wrapping import first_rows, wrap_sentence
from tui.views.log_lines import LogLine
from tui.views.quantities import Unit
from tui.widgets.explaining.asking import KEY, asks_segment
from tui.widgets.styled_rows import StyledRows

_MOST_ENTRIES = 2000
SKIPPED = ","
"""Before the row of an epoch whose samples the live text leaves out: the key that shows them."""

_OF_SKIPPED = asks_segment(KEY + "epoch-before")

_TABLE_FROM = 2
"""Rows from which epochs are shown as a table."""


class EventLog(StyledRows, ScrollView, can_focus=False):
    """Follows its end unless the user has scrolled back with the wheel.

    Args:
        ellipsis: ends the beginning of the last sentence where there is no room for all of it.
    """

    DEFAULT_CSS = """
    EventLog {
        height: 1fr;
        overflow: hidden scroll;
        scrollbar-size-vertical: 1;
        & > .event-log--epoch { color: $foreground; }
        & > .event-log--mark { color: $secondary; text-style: bold; }
        & > .event-log--chosen { color: $accent; text-style: bold reverse; }
        & > .event-log--skipped { color: $accent; text-style: bold; }
        & > .event-log--note { color: $text-muted; }
        & > .event-log--warning { color: $warning; }
        & > .event-log--alarm { color: $error; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "event-log--epoch",
        "event-log--mark",
        "event-log--chosen",
        "event-log--skipped",
        "event-log--note",
        "event-log--warning",
        "event-log--alarm",
    }

    unit: var[Unit] = var("nats", init=False)
    """What losses are shown in."""

    def __init__(self, ellipsis: str) -> None:
        super().__init__()
        self._ellipsis = ellipsis
        self._entries: deque[LogLine] = deque(maxlen=_MOST_ENTRIES)
        self._rows: list[LogLine] = []
        self._chosen: int | None = None
        self._skipped: set[int] = set()
        self._best: int | None = None
        self._newest: dict[int, int] = {}
        """The row of each epoch; after a rollback, the last one."""

    class Clicked(Message):
        """The row of an epoch was clicked."""

        def __init__(self, epoch: int) -> None:
            super().__init__()
            self.epoch = epoch

    def on_click(self, event: events.Click) -> None:
        """Say which epoch's row it was, if it was one."""
        at = event.y + self.scroll_offset.y
        if 0 <= at < len(self._rows) and (epoch := self._rows[at].epoch):
            self.post_message(self.Clicked(epoch))

    def choose(self, epoch: int | None) -> None:
        """Mark an epoch's row and bring it into sight; None marks none, and follows the end again."""
        self._chosen = epoch
        self.anchor(epoch is None)
        if (row := self._newest.get(epoch or 0)) is not None:
            self.scroll_to(y=max(0, row - self.size.height // 2), animate=False, immediate=True)
        self.refresh()

    def skip(self, epochs: Iterable[int]) -> None:
        """Mark the rows of epochs whose samples the live text leaves out."""
        self._skipped.update(epochs)
        self.refresh()

    def add(self, lines: Iterable[LogLine]) -> None:
        """Add lines, made safe to show."""
        if new := [line._replace(text=shown(line.text, 500)) for line in lines]:
            self._entries.extend(new)
            self._lay_out()

    def clear(self) -> None:
        """Remove all lines."""
        self._entries.clear()
        self._lay_out()

    def on_mount(self) -> None:
        """Follow the end."""
        self.anchor()

    def watch_unit(self) -> None:
        """Write all losses anew."""
        self._lay_out()

    def on_resize(self) -> None:
        """Wrap again."""
        self._lay_out()
        if self._chosen is not None:
            self.choose(self._chosen)

    def watch_virtual_size(self, size: Size) -> None:
        """Keep the scrollbar in proportion."""
        self.vertical_scrollbar.window_virtual_size = size.height

    def render_line(self, y: int) -> Strip:
        """One row of the log."""
        width, ground = self.size.width, self.style_of()
        row = y + self.scroll_offset.y
        if row >= len(self._rows):
            return Strip.blank(width, ground)
        line = self._rows[row]
        text, mark, epoch = line.text if self.has_table else line.in_words or line.text, line.mark, line.epoch
        style = "chosen" if epoch and epoch == self._chosen else line.kind
        segments = [Segment(text, self.style_of(f"event-log--{style}"))]
        if epoch in self._skipped and text[:1] == " ":
            segments = [
                Segment(SKIPPED, self.style_of("event-log--skipped") + _OF_SKIPPED),
                segments[0]._replace(text=text[1:]),
            ]
        if epoch and (epoch != self._best or row != self._newest.get(epoch)):
            mark = ""  # only the row that is best now
        if mark:
            segments.append(Segment(f"  {mark}", self.style_of("event-log--mark") + asks_segment(mark)))
        return Strip(segments).adjust_cell_length(width, ground)

    @property
    def has_table(self) -> bool:
        """Whether epochs are shown as a table."""
        return self.size.height >= _TABLE_FROM

    @property
    def _in_sight(self) -> Sequence[LogLine]:
        """The lines; where there is one row, without the notes after the result of the run."""
        if self.has_table:
            return self._entries
        lines = [*self._entries]
        end = next((at for at in range(len(lines) - 1, -1, -1) if lines[at].result), len(lines))
        after = lines[end + 1 :]
        return lines if any(line.important or line.kind != "note" for line in after) else lines[: end + 1]

    def _lay_out(self) -> None:
        width = max(8, self.scrollable_content_region.width)
        sentences = [_rows_of(entry, self.unit, width) for entry in self._in_sight]
        if sentences and self.size.height:
            last = sentences[-1]
            texts = first_rows([row.text for row in last], self.size.height, width, self._ellipsis)
            sentences[-1] = [row._replace(text=text) for row, text in zip(last, texts, strict=False)]
        self._rows = [row for rows in sentences for row in rows]
        self._newest = {row.epoch: number for number, row in enumerate(self._rows) if row.epoch}
        self._best = next((row.epoch for row in reversed(self._rows) if row.epoch and row.mark), None)
        # Never less than what is in sight: the scrollbar draws a thumb of full height otherwise.
        self.virtual_size = Size(width, max(len(self._rows), self.container_size.height))
        self.refresh()


@lru_cache(maxsize=2 * _MOST_ENTRIES)
def _rows_of(entry: LogLine, unit: Unit, width: int) -> list[LogLine]:
    """Its rows. They are kept: the whole log is laid out again whenever a line is added."""
    entry = entry.spelled(unit)
    if entry.kind == "epoch":
        return [entry]
    return [entry._replace(text=row) for row in wrap_sentence(entry.text, width)]
