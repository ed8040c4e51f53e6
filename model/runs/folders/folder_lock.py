"""The lock of a folder: held by the system on a file in it; where there are no such locks, by what the file says.

The weaker guard names host, process and the time when the process began, so that one left by a crash is recognised.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
import time
from contextlib import suppress
from pathlib import Path

from corpora.safe_text import shown
from model.runs.files.atomic_files import read_file
from model.runs.files.places import Place

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_HELD_BY_ANOTHER = (errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES)
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)

_TRIES, _TRY_SECONDS = 3, 0.05
"""A program that lists the runs tries every lock for a moment."""

_UNKNOWN = "-"
"""When a process began, where the system does not tell."""

_LONGEST = 500
"""Bytes of a guard's text."""


class LockedError(Exception):
    """Another program holds the lock. The message says which one, if that is known; otherwise it is empty."""


class FolderLock:
    """Held until it is released, or this program ends.

    Args:
        file: the file for it, which is made.

    Raises:
        LockedError: another program holds it.
        OSError: the file cannot be made or written to.
    """

    def __init__(self, file: Place) -> None:
        self._file = file
        self._text = f"{socket.gethostname()} {os.getpid()} {_beginning(os.getpid())} {secrets.token_hex(8)}\n".encode()
        for left in reversed(range(_TRIES)):
            try:
                self._handle, self.weak = _take(file, self._text)
                break
            except LockedError:
                if not left:
                    raise
                time.sleep(_TRY_SECONDS)

    def is_at(self, file: Place) -> bool:
        """Whether the file that is there is still the one that is locked."""
        with suppress(OSError):
            if self.weak:
                return read_file(file) == self._text
            return os.path.samestat(os.fstat(self._handle), os.stat(file.name, dir_fd=file.dir_fd))
        return False

    def release(self) -> None:
        """Let other programs take it. A second call does nothing."""
        if self._handle >= 0:
            if self.weak and self.is_at(self._file):
                with suppress(OSError):
                    os.unlink(self._file.name, dir_fd=self._file.dir_fd)
            os.close(self._handle)
            self._handle = -1


def is_locked(path: Path) -> bool:
    """Whether a program holds the lock of this file. Nothing is made; what cannot be tried counts as free."""
    if not os.path.isfile(path):
        return False
    try:
        handle = os.open(path, os.O_RDWR)
    except OSError:  # a folder that only others may write to
        return False
    try:
        _lock(handle, alone=False)
        return bool(_holder(handle))
    except LockedError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)


def _take(file: Place, text: bytes) -> tuple[int, bool]:
    """Take the lock; returns the file's descriptor, and whether only this text in it guards it."""
    how, at = os.O_RDWR | getattr(os, "O_NOFOLLOW", 0), file.dir_fd
    while True:
        handle = os.open(file.name, how | os.O_CREAT, 0o666, dir_fd=at)
        try:
            weak = not _lock(handle)
            if holder := _holder(handle):
                raise LockedError(holder)
            status, there = os.fstat(handle), os.stat(file.name, dir_fd=at, follow_symlinks=False)
            if not os.path.samestat(status, there):  # another program has just replaced it
                os.close(handle)
                continue
            if not weak:
                if status.st_size:  # what a guard without locks has left
                    os.ftruncate(handle, 0)
                return handle, False
            os.unlink(file.name, dir_fd=at)  # what a crash has left
        except FileNotFoundError:
            os.close(handle)
            continue
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        try:
            handle = os.open(file.name, how | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=at)
        except FileExistsError:  # another program was quicker
            continue
        try:
            os.write(handle, text)
        except OSError:
            os.close(handle)
            raise
        return handle, True


def _lock(handle: int, alone: bool = True) -> bool:
    """Lock a file as the system does, alone or beside others that only look; returns whether it can.

    Raises:
        LockedError: another program has locked it.
    """
    if fcntl is None:
        return False
    try:
        fcntl.flock(handle, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _HELD_BY_ANOTHER:
            raise LockedError from None
        if error.errno not in _NO_LOCKS:
            raise
        return False
    return True


def _holder(handle: int) -> str:
    """The program that a guard names, in words; empty if there is none or it has ended."""
    os.lseek(handle, 0, os.SEEK_SET)
    host, process, begun = (*os.read(handle, _LONGEST).decode(errors="replace").split(), "", "", "")[:3]
    if not process.isdecimal() or len(process) > 10:
        return ""
    if host == socket.gethostname() and not _runs(int(process), begun):
        return ""
    return f"process {int(process)} on {shown(host)}"


def _runs(process: int, begun: str) -> bool:
    """Whether a process of this machine runs that began at this time."""
    if os.name != "nt":  # there, the signal 0 would end it
        try:
            os.kill(process, 0)
        except (ProcessLookupError, OverflowError):
            return False
        except OSError:  # of another user
            pass
    return _beginning(process) in (begun, _UNKNOWN)


def _beginning(process: int) -> str:
    """When a process began, in the system's ticks; `_UNKNOWN` where the system does not tell."""
    try:
        return Path(f"/proc/{process}/stat").read_bytes().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return _UNKNOWN
