"""What a disk may hold after a crash: the states that a file system may leave of a recorded sequence of operations.

The model is that of ALICE (Pillai and others, "All File Systems Are Not Created Equal", OSDI 2014) and of SQLite's
crash tests ("How SQLite Is Tested", section 4.2), for a crash after any of the operations:

    data      What was written to a file since its last fsync may be there, lost, or torn: only the first writes, or
              only a part of the last one. A file may have its new size without its new bytes, which are then zeros,
              or bytes of something that was deleted long ago.
    entries   That a file or folder was made, renamed or removed is sure only after an fsync of the folder that it
              is in; an fsync of the file itself is not enough. Before that, any of these may have happened on the
              disk or not, in their order or in another one.
    both      Data and entries are independent of one another: a file may be renamed before it has its bytes.

A single rename is atomic, and what was synced stays. This is the weakest file system of those that ALICE tells of; a
program that is killed while the system lives on leaves the state in which everything is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Any, NamedTuple

from tests.model.training.crashes.recorded_files import TOP, Entry, Operation, Promise, Sync, Truncate, Write

Tree = Mapping[str, bytes | None]
"""Files by their paths; None for a folder."""

_MOST_ENTRIES = 5
"""Of so many that were not synced, every choice may be lost; of more, some choices are tried."""

Data = Write | Truncate


class CrashState(NamedTuple):
    """What the disk holds."""

    after: int
    """The number of operations before the crash."""
    how: str
    """What became of those that were not synced."""
    tree: Tree
    promised: Any
    """What the program had promised last; None before it promised anything."""


def crash_states(operations: Sequence[Operation], folders: set[int]) -> Iterator[CrashState]:
    """Every state, for every prefix of the operations. Many are there several times.

    Args:
        operations: what a recorder has noted.
        folders: which nodes are folders.
    """
    disk, promised = _Disk(folders), None
    for after, (operation, following) in enumerate(zip(operations, [*operations[1:], None], strict=True), start=1):
        disk.take(operation)
        if isinstance(operation, Promise):
            promised = operation.what
        if not isinstance(following, Promise):  # it changes nothing on the disk
            for how, tree in disk.states():
                yield CrashState(after, how, tree, promised)


def without_a_crash(operations: Iterable[Operation], folders: set[int]) -> Tree:
    """What all operations leave, which is also what a program leaves that is killed while the system lives on."""
    disk = _Disk(folders)
    for each in operations:
        disk.take(each)
    return dict(disk.states())["entries kept, data kept"]


class _Disk:
    """What is surely on the disk, and what is not yet."""

    def __init__(self, folders: set[int]) -> None:
        self._folders = folders
        self._entries: dict[tuple[int, str], int] = {}
        self._data: dict[int, bytes] = defaultdict(bytes)
        self._later: list[Entry] = []
        """Of entries, what was not synced."""
        self._unsynced: dict[int, list[Data]] = {}
        """Of files, what was not synced."""

    def take(self, operation: Operation) -> None:
        """One more operation has happened."""
        match operation:
            case Entry():
                self._later.append(operation)
            case Write(node) | Truncate(node):
                self._unsynced.setdefault(node, []).append(operation)
            case Sync(node) if node in self._folders:
                for each in self._later:
                    if each.folder == node:
                        _change(self._entries, each)
                self._later = [each for each in self._later if each.folder != node]
            case Sync(node):
                self._data[node] = _written(self._data[node], self._unsynced.pop(node, []))

    def states(self) -> Iterator[tuple[str, Tree]]:
        """All that may be left by a crash now."""
        contents = dict(self._contents())
        for of_entries, entries in self._namespaces():
            for of_data, data in contents.items():
                if of_entries in ("kept", "lost") or of_data in ("kept", "lost", "half of the last write"):
                    yield f"entries {of_entries}, data {of_data}", self._tree(entries, data)

    def _namespaces(self) -> Iterator[tuple[str, dict[tuple[int, str], int]]]:
        """What may have become of the entries that were not synced."""
        later = self._later
        if len(later) > _MOST_ENTRIES:
            some = [*(later[:number] for number in range(len(later))), *([each] for each in later)]
            some += [[each for each in later if each is not lost] for lost in later]
        else:
            some = [list(each) for number in range(len(later)) for each in combinations(later, number)]
        yield "kept", self._with(later)
        for kept in some:
            yield f"lost but for {kept}" if kept else "lost", self._with(kept)

    def _with(self, later: Iterable[Entry]) -> dict[tuple[int, str], int]:
        entries = dict(self._entries)
        for each in later:
            _change(entries, each)
        return entries

    def _contents(self) -> Iterator[tuple[str, dict[int, bytes]]]:
        """What may have become of the bytes that were not synced."""
        choices = {node: dict(self._choices(node, later)) for node, later in self._unsynced.items()}
        for how in ("kept", "lost", *_SPOILT):
            yield how, {node: choice[how] for node, choice in choices.items()}
        if len(choices) <= 2:
            for both in product(*choices.values()):
                hows = ", ".join(f"{how} of file {node}" for node, how in zip(choices, both, strict=True))
                yield hows, {node: choice[how] for (node, choice), how in zip(choices.items(), both, strict=True)}
            return
        for node, choice in choices.items():
            for how, data in choice.items():
                others = {each: its["kept"] for each, its in choices.items()}
                yield f"{how} of file {node} alone", others | {node: data}

    def _choices(self, node: int, later: Sequence[Data]) -> Iterator[tuple[str, bytes]]:
        """What may have become of a file."""
        before = self._data[node]
        yield "kept", _written(before, later)
        yield "lost", before
        for name, spoil in _SPOILT.items():
            yield name, spoil(before, later)
        for number in range(1, len(later)):
            yield f"{number} writes", _written(before, later[:number])

    def _tree(self, entries: Mapping[tuple[int, str], int], data: Mapping[int, bytes]) -> Tree:
        """The files that can be reached from the top; names in a folder that is not there are lost with it."""
        inside: dict[int, list[tuple[str, int]]] = defaultdict(list)
        for (folder, name), node in entries.items():
            inside[folder].append((name, node))
        tree: dict[str, bytes | None] = {}

        def walk(folder: int, path: str) -> None:
            for name, node in inside[folder]:
                if node in self._folders:
                    tree[path + name] = None
                    walk(node, f"{path}{name}/")
                else:
                    tree[path + name] = data.get(node, self._data[node])

        walk(TOP, "")
        return tree


def _change(entries: dict[tuple[int, str], int], change: Entry) -> None:
    """Let one change of a folder happen."""
    if change.lost is not None and entries.get((change.folder, change.lost)) == change.node:
        del entries[change.folder, change.lost]
    if change.name is not None:
        entries[change.folder, change.name] = change.node


def _written(data: bytes, later: Iterable[Data]) -> bytes:
    """A file's bytes after some writes; a hole is of zeros."""
    for each in later:
        if isinstance(each, Truncate):
            data = data[: each.size].ljust(each.size, b"\0")
        else:
            data = data[: each.at].ljust(each.at, b"\0") + each.data + data[each.at + len(each.data) :]
    return data


def _torn(data: bytes, later: Sequence[Data], share: float) -> bytes:
    """Only a part of the last write is there, at least a byte and never all of them."""
    *before, last = later
    if isinstance(last, Write):
        part = min(max(1, int(len(last.data) * share)), len(last.data) - 1)
        last = last._replace(data=last.data[:part])
    return _written(data, [*before, last])


def _never_written(data: bytes, later: Sequence[Data], instead: bytes) -> bytes:
    """The size is the new one, the bytes are not."""
    size = len(_written(data, later))
    return (data + instead * size)[: max(size, len(data))]


def _holes(data: bytes, later: Sequence[Data]) -> bytes:
    """Only the last write is there, at its place."""
    return _written(data, later[-1:])


_STALE = b'\xff\x00{"event": "step"\n{"event": 1}\n\x1b[2J'

_SPOILT = {
    "a byte of the last write": lambda data, later: _torn(data, later, 0.0),
    "a quarter of the last write": lambda data, later: _torn(data, later, 0.25),
    "half of the last write": lambda data, later: _torn(data, later, 0.5),
    "all but a byte of the last write": lambda data, later: _torn(data, later, 1.0),
    "zeros": lambda data, later: _never_written(data, later, b"\0"),
    "something else": lambda data, later: _never_written(data, later, _STALE),
    "the last write alone": _holes,
}
