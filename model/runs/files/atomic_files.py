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
"""Bytes read at once in the search for the last line feed."""


def read_file(path: Path) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read, or it is not a regular file. Opening a pipe could block for ever.
    """
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is not a file", str(path))
    return path.read_bytes()


def write_file(path: Path, parts: Iterable[bytes | memoryview]) -> None:
    """Write a temporary file, sync it and rename it to `path`, which is always the whole old file or the whole new one.

    Raises:
        OSError: it could not be written. The old file is untouched, and no temporary file is left.
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
    """Append a line, which ends with a line feed, in a single write. A torn last line, left by a crash, is removed.

    Raises:
        OSError: the whole line could not be written. No part of it is kept.
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
    """Offset just after the last line feed among the first `size` bytes; 0 if there is none."""
    while size:
        start = max(0, size - _SCAN)
        os.lseek(handle, start, os.SEEK_SET)
        found = os.read(handle, size - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0


def _sync_folder(folder: Path) -> None:
    """Sync a rename to the disk. Where the system cannot do that, it chooses the time itself."""
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
