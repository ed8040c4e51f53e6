"""A test double of the file layer: everything that is done to the files of a folder still happens, and is recorded.

It stands in the place of the calls of `os`, and of `open`, so that nothing in the program knows of it. Files and
folders are nodes, as in a file system: a name is an entry of a folder and can be lost without the node, and the other
way round.
"""

from __future__ import annotations

import builtins
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest

TOP = 0
"""The node of the folder whose files are recorded."""


class Entry(NamedTuple):
    """A folder gets an entry, and loses another one: a file or folder is made, renamed or removed."""

    folder: int
    name: str | None
    """The new one; None if there is only one less."""
    node: int
    lost: str | None = None
    """The entry of the same folder that is no more."""


class Write(NamedTuple):
    """Bytes of a file."""

    node: int
    at: int
    data: bytes


class Truncate(NamedTuple):
    """A file's size."""

    node: int
    size: int


class Sync(NamedTuple):
    """The disk has what was done to a file before, or to the entries of a folder."""

    node: int


class Promise(NamedTuple):
    """What the program has promised by then; the test knows what that means."""

    what: Any


Operation = Entry | Write | Truncate | Sync | Promise


@dataclass
class Recorder:
    """Records what this process does in a folder, which is empty at first.

    Args:
        top: the folder.
    """

    top: Path
    operations: list[Operation] = field(default_factory=list)
    folders: set[int] = field(default_factory=lambda: {TOP})
    """The nodes that are folders."""
    _entries: dict[tuple[int, str], int] = field(default_factory=dict)
    _nodes: Iterator[int] = field(default_factory=lambda: count(TOP + 1))
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def promise(self, what: Any) -> None:
        """Note what the program promises now."""
        with self._lock:
            self.operations.append(Promise(what))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """Record until the end of the block."""
        with pytest.MonkeyPatch.context() as patched:
            for name in ("open", "mkdir", "rmdir", "unlink", "remove", "rename", "replace", "write", "fsync"):
                patched.setattr(os, name, self._recorded(getattr(os, name), getattr(self, f"_{name}")))
            patched.setattr(os, "ftruncate", self._recorded(os.ftruncate, self._ftruncate))
            opened = self._opened(builtins.open)
            patched.setattr(builtins, "open", opened)
            patched.setattr(io, "open", opened)
            yield

    def _recorded(self, call: Callable[..., Any], note: Callable[..., None]) -> Callable[..., Any]:
        """The call, noted once it has succeeded, in the order in which the calls had their effect."""

        def recorded(*arguments: Any, **options: Any) -> Any:
            with self._lock:
                before = self._known(arguments[0], options)
                result = call(*arguments, **options)
                note(before, result, *arguments, **options)
            return result

        return recorded

    def _path(self, where: Any, options: dict[str, Any] | None = None) -> str | None:
        """A path or a descriptor as a path below the top; None if it is elsewhere."""
        if isinstance(where, int):
            try:
                path = os.readlink(f"/proc/self/fd/{where}")
            except OSError:
                return None
        else:
            path = os.fsdecode(where)
            options = options or {}
            if (folder := options.get("dir_fd", options.get("src_dir_fd"))) is not None:
                path = os.path.join(os.readlink(f"/proc/self/fd/{folder}"), path)
        relative = os.path.relpath(os.path.abspath(path), self.top)
        return None if relative.startswith("..") else relative

    def _place(self, where: Any, options: dict[str, Any] | None = None) -> tuple[int, str] | None:
        """The folder and the name of a path below the top."""
        path = self._path(where, options)
        if path in (None, "."):
            return None
        assert path is not None
        node = TOP
        *folders, name = Path(path).parts
        for each in folders:
            if (node := self._entries.get((node, each), -1)) < 0:
                return None
        return node, name

    def _known(self, where: Any, options: dict[str, Any] | None = None) -> int | None:
        """The node at a path or of a descriptor."""
        if self._path(where, options) == ".":
            return TOP
        place = self._place(where, options)
        return None if place is None else self._entries.get(place)

    def _make(self, where: Any, options: dict[str, Any]) -> int | None:
        """Note a new file or folder."""
        if (place := self._place(where, options)) is None:
            return None
        node = self._entries[place] = next(self._nodes)
        self.operations.append(Entry(place[0], place[1], node))
        return node

    # What is noted of the calls; `before` is the node that was there, None for another folder's file

    def _open(self, before: int | None, result: int, path: Any, flags: int, *_: Any, **options: Any) -> None:
        if before is None and flags & os.O_CREAT:
            self._make(path, options)
        elif before is not None and flags & os.O_TRUNC:
            self.operations.append(Truncate(before, 0))

    def _mkdir(self, before: int | None, result: None, path: Any, *_: Any, **options: Any) -> None:
        if (node := self._make(path, options)) is not None:
            self.folders.add(node)

    def _unlink(self, before: int | None, result: None, path: Any, *_: Any, **options: Any) -> None:
        if before is not None and (place := self._place(path, options)):
            del self._entries[place]
            self.operations.append(Entry(place[0], None, before, lost=place[1]))

    _rmdir = _remove = _unlink

    def _rename(self, before: int | None, result: None, path: Any, to: Any, **options: Any) -> None:
        if before is not None:
            old = self._place(path, options)
            new = self._place(to, {"dir_fd": options.get("dst_dir_fd")})
            assert old
            assert new
            assert old[0] == new[0], "nothing of a run is moved to another folder"
            del self._entries[old]
            self._entries[new] = before
            self.operations.append(Entry(new[0], new[1], before, lost=old[1]))

    _replace = _rename

    def _write(self, before: int | None, result: int, handle: int, data: Any) -> None:
        if before is not None:
            at = os.lseek(handle, 0, os.SEEK_CUR) - result
            self.operations.append(Write(before, at, bytes(data[:result])))

    def _fsync(self, before: int | None, result: None, handle: Any) -> None:
        if before is not None:
            self.operations.append(Sync(before))

    def _ftruncate(self, before: int | None, result: None, handle: int, size: int) -> None:
        if before is not None:
            self.operations.append(Truncate(before, size))

    def _opened(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The built-in `open`: what is written through it is recorded as well."""

        def opened(file: Any, mode: str = "r", *arguments: Any, **options: Any) -> Any:
            if isinstance(file, int) or mode.rstrip("bt") == "r" or self._place(file) is None:
                return call(file, mode, *arguments, **options)
            assert mode == "wb", "the program writes whole files"
            with self._lock:
                before = self._known(file)
                raw = _RecordedFile(file, self)
                if before is None:
                    self._make(file, {})
                else:
                    self.operations.append(Truncate(before, 0))
            return io.BufferedWriter(raw)

        return opened


class _RecordedFile(io.FileIO):
    def __init__(self, path: Any, recorder: Recorder) -> None:
        super().__init__(path, "wb")
        self._recorder = recorder

    def write(self, data: Any) -> int:
        with self._recorder._lock:
            written = super().write(data)
            self._recorder._write(self._recorder._known(self.fileno()), written, self.fileno(), data)
        return written
