"""LineReader: the new lines of a file that another program writes. While the file only grows, none is read twice."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from model.runs.files.long_files import read_lines

_NEVER_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""For opening: if a pipe is in the place of the file, opening it would block."""

_REMEMBERED = 4096
"""Bytes of the last line by which it is known again."""


class Lines(NamedTuple):
    """What one look finds."""

    lines: list[bytes]
    """Whole lines, with their line feeds; of very many, those that `long_files` keeps. An unfinished one waits."""
    rewritten: bool = False
    """Whether the file was shortened or replaced: then these are all of its lines."""


class LineReader:
    """Reads a file, which may not exist yet or any more. It remembers its place in it.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._offset = 0
        self._within = False
        """Whether that is in the middle of a line that is too long."""
        self._last = b""

    def look(self) -> Lines:
        """The lines since the last look.

        A missing file has none. If it comes back, reading continues at the same place.

        Raises:
            OSError: it cannot be read; the next look begins where this one did.
        """
        try:
            # Opening it, not just asking for its size, brings the news over a network.
            handle = os.open(self._path, os.O_RDONLY | _NEVER_WAITING)
        except FileNotFoundError:
            return Lines([])
        with open(handle, "rb", buffering=0) as file:
            status = os.fstat(handle)
            seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if seen == self._seen or not stat.S_ISREG(status.st_mode):
                return Lines([])
            rewritten = not self._only_grew(handle)
            start, within = (0, False) if rewritten else (self._offset, self._within)
            lines, last, self._offset, self._within = read_lines(file, start, within)
        if self._offset != start or rewritten:
            self._last = last[-_REMEMBERED:]
        self._seen = seen
        return Lines(lines, rewritten)

    def _only_grew(self, handle: int) -> bool:
        """Whether the last line read is still in its place. If so, the file has only grown."""
        os.lseek(handle, self._offset - len(self._last), os.SEEK_SET)
        return os.read(handle, len(self._last)) == self._last
