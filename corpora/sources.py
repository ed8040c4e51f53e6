"""Bytes of texts on this machine: files, folders, standard input, and what ships with Python or this package."""

from __future__ import annotations

import os
import stat
import sys
import sysconfig
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO

from corpora.corpus import CorpusError
from corpora.safe_text import listed, safe_name, shown

BLOCK = 1 << 20
"""Bytes read at a time: what is in memory of a file, whatever its size."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of bytes that is decoded by itself: a file, or what was piped in."""

    label: str
    """For messages; safe to show."""
    open: Callable[[], IO[bytes]]
    """Opens the same bytes anew at each call."""
    optional: bool = False
    """Left out, and noted, when it is no text, as files found in a folder are."""

    def blocks(self, size: int = BLOCK, start: int = 0) -> Iterator[bytes]:
        """The bytes from `start` on, at most `size` at a time.

        Raises:
            CorpusError: they cannot be read.
        """
        try:
            with self.open() as file:
                file.seek(start)
                while block := file.read(size):
                    yield block
        except OSError as error:
            raise unreadable(self.label, error) from error

    def sample(self, size: int, start: int = 0) -> bytes:
        """At most `size` bytes from `start` on."""
        return next(self.blocks(size, start), b"")


@dataclass(frozen=True, slots=True)
class Source:
    """The parts of one text, in order, before they are decoded."""

    name: str
    title: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()


def unreadable(label: str, error: OSError) -> CorpusError:
    """The error that says why `label` cannot be read."""
    if isinstance(error, FileNotFoundError):
        return CorpusError(f"There is no file or folder {label}. Check the path.")
    if isinstance(error, PermissionError):
        return CorpusError(f"{label} may not be read: permission denied. Give yourself the right to read it.")
    reason = shown(error.strerror or str(error) or type(error).__name__)
    return CorpusError(f"{label} cannot be read: {reason}. Check it, or open a copy of it.")


def from_bytes(name: str, title: str, data: bytes) -> Source:
    """A text of bytes in memory."""
    return Source(name, title, (Part(title, partial(BytesIO, data)),))


def from_path(path: Path) -> Source:
    """A file, a pipe with a name, or a folder's files.

    Raises:
        CorpusError: there is nothing there, or nothing that can hold text.
    """
    label = shown(str(path))
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _from_folder(path)
        if stat.S_ISFIFO(mode):
            return from_bytes(safe_name(path.stem), label, path.read_bytes())
    except OSError as error:
        raise unreadable(label, error) from error
    if not stat.S_ISREG(mode):
        raise CorpusError(f"{label} is a device or a socket, not a text. Open a file or a folder.")
    return Source(safe_name(path.stem), shown(path.name), (file_part(path),))


def from_standard_input(stdin: BinaryIO | None) -> Source:
    """All that is piped into the program, or into `stdin`.

    Raises:
        CorpusError: nothing is piped in.
    """
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None or stream.closed or stream.isatty():
        raise CorpusError("Nothing is piped into standard input. Write for example: charlstm train - < book.txt")
    try:
        data = stream.read()
    except OSError as error:
        raise unreadable("standard input", error) from error
    return from_bytes("stdin", "standard input", data)


def manual() -> tuple[Part, ...]:
    """The language reference that Python's own help() reads out, its topics in the order of their names.

    Raises:
        CorpusError: this Python comes without it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise CorpusError(
            "This Python comes without its manual (pydoc_data). Open another corpus, such as aphorisms."
        ) from error
    text = "\n".join(topics[topic].strip("\n") + "\n" for topic in sorted(topics))
    return (Part("pydoc_data.topics", partial(BytesIO, text.encode())),)


def standard_library() -> tuple[Part, ...]:
    """The source of the standard library's top-level modules, in the order of their names.

    Packages and whatever an installation adds are left out, so that the text is a few megabytes and the same
    wherever the same Python runs.

    Raises:
        CorpusError: this Python comes without its sources.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    files = (folder / f"{name}.py" for name in sorted(sys.stdlib_module_names))
    parts = tuple(file_part(path, optional=True) for path in files if path.is_file())
    if not parts:
        raise CorpusError("This Python comes without its source files. Open another corpus, such as manual.")
    return parts


def packaged(file: str) -> tuple[Part, ...]:
    """A text that is part of this package."""
    from importlib.resources import files

    resource = files("corpora").joinpath(file)
    return (Part(file, lambda: resource.open("rb")),)


def joined(sources: list[Source]) -> Source:
    """Several texts as one, in the order given."""
    if len(sources) == 1:
        return sources[0]
    first, others = sources[0], len(sources) - 1
    return Source(
        safe_name(f"{first.name[:40]}-and-{others}-more"),
        f"{first.title} and {others} more",
        tuple(part for source in sources for part in source.parts),
        tuple(note for source in sources for note in source.notes),
    )


def file_part(path: Path, label: str | None = None, optional: bool = False) -> Part:
    """A file as a part, called by its path where `label` says nothing else."""
    return Part(label or shown(str(path)), lambda: path.open("rb", buffering=0), optional)


def _from_folder(folder: Path) -> Source:
    """Every file below `folder` that is not hidden, in the order of their paths; hidden folders are left out."""
    closed: list[str] = []
    found: list[Path] = []
    for place, folders, files in os.walk(folder, onerror=lambda error: closed.append(shown(error.filename))):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found.extend(Path(place, name) for name in files if not name.startswith("."))
    # `os.path.isfile` and not `Path.is_file`, which raises where a link may not be followed to its end.
    paths = sorted((path for path in found if os.path.isfile(path)), key=lambda path: path.relative_to(folder).parts)
    if not paths:
        raise CorpusError(f"The folder {shown(str(folder))} holds no files. Put text files into it.")
    notes = (f"Folders that may not be read were left out: {listed(closed)}.",) if closed else ()
    resolved = folder.resolve()
    parts = tuple(file_part(path, shown(str(path.relative_to(folder))), optional=True) for path in paths)
    return Source(safe_name(resolved.name), shown(f"{resolved.name or resolved}/"), parts, notes)
