"""Reads files of lines of any size, with lines of any length, in bounded memory and time.

Of a run's metrics, most logged steps are left out where there are many, evenly spread: a curve needs no more of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, NamedTuple

MOST_STEPS = 1 << 15
"""Logged steps that are kept at least, where there are as many."""

LONGEST = 1 << 25
"""Bytes of a line; a longer one is skipped."""

MOST_KEPT = 1 << 26
"""Bytes of all lines that are kept; of more, the newest stay, and the first few."""

BEGINNING, BETWEEN, END = 1 << 23, 1 << 20, 1 << 24
"""Bytes that are read of a longer file: of its beginning, of PIECES pieces between, and of its end; 64 MB in all."""

PIECES = 40

_BLOCK = 1 << 20
"""Bytes that are read at once."""

_FIRST = 64
"""Lines at the beginning that stay: they say what the run is."""

_STEP = b'{"event": "step", '
"""How `json_lines` begins the line of a logged step."""


class _At(NamedTuple):
    """A place between two lines."""

    line: bytes
    """Before it."""
    end: int
    """Where the next line begins."""
    within: bool
    """Whether that is in the middle of a line that is too long."""


class Read(NamedTuple):
    """What was read of a file."""

    lines: list[bytes]
    """Whole lines, each with its line feed."""
    last: bytes
    """The whole line before the end; empty if that one was too long, or there is none."""
    end: int
    """Where the next line begins."""
    within: bool
    """Whether that is in the middle of a line that is too long."""


def read_lines(file: IO[bytes], start: int = 0, within: bool = False, most_steps: int = MOST_STEPS) -> Read:
    """Read the whole lines of a file, or of a long one its beginning, its end and pieces between.

    Args:
        file: open for reading.
        start: where a line begins.
        within: whether that is in the middle of a line that is too long; the rest of it is skipped.
        most_steps: of logged steps, between so many and twice as many are kept, if there are as many.
    """
    size, kept = file.seek(0, os.SEEK_END), _Kept(most_steps)
    at = _At(b"", start, within)
    for begin, stop in _spans(start, size):
        for at in _lines(file, begin, stop, within or begin > start):
            if at.line:
                kept.add(at.line)
    return Read(kept.all(), *at)


def _spans(start: int, size: int) -> list[tuple[int, int]]:
    """What is read of a file, as places where it begins and ends."""
    first, last = start + BEGINNING, size - END
    if last - first <= PIECES * BETWEEN:
        return [(start, size)]
    begins = [first + piece * (last - first) // PIECES for piece in range(PIECES)]
    return [(start, first), *((begin, begin + BETWEEN) for begin in begins), (last, size)]


def each_line(file: IO[bytes]) -> Iterator[bytes]:
    """Each whole line of a file, with its line feed, one after the other; empty for one that is too long."""
    for line, _, within in _lines(file, 0, file.seek(0, os.SEEK_END), False):
        if line or not within:
            yield line


def _lines(file: IO[bytes], begin: int, stop: int, within: bool) -> Iterator[_At]:
    """Each whole line. It is empty where one that is too long begins or ends."""
    at, rest = begin, list[bytes]()
    file.seek(begin)
    while at < stop and (block := file.read(min(_BLOCK, stop - at))):
        *whole, last = block.split(b"\n")
        place = at
        for number, part in enumerate(whole):
            place += len(part) + 1
            if number == 0:
                part = b"".join([*rest, part])
                rest.clear()
                if within:
                    within = False
                    yield _At(b"", place, False)
                    continue
            yield _At(part + b"\n", place, False)
        at += len(block)
        if not within:
            rest.append(last)
            if sum(map(len, rest)) > LONGEST:
                rest.clear()
                within = True
        if within:
            yield _At(b"", at, True)


class _Kept:
    """Lines, as many as there is memory for."""

    def __init__(self, most_steps: int) -> None:
        self._most_steps = max(1, most_steps)
        self._lines: list[bytes] = []
        self._bytes = self._steps = self._seen = 0
        self._stride = 1
        self._newest: bytes | None = None
        """The newest step, if it is left out so far."""

    def add(self, line: bytes) -> None:
        """Add the next line."""
        if not line.startswith(_STEP):
            self._keep_newest()
            self._keep(line)
        else:
            self._newest = line
            if self._seen % self._stride == 0:
                self._keep_newest()
            self._seen += 1

    def all(self) -> list[bytes]:
        """The lines that are kept, in their order; the newest step is one of them."""
        self._keep_newest()
        return self._lines

    def _keep_newest(self) -> None:
        if self._newest is not None:
            self._steps += 1
            self._keep(self._newest)
            self._newest = None
            if self._steps > 2 * self._most_steps:
                self._stride *= 2
                self._leave_out_steps()

    def _keep(self, line: bytes) -> None:
        self._lines.append(line)
        self._bytes += len(line)
        if self._bytes > MOST_KEPT:
            middle = max(_FIRST, len(self._lines) // 2)
            self._count([*self._lines[:_FIRST], *self._lines[middle:]])

    def _leave_out_steps(self) -> None:
        """Leave out every second step."""
        odd, stay = False, []
        for line in self._lines:
            if line.startswith(_STEP) and line is not self._lines[-1]:
                odd = not odd
                if not odd:
                    continue
            stay.append(line)
        self._count(stay)

    def _count(self, lines: list[bytes]) -> None:
        self._lines, self._bytes = lines, sum(map(len, lines))
        self._steps = sum(line.startswith(_STEP) for line in lines)
