"""Files that a crash or a full disk cannot leave half-written, and reading that never blocks.

Whole files are written by renaming, whole lines by appending. Everything that is kept in a run goes through here, by a
path or by a `Place` in a folder that is held open.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from model.runs.files.places import Place, sync_name

_LARGEST = 64_000_000
"""Bytes of a file that is read whole. Files of lines are read by `long_files`."""

_SCAN = 1 << 16
"""Bytes read at once in a search for the last line feed, and in copying."""

_BINARY, _NO_LINK = getattr(os, "O_BINARY", 0), getattr(os, "O_NOFOLLOW", 0)
_NEVER_WAITING = getattr(os, "O_NONBLOCK", 0)
"""For opening: if a pipe is in the place of the file, opening it would block."""


def read_file(path: Path | Place) -> bytes:
    """The content of a file.

    Raises:
        OSError: it cannot be read, it is not a regular file, or it is larger than any such file that is sound.
    """
    with open_file(path) as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise OSError(errno.EFBIG, f"it has more than {_LARGEST / 1e6:.0f} MB", str(Place.of(path).path))
    return content


@contextmanager
def open_file(path: Path | Place) -> Iterator[BinaryIO]:
    """Open a file for reading, without waiting for anything.

    Raises:
        OSError: it cannot be opened, or it is not a regular file.
    """
    file = Place.of(path)
    handle = os.open(file.name, os.O_RDONLY | _BINARY | _NEVER_WAITING, dir_fd=file.dir_fd)
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is not a file", str(file.path))
        with open(handle, "rb", closefd=False) as stream:
            yield stream
    finally:
        os.close(handle)


def write_file(path: Path | Place, parts: Iterable[bytes | memoryview]) -> None:
    """Write a temporary file, sync it and rename it to `path`, which is always the whole old file or the whole new one.

    Raises:
        OSError: it could not be written. The old file is untouched, and no temporary file is left.
    """
    file = Place.of(path)
    beside, at = f"{file.name}.{os.getpid()}.tmp", file.dir_fd
    with suppress(OSError):  # of a killed program; opening says what is wrong
        os.unlink(beside, dir_fd=at)
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o666, dir_fd=at)
        try:
            for part in parts:
                _write(handle, part)
            os.fsync(handle)
        finally:
            os.close(handle)
        os.replace(beside, file.name, src_dir_fd=at, dst_dir_fd=at)
    except BaseException:
        with suppress(OSError):
            os.unlink(beside, dir_fd=at)
        raise
    sync_name(file)


def append_line(path: Path | Place, line: str) -> None:
    """Append a line, which ends with a line feed, in a single write. A torn last line, left by a crash, is removed.

    A link becomes a file of its own first, so that the file of another run is never written to.

    Raises:
        OSError: the whole line could not be written. No part of it is kept.
    """
    file, data = Place.of(path), line.encode()
    handle = _open_own(file)
    try:
        size = os.lseek(handle, 0, os.SEEK_END)
        end = _end_of_whole_lines(handle, size)
        if end < size:
            os.ftruncate(handle, end)
        try:
            if os.write(handle, data) < len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file.path))
        except OSError:
            with suppress(OSError):
                os.ftruncate(handle, end)
            raise
    finally:
        os.close(handle)


def sync_file(path: Path | Place) -> None:
    """Let the disk have what was appended to a file, and its name.

    Raises:
        OSError: there is no such file, or it cannot be synced.
    """
    file = Place.of(path)
    handle = os.open(file.name, os.O_RDWR | _BINARY | _NEVER_WAITING, dir_fd=file.dir_fd)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_name(file)


def last_line(path: Path | Place) -> bytes:
    """The last whole line of a file, as far as it can be found in the file's end; empty if there is none.

    Raises:
        OSError: the file cannot be read.
    """
    with open_file(path) as stream:
        handle = stream.fileno()
        end = _end_of_whole_lines(handle, os.lseek(handle, 0, os.SEEK_END))
        start = max(0, end - _SCAN)
        os.lseek(handle, start, os.SEEK_SET)
        return os.read(handle, end - start).rstrip(b"\n").rpartition(b"\n")[2]


def _open_own(file: Place) -> int:
    """Open a file for appending; a link to it, symbolic or hard, is replaced by a copy."""
    how = os.O_RDWR | os.O_APPEND | os.O_CREAT | _BINARY | _NO_LINK
    with suppress(FileNotFoundError):
        status = os.stat(file.name, dir_fd=file.dir_fd, follow_symlinks=False)
        if stat.S_ISLNK(status.st_mode) or (stat.S_ISREG(status.st_mode) and status.st_nlink > 1):
            write_file(file, _blocks(file))
    return os.open(file.name, how, 0o666, dir_fd=file.dir_fd)


def _blocks(file: Place) -> Iterator[bytes]:
    """What is in a file, of any size."""
    with open_file(file) as stream:
        while block := stream.read(_SCAN):
            yield block


def _write(handle: int, part: bytes | memoryview) -> None:
    """Write all of it."""
    rest = memoryview(part).cast("B")
    while rest:
        rest = rest[os.write(handle, rest) :]


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
