"""IdStore: the ids of a text while it is read: in memory, and in a file on the disk once there are very many.

The file has no name: nothing else can write to it, and it is gone when the corpus is, or the program, however that
ends. A text is read at 60 MB a second or more, so keeping its ids for the next start would save little.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from corpora.corpus import CorpusError
from corpora.errors import system_reason

if TYPE_CHECKING:
    from corpora.corpus import Ids

IN_MEMORY = 200_000_000
"""Bytes of ids that are kept in memory."""
_PIECE = 1 << 20
"""Ids that are changed at once."""


class IdStore:
    """Unsigned integers in the order in which they came.

    Raises:
        CorpusError: the disk has no room for them; any method may.
    """

    def __init__(self) -> None:
        self.kind: np.dtype[Any] = np.dtype(np.uint8)
        self._bytes = bytearray()  # it grows without a copy
        self._file: IO[bytes] | None = None

    def add(self, ids: np.ndarray) -> None:
        """Append ids that fit `kind`."""
        data = ids.astype(self.kind).data
        if self._file is None and len(self._bytes) + data.nbytes > IN_MEMORY:
            self._file = _open_file()
            _write(self._file, self._bytes)
            self._bytes = bytearray()
        if self._file is None:
            self._bytes += data
        else:
            _write(self._file, data)

    def change(self, kind: np.dtype[Any], table: np.ndarray | None = None) -> None:
        """Store the ids in another kind, and each as the table says."""
        table = None if table is None else table.astype(kind)
        if self._file is None:
            count = len(self._bytes) // self.kind.itemsize
            changed = self._bytes if kind == self.kind else bytearray(count * kind.itemsize)
            before, after = np.frombuffer(self._bytes, self.kind), np.frombuffer(changed, kind)
            for start in range(0, count, _PIECE):
                part = before[start : start + _PIECE]
                after[start : start + _PIECE] = part if table is None else table[part]
            self._bytes = changed
        else:
            file = _open_file()
            for part in self._parts():
                _write(file, (part.astype(kind) if table is None else table[part]).data)
            self._file.close()
            self._file = file
        self.kind = kind

    def _parts(self) -> Iterator[np.ndarray]:
        assert self._file is not None
        self._file.seek(0)
        while data := self._file.read(_PIECE * self.kind.itemsize):
            yield np.frombuffer(data, self.kind)

    def finished(self) -> Ids:
        """All ids, not writeable."""
        if self._file is None:
            ids = np.frombuffer(self._bytes, self.kind)
        else:
            with self._file as file:  # the pages keep it
                ids = np.frombuffer(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), self.kind)
        ids.flags.writeable = False
        return ids


def _open_file() -> IO[bytes]:
    import platformdirs

    folder = platformdirs.user_cache_path("charlstm", appauthor=False)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryFile(dir=folder)
    except OSError as error:
        raise _no_room(error) from error


def _write(file: IO[bytes], data: bytes | bytearray | memoryview) -> None:
    try:
        file.write(data)
        file.flush()
    except OSError as error:
        raise _no_room(error) from error


def _no_room(error: OSError) -> CorpusError:
    return CorpusError(
        f"So long a text needs room on the disk of the cache folder: {system_reason(error)}. Free some, set "
        "XDG_CACHE_HOME to another folder, or read less of the text with --text-length."
    )
