"""Places: files named from a folder that is held open, so that what has the folder's name later is not written to."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

if sys.platform == "darwin":
    import fcntl

_HELD = {os.open, os.rename, os.unlink, os.mkdir, os.stat} <= os.supports_dir_fd and os.scandir in os.supports_fd
"""Whether the system can name files from an open folder. Where it cannot, a moved folder is not followed."""


class OpenFolder:
    """A folder, known by its device and inode and not by its name. It is open as long as anything refers to it.

    Args:
        path: where it is now.

    Raises:
        OSError: there is no such folder, or it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self.descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY) if _HELD else None
        self._path = path
        status = os.stat(path if self.descriptor is None else self.descriptor)
        self._identity, self._counts_links = (status.st_dev, status.st_ino), status.st_nlink > 0

    def __del__(self) -> None:
        if (descriptor := getattr(self, "descriptor", None)) is not None:
            os.close(descriptor)

    def is_at(self, path: Path) -> bool:
        """Whether this folder has this name now."""
        with suppress(OSError, ValueError):
            status = os.stat(path)
            return (status.st_dev, status.st_ino) == self._identity
        return False

    @property
    def removed(self) -> bool:
        """Whether it is known to be in no folder any more; nothing can be written into it then."""
        if self.descriptor is None:
            return not self.is_at(self._path)
        try:
            return self._counts_links and not os.fstat(self.descriptor).st_nlink
        except OSError:  # a stale handle of a network's file system
            return True

    @property
    def path(self) -> Path:
        """Where it is now, also after it was renamed; where it was, if that cannot be told."""
        if not self.is_at(self._path):
            found = _path_of(self.descriptor)
            if found is not None and self.is_at(found):
                self._path = found
        return self._path

    @property
    def place(self) -> Place:
        """The folder itself."""
        path = self.path
        return Place(path, str(path) if self.descriptor is None else ".", self)


@dataclass(frozen=True, slots=True)
class Place:
    """A file or folder."""

    path: Path
    """What it is called, for messages."""
    name: str
    """What it is called in `folder`, for calls of the system; a whole path if there is none."""
    folder: OpenFolder | None

    @classmethod
    def of(cls, path: Path | Place) -> Place:
        """The place itself, or the one that has this path at the time of each call."""
        return path if isinstance(path, Place) else cls(path, os.fspath(path), None)

    def __truediv__(self, name: str) -> Place:
        return Place(self.path / name, os.path.join(self.name, name), self.folder)

    def holds(self, name: str) -> bool:
        """Whether there is something of this name in the folder."""
        try:
            os.stat(os.path.join(self.name, name), dir_fd=self.dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    @property
    def dir_fd(self) -> int | None:
        """The open folder's descriptor, for calls of the system."""
        return self.folder.descriptor if self.folder else None


def make_folder(place: Place) -> None:
    """Make a folder, if it is not there. The disk has it then.

    Raises:
        OSError: it cannot be made.
    """
    try:
        os.mkdir(place.name, dir_fd=place.dir_fd)
    except FileExistsError:
        return
    sync_name(place)


def sync_name(place: Place) -> None:
    """Let the disk have the names in a file's folder: that it was made, renamed or removed.

    Where the system cannot do that, it chooses the time itself.

    Raises:
        OSError: the folder cannot be synced.
    """
    if os.name == "nt":
        return
    try:
        handle = os.open(os.path.dirname(place.name) or ".", os.O_RDONLY, dir_fd=place.dir_fd)
    except PermissionError:  # it may be written to and not read
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def names_in(place: Place) -> list[str]:
    """The names of what is in a folder.

    Raises:
        OSError: there is no such folder, or it cannot be read.
    """
    if place.dir_fd is None:
        return os.listdir(place.name)
    handle = os.open(place.name, os.O_RDONLY | os.O_DIRECTORY, dir_fd=place.dir_fd)
    try:
        return os.listdir(handle)
    finally:
        os.close(handle)


def remove_file(place: Place) -> None:
    """Remove a file.

    Raises:
        OSError: there is no such file, or it cannot be removed.
    """
    os.unlink(place.name, dir_fd=place.dir_fd)


def remove_files(folder: Place, names: Sequence[str]) -> None:
    """Remove those of these files in a folder that can be removed. None of them comes back after a crash."""
    for name in names:
        with suppress(OSError):
            remove_file(folder / name)
    if names:
        with suppress(OSError):
            sync_name(folder / names[0])


def rename_file(place: Place, other: Place) -> None:
    """Rename a file within a folder; one that has the other name is replaced.

    Raises:
        OSError: there is no such file, or it cannot be renamed.
    """
    os.replace(place.name, other.name, src_dir_fd=place.dir_fd, dst_dir_fd=other.dir_fd)


def leads_elsewhere(place: Place, name: str, mark: str) -> bool:
    """Whether a name in a folder is a link into another folder that has a file called `mark`."""
    linked, at = os.path.join(place.name, name), place.dir_fd
    above = os.path.join(linked, os.pardir)  # of where the link leads
    try:
        if not stat.S_ISLNK(os.stat(linked, dir_fd=at, follow_symlinks=False).st_mode):
            return False
        if os.path.samestat(os.stat(above, dir_fd=at), os.stat(place.name, dir_fd=at)):
            return False
        os.stat(os.path.join(above, mark), dir_fd=at)
    except OSError:
        return False
    return True


def _path_of(descriptor: int | None) -> Path | None:
    """What the system calls an open folder now; None where it does not tell."""
    if descriptor is None:
        return None
    with suppress(OSError):
        if sys.platform == "darwin":
            return Path(os.fsdecode(fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")))
        return Path(os.readlink(f"/proc/self/fd/{descriptor}"))
    return None
