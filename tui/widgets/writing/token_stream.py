"""TokenStream: text that grows character by character, can be scrolled, selected and copied while it does."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from textual.cache import LRUCache
from textual.events import Click
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import Reactive, var
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from tui.engine.writing.items import Item
from tui.terminal.glyphs import UNICODE, Glyphs
from tui.text.colouring import Colouring
from tui.text.transcript import MOST_ROWS, Place, Transcript
from tui.widgets.styled_rows import BareRows
from tui.widgets.writing.stream_rows import LOOKS, STREAM_CSS, highlighted, isolated, row_segments

_CACHED_ROWS = 128
"""More than are in sight: a row in colours takes 15 kB, with all that Textual keeps of it."""


class TokenStream(BareRows, ScrollView, can_focus=False):
    """Shows the items of the token buffer, and follows the newest text until the user scrolls back.

    Only rows in sight are drawn, and an append costs the same whatever the history. The last column is kept for the
    cursor. Keys are the screen's: it calls `look`.

    Args:
        glyphs: the signs of the terminal.
        most_rows: of history.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = LOOKS
    """
    | Class | What it styles |
    | :- | :- |
    | `token-stream--heading` | the words of a sample's heading |
    | `token-stream--rule` | the line they stand in |
    | `token-stream--seed` | the text that a sample continues |
    | `token-stream--unknown` | stand-ins in the seed for characters the model has never seen |
    | `token-stream--text` | what the model wrote |
    | `token-stream--mark` | a changed sampling |
    | `token-stream--cursor` | where the next character appears |
    """

    DEFAULT_CSS = STREAM_CSS

    # Not a layout of the whole screen for each new row: the widget's place does not depend on its text.
    virtual_size = Reactive(Size(0, 0), repaint=False)

    colouring: var[Colouring] = var("off", init=False)
    """What the colours of the written text mean."""
    cursor: var[int | None] = var(None, init=False)
    """Characters of the newest sample's text before the cursor, without seed and marks; None while there is none."""

    class FollowChanged(Message):
        """The stream stopped following the newest text, or follows it again."""

        def __init__(self, following: bool) -> None:
            self.following = following
            super().__init__()

    class Pointed(Message):
        """The user has clicked on a written character.

        `offset` is the number of those before it; None where the sample is not the newest.
        """

        def __init__(self, stream: TokenStream, offset: int | None) -> None:
            self.stream, self.offset = stream, offset
            super().__init__()

        @property
        def control(self) -> TokenStream:
            """Where it was."""
            return self.stream

    def __init__(self, glyphs: Glyphs = UNICODE, *, most_rows: int = MOST_ROWS) -> None:
        super().__init__(classes="-ascii" if glyphs.ascii_only else None)
        self._signs = glyphs
        self._width, self._room = 80, self.size
        self.transcript = Transcript(self._width, self._signs, most_rows)
        """The text itself."""
        self._strips: LRUCache[int, Strip] = LRUCache(_CACHED_ROWS)
        """Of the empty part of rows."""
        self._following = True
        self._seen = 0
        # The row that was brought back into sight after wrapping, and its place in the text.
        self._kept: tuple[int, Place] | None = None

    @property
    def following(self) -> bool:
        """Whether the newest text is kept in sight: until the user scrolls back or selects text."""
        return self._following

    @property
    def new_lines(self) -> int:
        """Rows added since the stream stopped following; 0 while it follows."""
        return 0 if self._following else max(0, self.transcript.gone + self.transcript.height - self._seen)

    def on_click(self, event: Click) -> None:
        """Say which character it was, if it was one; selecting text is no click."""
        place = self.transcript.written_at(event.y + self.scroll_offset.y, event.x)
        if place is not None and not self.text_selection:
            passage, offset = place
            self.post_message(self.Pointed(self, offset if passage is self.transcript.last else None))

    def append(self, items: Iterable[Item]) -> None:
        """Show what was written, in the order of the buffer."""
        transcript = self.transcript
        gone, height = transcript.gone, transcript.height
        changed = transcript.append(items)
        lost = transcript.gone - gone
        if lost:
            self._kept = None
        if lost or transcript.height < height:
            self._rows_moved()
        self._set_height()
        if self._following:
            self._scroll_to_end()
        elif lost:
            self.scroll_to(y=self.scroll_y - lost, animate=False, force=True)
        changed = max(0, changed - lost)
        self.refresh_lines(changed, transcript.height - changed)

    def watch_colouring(self) -> None:
        """Draw everything in other colours."""
        self._strips.clear()
        self.refresh()

    def watch_cursor(self, before: int | None, cursor: int | None) -> None:
        """Draw it, and bring it into sight."""
        for place in (before, cursor):
            self.refresh_lines(self._row_of(place))
        if cursor is not None:
            self.scroll_to_region(Region(0, self._row_of(cursor), 1, 1), animate=False, force=True)

    def _row_of(self, cursor: int | None) -> int:
        """The row of the cursor; None is the end of the text."""
        last = self.transcript.last
        if last is None or cursor is None:
            return max(0, self.transcript.height - 1)
        return self.transcript.find(Place(last, last.flow_offset(cursor)))

    def follow(self) -> None:
        """Go to the newest text and keep it in sight."""
        self._set_following(True)
        self._scroll_to_end()

    def look(self, where: str) -> bool:
        """Scroll at once: 'up', 'down', 'page_up', 'page_down', 'home' to the oldest text, 'end' to the newest.

        Returns whether this changed what is in sight.
        """
        before = self._following, self.scroll_target_y
        match where:
            case "up":
                self.scroll_up(animate=False)
            case "down":
                self.scroll_down(animate=False)
            case "page_up":
                self.scroll_page_up(animate=False)
            case "page_down":
                self.scroll_page_down(animate=False)
            case "home":
                self.scroll_home(animate=False)
            case "end":
                self.follow()
        return before != (self._following, self.scroll_target_y)

    # Drawing

    def render_line(self, y: int) -> Strip:
        """A row in sight, with what selecting text has to know of it, which no drawing needs."""
        return self.row(y).apply_offsets(0, y + self.scroll_offset.y)

    def row(self, y: int) -> Strip:
        """A row in sight."""
        y += self.scroll_offset.y
        strip = self._strips.get(y)
        if strip is None:
            segments = self._segments(y) if y < self.transcript.height else []
            selection = self.text_selection
            if selection and y < self.transcript.height and (span := selection.get_span(y)):
                span = self.transcript.whole(y, *span)
                segments = highlighted(segments, *span, self.screen.get_component_rich_style("screen--selection"))
            self._strips[y] = strip = Strip(isolated(segments)).crop_extend(0, self.size.width, self.style_of())
        return strip

    def _segments(self, y: int) -> list[Segment]:
        last = self.transcript.last
        cursor = last.flow_offset(self.cursor) if last and self.cursor is not None else None
        return row_segments(self.transcript, y, self.style_of, self._signs, self.colouring, cursor)

    def refresh_lines(self, y_start: int, line_count: int = 1) -> None:
        """Draw rows again."""
        for y in range(y_start, y_start + line_count):
            self._strips.discard(y)
        super().refresh_lines(y_start, line_count)

    def notify_style_update(self) -> None:
        """Draw everything again: the theme has changed."""
        self._strips.clear()
        super().notify_style_update()

    # Selecting

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The selected text as it was written: rows that were only wrapped are joined, marks are left out."""
        last = self.transcript.height - 1
        if selection.end is not None:
            last = min(last, selection.end.y)
        pieces: list[str] = []
        for y in range(selection.start.y if selection.start else 0, last + 1):
            start, end = selection.get_span(y) or (0, 0)
            pieces.append(self.transcript.copied(y, *self.transcript.whole(y, start, end)))
        return "".join(pieces), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Hold still while text is selected, so that it can be copied in peace."""
        if selection is not None:
            self._set_following(False)
        self._strips.clear()
        self.refresh()

    def _rows_moved(self) -> None:
        """Draw everything again and clear the selection: the selected text has moved."""
        self._strips.clear()
        if self.is_attached and self.text_selection:
            self.screen.clear_selection()
        self.refresh()

    # Scrolling

    def _size_updated(self, size: Size, virtual_size: Size, container_size: Size, layout: bool = True) -> bool:
        """Wrap the text at its new width, and keep the same text in sight: between a layout and its drawing."""
        changed = super()._size_updated(size, virtual_size, container_size, layout)
        if size != self._room:
            self._room = size
            self._fit()
        return changed

    def _fit(self) -> None:
        self._strips.clear()
        width = max(2, self.scrollable_content_region.width - 1)
        if width != self._width:
            self._wrap(width)
        else:
            self._set_height()
        if self._following:
            self._scroll_to_end()

    def _wrap(self, width: int) -> None:
        transcript, self._width = self.transcript, width
        top = self._first_in_sight()
        unseen = transcript.place(transcript.height - self.new_lines) if self.new_lines else None
        transcript.wrap(width)
        self._rows_moved()
        self._set_height()
        self._seen = transcript.gone + (transcript.find(unseen) if unseen else transcript.height)
        if top and not self._following:
            self._kept = transcript.find(top), top
            self.scroll_to(y=self._kept[0], animate=False, force=True)

    def _first_in_sight(self) -> Place | None:
        """The place in the first row. Until the user scrolls it stays the same at every width, so nothing drifts."""
        y = self.scroll_offset.y
        if self._kept and self._kept[0] == y:
            return self._kept[1]
        return self.transcript.place(y) if y < self.transcript.height else None

    def watch_scroll_target_y(self, old: float, new: float) -> None:
        """Stop following when the user scrolls back; follow again at the end."""
        self._set_following(new >= self.max_scroll_y)

    def _set_following(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self._seen = self.transcript.gone + self.transcript.height
            self.post_message(self.FollowChanged(following))

    def _scroll_to_end(self) -> None:
        if self.is_attached and not self.scroll_y == self.scroll_target_y == self.max_scroll_y:
            self.scroll_end(animate=False, immediate=True, x_axis=False, force=True)

    def _set_height(self) -> None:
        # Never less than what is in sight: the scrollbar draws a thumb of full height otherwise.
        self.virtual_size = Size(self.size.width, max(self.transcript.height, self.container_size.height))

    def watch_virtual_size(self, size: Size) -> None:
        """Keep the scrollbar in proportion."""
        if self.show_vertical_scrollbar:
            self.vertical_scrollbar.window_virtual_size = size.height
