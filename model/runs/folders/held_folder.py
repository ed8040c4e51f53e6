"""HeldFolder: a run's folder, opened and locked for writing, and known by its identity instead of its name."""

from __future__ import annotations

import os
import re
import shlex
import threading
from collections import deque
from contextlib import suppress
from pathlib import Path

from corpora.safe_text import shown
from model.options.shell_command import typed
from model.runs.files.atomic_files import last_line, read_file, write_file
from model.runs.files.places import OpenFolder, Place, names_in, remove_files
from model.runs.folders.folder_lock import FolderLock, LockedError
from model.runs.housekeeping.unkept import TO_SAVE_AGAIN
from model.runs.run_facts import RECIPE, RunError, cannot_write, id_in, shown_path

LOCK = "lock"
"""The file that is locked while the run is trained."""

METRICS = "metrics.jsonl"
"""The file of a run with a line for each event."""

_REMEMBERED = 1000
"""Of the newest lines, by which a folder is recognised that was trained by no other program meanwhile."""


class HeldFolder:
    """Nobody else trains the run until it is released, or this program ends. Any thread may ask for its place.

    A folder that is renamed is followed. One that was removed is never taken for another that has its name now, but it
    may be put back, as it was or empty.

    Args:
        path: of the folder.
        reference: of the run, on a command line.

    Raises:
        RunError: another program trains it, or it cannot be written to.
    """

    def __init__(self, path: Path, reference: str) -> None:
        self._mutex = threading.Lock()
        self._ended = False
        self._path = path
        try:
            self._folder = OpenFolder(path)
            self._lock = FolderLock(self._folder.place / LOCK)
        except LockedError as error:
            raise RunError(_in_use(path, reference, str(error))) from None
        except OSError as error:
            lock = path / LOCK
            if os.path.lexists(lock) and (os.path.islink(lock) or not os.path.isfile(lock)):
                raise RunError(f"{shown_path(lock)} is not a file, so the run cannot be locked. Delete it.") from error
            raise cannot_write(lock, error) from error
        self._remove_halves()
        self.notes: tuple[str, ...] = (_WEAK,) if self._lock.weak else ()
        """What the user should know of the lock, a sentence each."""
        self._newest: deque[bytes] = deque([_last_line(self._folder.place)], maxlen=_REMEMBERED)
        self.read_recipe()

    def _remove_halves(self) -> None:
        """Remove files that a program had begun to write into the folder itself when it was killed."""
        place = self._folder.place
        with suppress(OSError):
            remove_files(place, [name for name in names_in(place) if re.fullmatch(r".+\.\d+\.tmp", name)])

    def read_recipe(self) -> None:
        """Remember the recipe that is in the folder now, and with it the run's id."""
        self._recipe = _recipe_in(self._folder.place)
        self.id = id_in(self._recipe)

    @property
    def path(self) -> Path:
        """Where the folder is now; where it was, if it is nowhere any more."""
        return self._folder.path

    def place(self) -> Place:
        """Where to write, checked now: ask again for each thing that is written.

        Raises:
            RunError: the folder is not there any more, or another program trains the run.
        """
        with self._mutex:
            if self._ended:
                raise RunError(f"The run {shown(self.path.name)} is closed, so nothing is written into it.")
            try:
                if self._folder.removed:
                    self._find_again()
                elif not self._lock.is_at(self._folder.place / LOCK):
                    self._lock_again()
                place = self._folder.place
                if self._recipe and not place.holds(RECIPE):
                    write_file(place / RECIPE, [self._recipe])
            except OSError as error:
                if self._folder.removed:
                    raise RunError(_removed(self.path)) from error
                raise cannot_write(self.path, error) from error
            return place

    def remember(self, line: str) -> None:
        """Remember a line that was written into the metrics."""
        self._newest.append(line.encode().rstrip(b"\n"))

    def end_writing(self) -> None:
        """Give nobody its place any more. It stays locked."""
        with self._mutex:
            self._ended = True

    def release(self) -> None:
        """Let other programs train the run."""
        self.end_writing()
        self._lock.release()

    def _lock_again(self) -> None:
        """Lock the folder anew: the file of its lock was removed."""
        place = self._folder.place
        try:
            lock = FolderLock(place / LOCK)
        except LockedError as error:
            raise RunError(_taken(self.path, str(error))) from None
        if not self._is_continued(place):
            lock.release()
            raise RunError(_trained_elsewhere(self.path))
        self._lock.release()
        self._lock = lock

    def _find_again(self) -> None:
        """Take the folder that is where this one was, if this run was put back there, or if it is empty."""
        path = self.path
        folder = OpenFolder(path)
        place = folder.place
        if not (empty := {*names_in(place)} <= {LOCK}):
            if not self.id or id_in(_recipe_in(place)) != self.id:
                raise RunError(_replaced(path))
            if not self._is_continued(place):
                raise RunError(_trained_elsewhere(path))
        try:
            lock = FolderLock(place / LOCK)
        except LockedError as error:
            raise RunError(_taken(path, str(error))) from None
        if empty:
            if {*names_in(place)} != {LOCK}:  # another run was begun there meanwhile
                lock.release()
                raise RunError(_replaced(path))
            write_file(place / RECIPE, [self._recipe])
        self._lock.release()
        self._folder, self._lock = folder, lock

    def _is_continued(self, place: Place) -> bool:
        """Whether no other program has written lines since; a file without lines says nothing against that."""
        line = _last_line(place)
        return not line or line in self._newest


def _last_line(place: Place) -> bytes:
    try:
        return last_line(place / METRICS)
    except OSError:
        return b""


def _recipe_in(place: Place) -> bytes:
    try:
        return read_file(place / RECIPE)
    except OSError:
        return b""


_WEAK = (
    "This file system has no locks: the run is guarded only by its file 'lock', so do not train it on two machines at "
    "once."
)


def _in_use(path: Path, reference: str, holder: str) -> str:
    watch = typed("charlstm-tui", "--watch", reference)
    if holder:
        return (
            f"Another program, {holder}, trains the run {shown(path.name)}, or has it open. If it has ended, delete "
            f"{shown_path(path / LOCK)}. Otherwise end it there, or watch it: {watch}"
        )
    return f"Another program trains the run {shown(path.name)}, or has it open. End it there, or watch it: {watch}"


def _removed(path: Path) -> str:
    return (
        f"The folder of the run {shown(path.name)} was removed, with all that was saved in it, so nothing more "
        f"is saved.{TO_SAVE_AGAIN}put the folder back, or make an empty one: {_mkdir(path)}"
    )


def _replaced(path: Path) -> str:
    return (
        f"The folder of the run {shown(path.name)} was removed, and another folder has its place, which is left alone: "
        f"nothing more is saved.{TO_SAVE_AGAIN}move that one away and make an empty one: {_mkdir(path)}"
    )


def _taken(path: Path, holder: str) -> str:
    who = f"Another program, {holder}," if holder else "Another program"
    return (
        f"{who} has opened the run {shown(path.name)} too, because its file 'lock' or its folder was removed. Nothing "
        "is saved here while it is open there, so that two trainings are not mixed. End one of them."
    )


def _trained_elsewhere(path: Path) -> str:
    return (
        f"Another program has trained the run {shown(path.name)} meanwhile, because its file 'lock' or its folder was "
        "removed. To keep two trainings apart, nothing more of this one is saved. End it, and resume the run."
    )


def _mkdir(path: Path) -> str:
    return f"mkdir -p {shown(shlex.quote(str(path)), 1000)}"
