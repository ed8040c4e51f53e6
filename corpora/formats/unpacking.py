"""Unpacks gzip, bzip2 and xz as they are read, and zip and tar file by file. Nothing is written where a name says."""

from __future__ import annotations

import io
import stat
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from corpora.formats.bounds import Bounds
from corpora.formats.format_errors import DamagedError, EncryptedError, NotTextError
from corpora.safe_text import shown
from corpora.sources import BLOCK, Part, is_hidden, unreadable

_IN_MEMORY = 16 << 20
"""An archive that lies in another file is kept in memory up to this size, and in a temporary file above it."""

_ENCRYPTED = 0x1


@dataclass(frozen=True, slots=True)
class Member:
    """A file in an archive: its bytes, or why they are not read."""

    part: Part
    refused: str = ""
    """As it follows 'Files that ...'."""


def uncompressed(part: Part, kind: str, bounds: Bounds) -> Part:
    """The file in a compressed one, which is unpacked each time it is read."""
    counted = _Counted(bounds)

    def open_() -> IO[bytes]:
        packed = part.open()
        return cast("IO[bytes]", _Unpacked(_decompressing(kind)(packed), packed, part.label, counted))

    return replace(part, open=open_)


@contextmanager
def zip_members(part: Part, bounds: Bounds) -> Iterator[dict[str, Member]]:
    """The files of a zip archive by their names, which can be read until it is left.

    Raises:
        DamagedError: it is no zip archive, or its end is missing.
        BombError: they are too large, or too many.
    """
    from zipfile import BadZipFile, ZipFile, ZipInfo

    with _seekable(part) as file:
        try:
            archive = ZipFile(file)
        except (BadZipFile, ValueError, OverflowError, EOFError, NotImplementedError, struct.error) as error:
            raise DamagedError(part.label, "its list of files is missing or wrong") from error
        counted = _Counted(None)

        def member(info: ZipInfo) -> Member:
            label = f"{shown(info.filename)} in {part.label}"
            refused = ""
            if info.flag_bits & _ENCRYPTED:
                refused = EncryptedError.skipped_as
            elif stat.S_ISLNK(info.external_attr >> 16):
                refused = "are links"

            def open_() -> IO[bytes]:
                if refused == EncryptedError.skipped_as:
                    raise EncryptedError(label)
                try:
                    return cast("IO[bytes]", _Unpacked(archive.open(info), None, label, counted))
                except (BadZipFile, ValueError, EOFError, struct.error) as error:
                    raise DamagedError(label, "the archive does not have it where it should be") from error
                except (NotImplementedError, RuntimeError) as error:
                    raise NotTextError(f"{label} is compressed in a way that is not read. Unpack it first.") from error

            return Member(Part(_label(part, info.filename), open_, optional=True), refused)

        with archive:
            bounds.check_files(len(archive.infolist()))
            bounds.spend(sum(info.file_size for info in archive.infolist()))
            yield {info.filename: member(info) for info in archive.infolist() if not info.filename.endswith("/")}


@contextmanager
def tar_members(part: Part, bounds: Bounds) -> Iterator[dict[str, Member]]:
    """The files of a tar archive by their names, which can be read until it is left.

    Raises:
        DamagedError: it is no tar archive, or its end is missing.
        BombError: they are too large, or too many.
    """
    import tarfile

    with _seekable(part) as file:
        members, size = dict[str, Member](), 0
        try:
            archive = tarfile.TarFile(fileobj=file, encoding="utf-8", errors="replace")
            for count, info in enumerate(archive):
                bounds.check_files(count)
                bounds.spend(max(0, info.size))
                size = max(size, info.offset_data + (0 if info.sparse else info.size))
                if not info.isdir():
                    members[info.name] = _tar_member(archive, info, part)
        except (tarfile.TarError, EOFError, ValueError, OverflowError) as error:
            raise DamagedError(part.label, "its end is missing, or it is no tar archive") from error
        _check_end(file, part.label, size, archive.offset)
        with archive:
            yield members


def _tar_member(archive: Any, info: Any, outer: Part) -> Member:
    label, counted = f"{shown(info.name)} in {outer.label}", _Counted(None)

    def open_() -> IO[bytes]:
        return cast("IO[bytes]", _Unpacked(archive.extractfile(info), None, label, counted))

    return Member(Part(_label(outer, info.name), open_, optional=True), "" if info.isreg() else "are links or devices")


def _label(outer: Part, name: str) -> str:
    """The name of a file in an archive, after that of the archive where it lies in another or in a folder."""
    return shown(f"{outer.label}/{name}" if outer.optional else name)


def _check_end(file: IO[bytes], label: str, size: int, at: int) -> None:
    """Raise DamagedError unless the archive goes on to its end, a block of zeros: `tarfile` does not look."""
    length = file.seek(0, io.SEEK_END)
    file.seek(max(0, min(at, length - 512)))
    if size > length or file.read(512).strip(b"\0"):
        raise DamagedError(label, "its end is missing")


def in_order(members: dict[str, Member]) -> list[Member]:
    """The members that are not hidden, in the order of their paths, as a folder is read."""
    names = [name for name in members if not is_hidden(name) and not name.startswith("__MACOSX/")]
    return [members[name] for name in sorted(names, key=lambda name: name.split("/"))]


def hidden_in(part: Part, members: dict[str, Member]) -> list[str]:
    """Labels of the files and folders in an archive that are hidden, as a folder names them."""
    labels = dict[str, None]()
    for name in members:
        parts = name.split("/")
        at = next((at for at, each in enumerate(parts) if is_hidden(each)), None)
        if at is not None:
            labels[_label(part, "/".join(parts[: at + 1])) + "/" * (at + 1 < len(parts))] = None
    return sorted(labels)


@contextmanager
def _seekable(part: Part) -> Iterator[IO[bytes]]:
    """The bytes of a part in a file that can be read from any place: its own, or a temporary copy."""
    with ExitStack() as stack:
        try:
            file: Any = stack.enter_context(part.open())
            if not isinstance(file, io.FileIO | io.BytesIO):
                file = stack.enter_context(SpooledTemporaryFile(_IN_MEMORY))
                for block in part.blocks():
                    file.write(block)
                file.seek(0)
        except OSError as error:
            raise unreadable(part.label, error) from error
        yield file


class _Counted:
    """What came out of a compressed file that is read several times, counted once."""

    def __init__(self, bounds: Bounds | None) -> None:
        self._bounds, self._farthest = bounds, 0

    def reached(self, at: int) -> None:
        if self._bounds and at > self._farthest:
            self._bounds.spend(at - self._farthest)
            self._farthest = at


def _decompressing(kind: str) -> Callable[[IO[bytes]], Any]:
    if kind == "gzip":
        from gzip import GzipFile

        return lambda packed: GzipFile(fileobj=packed)
    if kind == "bzip2":
        from bz2 import BZ2File

        return BZ2File
    from lzma import LZMAFile

    return LZMAFile


class _Unpacked(io.RawIOBase):
    """Bytes as they are unpacked: counted, with an error that says so where they are damaged or cut short."""

    def __init__(self, file: Any, packed: IO[bytes] | None, label: str, counted: _Counted) -> None:
        self._file, self._packed, self._label, self._counted = file, packed, label, counted

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        at: int = self._file.tell()
        return at

    def read(self, size: int = -1) -> bytes:
        data: bytes = self._checked(lambda: self._file.read(BLOCK if size < 0 else size))
        self._counted.reached(self._file.tell())
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        at: int = self._checked(lambda: self._file.seek(offset, whence))
        return at

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            if self._packed:
                self._packed.close()
        super().close()

    def _checked(self, work: Callable[[], Any]) -> Any:
        from lzma import LZMAError
        from zipfile import BadZipFile

        try:
            return work()
        except EOFError as error:
            raise DamagedError(self._label, "its end is missing") from error
        except (zlib.error, LZMAError, BadZipFile) as error:
            raise DamagedError(self._label, "its checksum or its data is wrong") from error
        except OSError as error:
            if error.errno is not None:
                raise
            raise DamagedError(self._label, "its checksum or its data is wrong") from error
