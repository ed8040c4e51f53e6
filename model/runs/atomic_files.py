"""Files that a crash or a full disk cannot leave half-written, and reading that never blocks.

Whole files are written by renaming, whole lines by appending.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

_SCAN = 1 << 16
"""Bytes looked at at once for the last line feed."""


def read_file(path: Path) -> bytes:
    """All of a file.

    Raises:
        OSError: it cannot be read, or is none: who opens a pipe may wait for ever.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no file", str(path))
    return path.read_bytes()


def write_file(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write the parts beside `path`, bring them to the disk and rename: `path` is the old file or the new one.

    Raises:
        OSError: it could not be written; what was at `path` is untouched and nothing is left beside it.
    """
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with open(beside, "wb") as stream:
            for part in parts:
                stream.write(part)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(beside, path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
    _sync_folder(path.parent)


def append_line(path: Path, line: str) -> None:
    """Add a line, with its line feed, in a single write; what an earlier crash tore off at the end is removed.

    Raises:
        OSError: the line could not be written whole, and no part of it was kept.
    """
    data = line.encode()
    handle = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o666)
    try:
        size = os.lseek(handle, 0, os.SEEK_END)
        end = _end_of_whole_lines(handle, size)
        if end < size:
            os.ftruncate(handle, end)
        try:
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, end)
            raise
    finally:
        os.close(handle)


def _end_of_whole_lines(handle: int, size: int) -> int:
    """Offset just after the last line feed among the first `size` bytes; 0 where there is none."""
    while size:
        start = max(0, size - _SCAN)
        os.lseek(handle, start, os.SEEK_SET)
        found = os.read(handle, size - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def _sync_folder(folder: Path) -> None:
    """Bring a renaming to the disk. Some systems cannot; there the renaming follows in its own time."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)
