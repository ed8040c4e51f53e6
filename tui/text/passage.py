"""A sample as it is shown: seed, text and marks in one flow of characters, wrapped into rows.

Appending touches the last row only, whatever came before.
"""

from __future__ import annotations

import math
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum, auto
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from model.sampling import Sampling
from tui.engine.writing.items import Item, SampleStart, SamplingChange, Seed, Written
from tui.terminal.glyphs import Glyphs
from tui.text.wrapping import wrap


class Kind(Enum):
    """What a character in a passage is."""

    SEED = auto()
    UNKNOWN = auto()
    """In the seed, in place of a character that the model does not know."""
    TEXT = auto()
    CHOSEN = auto()
    """Text that the user chose, instead of a draw."""
    MARK = auto()
    """Of a changed sampling or of a branch: shown, but not part of the text."""


_NO_BREAK = "\u00a0"
"""A space at which no row ends: the rest of a broken mark would read as text."""

WRITTEN = (Kind.TEXT, Kind.CHOSEN)


class Span(NamedTuple):
    """Neighbouring characters of one kind in a row."""

    text: str
    kind: Kind


class Passage:
    """A sample as it is shown: a heading, then seed, text and marks in one flow of characters.

    Args:
        start: what the heading says; None for text that came without a beginning.
        top: its first row, counted from the first row there ever was.
        width: of its rows, in cells.
        signs: those of marks.
        seed_shown: whether the seed is part of the flow, rather than shown elsewhere.
        seed_in_line: whether it is part of the flow in any case, as the beginning of the first line.
    """

    def __init__(
        self, start: SampleStart | None, top: int, width: int, signs: Glyphs, *, seed_shown: bool, seed_in_line: bool
    ) -> None:
        self.start = start
        self.seed: Seed | None = None
        """What it continues."""
        self.names_sampling = start is not None and start.elsewhere
        """Whether the heading says the sampling."""
        self.top = top
        self.heading_rows = 0 if start is None else 1 + seed_shown + (top > 0)
        self.heading_row = -2 if seed_shown else -1
        """The row of the heading, counted from the first row of text; the other rows of `heading_rows` are empty."""
        self.rows = [""]
        self.probabilities = array("f")
        """For each character of the flow, that of the token it belongs to; NaN where nothing was drawn."""
        self.entropies = array("f")
        """In bits, likewise."""
        self.activations = array("f")
        """Of the unit that is looked at, likewise."""
        self.copies: tuple[tuple[int, int], ...] = ()
        """Where stretches of the text, without seed and marks, begin and end that stand in the corpus."""
        self._offsets = array("q", [0])
        self._length = 0
        self._bounds: list[int] = []
        self._kinds: list[Kind] = []
        self._width = width
        self._signs = signs
        self._seed_shown = seed_shown or seed_in_line
        self._forgotten = 0
        """Characters of the text that were dropped at the beginning."""
        # The sampling of what follows, that before the mark at the very end, and where this mark begins.
        self._sampling = start.sampling if start else None
        self._before_mark = self._sampling
        self._mark: int | None = None

    @property
    def length(self) -> int:
        """Characters, those of marks among them."""
        return self._length

    @property
    def height(self) -> int:
        """Rows, those of the heading among them."""
        return self.heading_rows + len(self.rows)

    @property
    def text(self) -> str:
        """Seed and text without the marks."""
        flow = self._spans(0, self._length, "".join(self.rows))
        seed = "" if self._seed_shown or self.seed is None else self.seed.text
        return seed + "".join(span.text for span in flow if span.kind is not Kind.MARK)

    @property
    def sampling(self) -> Sampling | None:
        """That of what follows."""
        return self._sampling

    def tail(self, characters: int) -> str:
        """At least so many of the text's last characters, if it has them, in one line and without marks."""
        first = bisect_right(self._offsets, max(0, self._length - characters)) - 1
        start = self._offsets[first]
        spans = self._spans(start, self._length, "".join(self.rows[first:]))
        return "".join(span.text for span in spans if span.kind is not Kind.MARK).replace("\n", " ")

    def spans(self, row: int) -> Iterator[Span]:
        """What a row of the text consists of, without its newline."""
        text = self.rows[row].removesuffix("\n")
        return self._spans(self._offsets[row], self._offsets[row] + len(text), text)

    def offset(self, row: int) -> int:
        """The first character of a row; negative for rows of the heading."""
        return row if row < 0 else self._offsets[row]

    def row(self, offset: int) -> int:
        """The row of a character: the reverse of `offset`."""
        return offset if offset < 0 else bisect_right(self._offsets, offset) - 1

    @property
    def written(self) -> int:
        """Characters of the text, without seed and marks."""
        return self.text_offset(self._length)

    def text_offset(self, offset: int) -> int:
        """Characters of the text, without seed and marks, before a character of the flow."""
        before = (min(end, offset) - start for start, end, kind in self._stretches() if kind in WRITTEN)
        return self._forgotten + sum(length for length in before if length > 0)

    def flow_offset(self, text_offset: int) -> int:
        """The character of the flow that stands at a place of the text: the reverse of `text_offset`."""
        left = text_offset - self._forgotten
        for start, end, kind in self._stretches():
            if kind in WRITTEN:
                if left < end - start:
                    return start + max(0, left)
                left -= end - start
        return self._length

    def is_written(self, offset: int) -> bool:
        """Whether a character of the flow belongs to the text, rather than to the seed or a mark."""
        return self._kinds[bisect_right(self._bounds, offset) - 1] in WRITTEN

    def _stretches(self) -> Iterator[tuple[int, int, Kind]]:
        """The flow by kinds: first character, the one after the last, and what they are."""
        return zip(self._bounds, [*self._bounds[1:], self._length], self._kinds, strict=False)

    def append(self, items: Iterable[Item]) -> int:
        """Take in items that belong to this sample; the first row of text that is not as it was."""
        changed = len(self.rows) - 1
        for kind, group in groupby(items, type):
            if kind is Written:
                changed = min(changed, self._write([item for item in group if isinstance(item, Written)]))
                continue
            for item in group:
                if isinstance(item, Seed):
                    changed = min(changed, self._seed(item))
                elif isinstance(item, SamplingChange):
                    changed = min(changed, self._change_sampling(item.sampling))
        return changed

    def wrap(self, width: int) -> None:
        """Break the text into rows of another width."""
        self._width = width
        text = "".join(self.rows)
        self._set_rows(0, wrap(text, width))

    def forget(self, rows: int) -> None:
        """Drop the first rows of the text."""
        cut = self._offsets[rows]
        self._forgotten = self.text_offset(cut)
        at = bisect_right(self._bounds, cut) - 1
        self._bounds = [0, *(bound - cut for bound in self._bounds[at + 1 :])]
        del self._kinds[:at], self.rows[:rows], self.probabilities[:cut], self.entropies[:cut]
        del self.activations[:cut]
        self._offsets = array("q", (offset - cut for offset in self._offsets[rows:]))
        self._length -= cut
        self._mark = None if self._mark is None else max(0, self._mark - cut)

    def tell_activations(self, values: Sequence[float]) -> None:
        """Take in what a unit says at each character of the text so far, without seed and marks; NaN without values."""
        self.activations = array("f", [math.nan]) * self._length
        done = self._forgotten
        for start, end, kind in self._stretches():
            if kind in WRITTEN:
                told = array("f", values[done : done + end - start])
                self.activations[start : start + len(told)] = told
                done += end - start

    def _write(self, written: Sequence[Written]) -> int:
        self._mark = None
        changed = len(self.rows) - 1
        for chosen, group in groupby(written, attrgetter("chosen")):
            tokens = list(group)
            kind = Kind.CHOSEN if chosen else Kind.TEXT
            if chosen and self._kinds[-1:] != [kind]:
                changed = min(changed, self._extend(self._signs.branch, Kind.MARK))
            changed = min(changed, self._extend("".join(item.character for item in tokens), kind, tokens))
        return changed

    def _seed(self, seed: Seed) -> int:
        changed, done = len(self.rows) - 1, 0
        self.seed = seed
        if not self._seed_shown:
            return changed
        for offset in seed.replaced:
            self._extend(seed.text[done:offset], Kind.SEED)
            self._extend(seed.text[offset : offset + 1], Kind.UNKNOWN)
            done = offset + 1
        self._extend(seed.text[done:], Kind.SEED)
        return changed

    def _change_sampling(self, sampling: Sampling) -> int:
        """Put a mark, in the place of one that nothing was written after; none where nothing changes."""
        changed = len(self.rows) - 1
        if self._mark is None:
            self._before_mark = self._sampling
        else:
            changed = self._cut(self._mark)
        self._mark, self._sampling = None, sampling
        if sampling != self._before_mark:
            self._mark = self._length
            before = self._before_mark
            words = sampling.change_from(before) if before else sampling.short
            mark = f" {self._signs.pointer}{words.replace(' ', _NO_BREAK)} "
            if len(mark.strip()) > self._width:  # it must break somewhere
                mark = mark.replace(f",{_NO_BREAK}", ", ")
            self._extend(mark, Kind.MARK)
        return changed

    def _extend(self, text: str, kind: Kind, odds: Sequence[Written] = ()) -> int:
        """Add to the flow; the first row that is not as it was."""
        if not text:
            return len(self.rows) - 1
        if not self._kinds or self._kinds[-1] is not kind:
            self._bounds.append(self._length)
            self._kinds.append(kind)
        nothing = [] if odds else [math.nan] * len(text)
        self.probabilities.extend([item.probability for item in odds for _ in item.character] or nothing)
        self.entropies.extend([item.entropy for item in odds for _ in item.character] or nothing)
        self.activations.extend([item.activation for item in odds for _ in item.character] or nothing)
        last = len(self.rows) - 1
        self._length += len(text)
        self._set_rows(last, wrap(self.rows[last] + text, self._width))
        return last

    def _cut(self, length: int) -> int:
        """Shorten the flow; the first row that is not as it was."""
        last = max(0, bisect_left(self._offsets, length) - 1)
        kept = bisect_left(self._bounds, length)
        del self._bounds[kept:], self._kinds[kept:], self.probabilities[length:], self.entropies[length:]
        del self.activations[length:]
        self._length = length
        self._set_rows(last, wrap(self.rows[last][: length - self._offsets[last]], self._width))
        return last

    def _set_rows(self, first: int, rows: list[str]) -> None:
        offset = self._offsets[first]
        self.rows[first:] = rows
        del self._offsets[first:]
        for row in rows:
            self._offsets.append(offset)
            offset += len(row)

    def _spans(self, start: int, end: int, text: str) -> Iterator[Span]:
        """The spans of the flow from `start` to `end`, which reads `text`."""
        at = bisect_right(self._bounds, start) - 1
        done = start
        while done < end:
            bound = self._bounds[at + 1] if at + 1 < len(self._bounds) else end
            until = min(end, bound)
            yield Span(text[done - start : until - start], self._kinds[at])
            done, at = until, at + 1
