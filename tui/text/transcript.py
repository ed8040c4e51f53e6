"""Everything written so far, wrapped to a width: the text behind the streaming widget, without any Textual.

The oldest samples go when there are too many; rows are counted from the first that is still there.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple

from tui.engine.writing.items import Activations, Item, Rewrite, SampleEnd, SampleStart
from tui.terminal.glyphs import UNICODE, Glyphs
from tui.text.passage import Kind, Passage
from tui.text.wrapping import drawn_with, show
from tui.views import quantities
from tui.views.writing_words import sampling_names

MOST_ROWS = 10_000
"""That are kept."""


class Place(NamedTuple):
    """A row that can be found again after the text has been wrapped to another width."""

    passage: Passage
    offset: int
    """Of a character in it; rows of the heading are negative."""


class Transcript:
    """The samples that are kept, the last of them still growing.

    Args:
        width: of a row in cells, 2 or more.
        signs: those of headings and marks.
        most_rows: kept; and
        most_characters: kept, whole samples as long as there are several.
    """

    seeds_shown = True
    """Whether samples to come show their seed in the text, and all that is known of them in their heading; rather than
    beside the text, as one of several streams.
    """
    seeds_in_lines = False
    """Whether a seed is the beginning of a line, and so stands before the text in any case."""
    in_turn = False
    """Whether a stream writes several temperatures in turn, so that each heading names its own, and the part."""

    def __init__(
        self, width: int, signs: Glyphs = UNICODE, most_rows: int = MOST_ROWS, most_characters: int = 200_000
    ) -> None:
        self.width, self._signs = width, signs
        self._most_rows, self._most_characters = most_rows, most_characters
        self._passages: list[Passage] = []
        self._characters = 0
        self.gone = 0
        """Rows that were dropped at the beginning."""
        self.writing = False
        """Whether a sample is being written."""

    @property
    def height(self) -> int:
        """Rows that are there."""
        return self._passages[-1].top + self._passages[-1].height - self.gone if self._passages else 0

    @property
    def last(self) -> Passage | None:
        """The newest sample."""
        return self._passages[-1] if self._passages else None

    @property
    def newest_text(self) -> str:
        """Seed and text of the newest sample."""
        return self._passages[-1].text if self._passages else ""

    def locate(self, y: int) -> tuple[Passage, int]:
        """The passage that row `y` belongs to, and its row of text there; negative for rows of the heading."""
        at = bisect_right(self._passages, y + self.gone, key=attrgetter("top")) - 1
        passage = self._passages[at]
        return passage, y + self.gone - passage.top - passage.heading_rows

    def place(self, y: int) -> Place:
        """The place of row `y`, to be found again after wrapping."""
        passage, row = self.locate(y)
        return Place(passage, passage.offset(row))

    def find(self, place: Place) -> int:
        """The row of a place; the first row where that is gone."""
        passage = place.passage
        return max(0, passage.top + passage.heading_rows + passage.row(place.offset) - self.gone)

    def written_at(self, y: int, x: int) -> tuple[Passage, int] | None:
        """The sample at cell `x` of row `y`, and the characters of its text before the one there; None without one."""
        passage, row = self.locate(y) if y < self.height else (None, 0)
        if passage is None or row < 0:
            return None
        text = passage.rows[row]
        _, cells = show(text.removesuffix("\n"))
        at = bisect_right(list(accumulate(cells)), x) if cells else x
        offset = passage.offset(row) + min(at, max(0, len(text) - 1))
        written = at < len(text) and passage.is_written(offset)
        return (passage, passage.text_offset(offset)) if written else None

    def heading(self, passage: Passage) -> str:
        """'── epoch 3.9 · temperature 0.5 · 2 of 4 ', or '── best, epoch 3 · 0.50, 2 more · 2 of 4 ' in a short row.

        Empty for text without a beginning. One of several streams says its sampling only where it is another than
        that of the sample before, or where several temperatures share it; otherwise it is '── epoch 3.9 '.
        """
        start = passage.start
        if start is None:
            return ""
        whose = "stored sample, " if start.elsewhere else "best, " if start.best else ""
        part = f"{start.part} of {start.parts}" if start.part else ""
        epoch, sampling = f"{whose}epoch {quantities.epochs(start.epoch)}", start.sampling
        names = [sampling.words] * self.seeds_shown + [*sampling_names(sampling), sampling.name]
        if not self.seeds_shown:
            epoch, part = epoch.replace("stored sample", "stored"), part * self.in_turn
            names = names if passage.names_sampling else [""]
        choices = [*((epoch, name, part) for name in names), (epoch, names[-1]), (epoch,)]
        headings = [f" {self._signs.dot} ".join(filter(None, facts)) for facts in choices]
        heading = next((each for each in headings if len(each) + 4 <= self.width), headings[-1])
        return f"{self._signs.rule * 2} {heading} "

    def whole(self, y: int, start: int, end: int) -> tuple[int, int]:
        """Of row `y` the characters from `start` to `end`, with all that are drawn in one place with them.

        An `end` of -1 is the end of the row.
        """
        passage, row = self.locate(y)
        if row < 0:
            return start, end
        _, cells = show(passage.rows[row].removesuffix("\n"))
        return drawn_with(cells, start)[0], end if end < 1 else drawn_with(cells, end - 1)[1]

    def copied(self, y: int, start: int, end: int) -> str:
        """Of row `y` the characters from `start` to `end`, without marks.

        An `end` of -1 is the end of the row. Its line break is copied too, unless the row was only wrapped.
        """
        passage, row = self.locate(y)
        if row < 0:
            heading = self.heading(passage) if row == passage.heading_row else ""
            return heading[start : None if end == -1 else end].rstrip() + "\n" * (end == -1)
        piece, done = "", 0
        for text, kind in passage.spans(row):
            if kind is not Kind.MARK:
                stop = len(text) if end == -1 else max(0, end - done)
                piece += text[max(0, start - done) : stop]
            done += len(text)
        ends_line = passage.rows[row].endswith("\n") or row == len(passage.rows) - 1
        return piece + "\n" * (end == -1 and ends_line)

    def clear(self) -> None:
        """Forget everything."""
        self._passages, self._characters, self.gone, self.writing = [], 0, 0, False

    def append(self, items: Iterable[Item]) -> int:
        """Take in what was written; the first row that is not as it was, counted before old ones are dropped."""
        changed = max(0, self.height - 1)
        following: list[Item] = []
        for item in items:
            if isinstance(item, Rewrite):
                changed = min(changed, self._continue(following), self._rewrite(item))
                following = []
            elif isinstance(item, Activations):
                self._continue(following)
                changed, following = 0, []
                self._tell_activations(item.values)
            elif isinstance(item, SampleStart):
                changed = min(changed, self._continue(following), self._drop_empty())
                following = []
                self._begin(item)
            else:
                following.append(item)
        changed = min(changed, self._continue(following))
        self._drop_old()
        return changed

    def wrap(self, width: int) -> None:
        """Break everything into rows of another width."""
        self.width = width
        top = self.gone
        for passage in self._passages:
            passage.wrap(width)
            passage.top = top
            top += passage.height

    def _begin(self, start: SampleStart | None) -> Passage:
        before, top, shown, in_line = self.last, self.height + self.gone, self.seeds_shown, self.seeds_in_lines
        passage = Passage(start, top, self.width, self._signs, seed_shown=shown, seed_in_line=in_line)
        if start:
            passage.names_sampling |= self.in_turn or (before is not None and start.sampling != before.sampling)
        self._passages.append(passage)
        self.writing = True
        return passage

    def _continue(self, items: list[Item]) -> int:
        """Add to the newest sample; the first row that is not as it was."""
        if not items:
            return self.height
        passage = self.last or self._begin(None)
        before = passage.length
        row = passage.append(items)
        self._characters += passage.length - before
        self.writing = not isinstance(items[-1], SampleEnd)
        return passage.top - self.gone + passage.heading_rows + row

    def _drop_empty(self) -> int:
        """Drop the newest sample if it was broken off before its first character; the first row that has changed."""
        last = self.last
        if last is None or last.start is None or last.written:
            return self.height
        self._passages.pop()
        self._characters -= last.length
        return last.top - self.gone

    def _rewrite(self, rewrite: Rewrite) -> int:
        """Put another text in the place of the newest that was written here; the first row that is not as it was."""
        first, last = self.height, self.last
        if last and not (last.start and last.start.elsewhere):
            self._passages.pop()
            self._characters -= last.length
            first = last.top - self.gone
        start, *text = rewrite.items
        assert isinstance(start, SampleStart)
        self._begin(start)
        self._continue([*text])
        return first

    def _tell_activations(self, values: Sequence[float]) -> None:
        """Another unit is looked at: nothing is known of what it said in older samples, and in those of others."""
        for passage in self._passages:
            here = passage is self.last and not (passage.start and passage.start.elsewhere)
            passage.tell_activations(values if here else ())

    def _drop_old(self) -> None:
        """Where there is too much, keep three quarters: dropping is rare, and whole samples at a time."""
        if self.height <= self._most_rows and self._characters <= self._most_characters:
            return
        rows, characters = self._most_rows * 3 // 4, self._most_characters * 3 // 4
        while len(self._passages) > 1 and (self.height > rows or self._characters > characters):
            oldest = self._passages.pop(0)
            self._characters -= oldest.length
            self.gone = self._passages[0].top
        last = self._passages[0]
        if self.height > rows or self._characters > characters:
            spare = max(len(last.rows) - rows, last.row(max(0, self._characters - characters)))
            forgotten = min(spare, len(last.rows) - 1)
            self._characters -= last.offset(forgotten)
            last.forget(forgotten)
            last.top += forgotten
            self.gone += forgotten
