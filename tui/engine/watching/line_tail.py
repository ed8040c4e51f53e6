"""LineTail: reads a file of lines as another program writes it. While it only grows, nothing is read twice."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

_NEVER_WAITING = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""Opening a pipe in the place of the file would wait for its writer."""


class Lines(NamedTuple):
    """What one look has found."""

    lines: list[bytes]
    """Whole lines, with their line feeds; what stands after the last one waits for the rest of it."""
    anew: bool = False
    """Whether they are all lines of the file, which is another than before: shortened, or put in its place."""


class LineTail:
    """Where reading has come to in a file that may not be there yet, or any more.

    Args:
        path: of the file; it is only ever read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, ...] = ()
        self._offset = 0
        self._last = b""

    def look(self) -> Lines:
        """The lines that have come since the last look.

        A file that is gone has none, and is read on where it was left should it come back.

        Raises:
            OSError: it cannot be read; the next look begins where this one did.
        """
        try:
            # Opened, and not only asked for its size: over a network, that is what fetches the news.
            handle = os.open(self._path, os.O_RDONLY | _NEVER_WAITING)
        except FileNotFoundError:
            return Lines([])
        with open(handle, "rb", buffering=0) as file:
            status = os.fstat(handle)
            seen = (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)
            if seen == self._seen or not stat.S_ISREG(status.st_mode):
                return Lines([])
            anew = not self._stands(handle)
            start = 0 if anew else self._offset
            file.seek(start)
            data = file.read()
        lines = [line + b"\n" for line in data.split(b"\n")[:-1]]
        self._offset = start + sum(map(len, lines))
        self._last = lines[-1] if lines else b"" if anew else self._last
        self._seen = seen
        return Lines(lines, anew)

    def _stands(self, handle: int) -> bool:
        """Whether the line that was read last is still where it was: the file may be a longer copy of what it was."""
        os.lseek(handle, self._offset - len(self._last), os.SEEK_SET)
        return os.read(handle, len(self._last)) == self._last
