"""The bytes of local texts: files, folders, standard input, and texts that ship with Python or this package."""

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
from corpora.errors import system_reason
from corpora.progress import Tell, paced
from corpora.safe_text import listed, safe_name, shown

BLOCK = 1 << 20
"""Bytes read at a time; more of a file is never in memory."""

_PIECE = 1 << 16
"""Bytes that are waited for together where they come through a pipe."""

HIDDEN = "are hidden"
"""Why files whose names begin with a dot are skipped, as it follows 'Files that ...'."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes that are decoded together: a file or standard input."""

    label: str
    """Its name in messages; safe to show."""
    open: Callable[[], IO[bytes]]
    """Opens the same bytes again on each call."""
    optional: bool = False
    """Skipped with a note if it is not text, like the files of a folder."""
    charset: str = ""
    """The encoding that it names for itself, as a web page does; empty if it names none."""

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

    def size(self) -> int:
        """The number of bytes.

        Raises:
            CorpusError: they cannot be read.
        """
        try:
            with self.open() as file:
                return file.seek(0, os.SEEK_END)
        except OSError as error:
            raise unreadable(self.label, error) from error

    def sample(self, size: int, start: int = 0) -> bytes:
        """At most `size` bytes from `start` on."""
        return next(self.blocks(size, start), b"")


@dataclass(frozen=True, slots=True)
class Source:
    """The parts of one text, in order, not decoded yet."""

    name: str
    title: str
    parts: tuple[Part, ...]
    notes: tuple[str, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    """Labels of the files of a folder that are not read, each with the reason as it follows 'Files that ...'."""


def unreadable(label: str, error: OSError) -> CorpusError:
    """The error that says why `label` cannot be read."""
    if isinstance(error, FileNotFoundError):
        return CorpusError(f"There is no file or folder {label}. Check the path.")
    if isinstance(error, PermissionError):
        return CorpusError(f"{label} may not be read: permission denied. Change its permissions.")
    return CorpusError(f"{label} cannot be read: {system_reason(error)}. Check it, or open a copy.")


def is_hidden(path: str) -> bool:
    """Whether a file, or a folder that it lies in, is hidden: its name begins with a dot."""
    return any(name.startswith(".") and name not in (".", "..") for name in path.split("/"))


def stem_of(name: str) -> str:
    """A file's name without its ending, and without that of what was compressed: book.txt.gz is 'book'."""
    path = Path(name)
    return Path(path.stem).stem if path.suffix.lower() in (".gz", ".bz2", ".xz") else path.stem


def from_bytes(name: str, title: str, data: bytes) -> Source:
    """A text from bytes in memory."""
    return Source(name, title, (Part(title, partial(BytesIO, data)),))


def from_path(path: Path, progress: Tell | None = None) -> Source:
    """A file, a named pipe, or the files of a folder.

    Raises:
        CorpusError: it does not exist, or cannot hold text.
    """
    label = shown(str(path))
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            return _from_folder(path)
        if stat.S_ISFIFO(mode):
            with path.open("rb") as pipe:
                return from_bytes(safe_name(stem_of(path.name)), label, _all_of(pipe, progress))
    except OSError as error:
        raise unreadable(label, error) from error
    if not stat.S_ISREG(mode):
        raise CorpusError(f"{label} is a device or a socket, not a text. Open a file or a folder.")
    return Source(safe_name(stem_of(path.name)), shown(path.name), (file_part(path),))


def from_standard_input(stdin: BinaryIO | None, progress: Tell | None = None) -> Source:
    """Everything from standard input, or from `stdin`, as a text; see `all_of_standard_input`."""
    return from_bytes("stdin", "standard input", all_of_standard_input(stdin, progress))


def all_of_standard_input(stdin: BinaryIO | None, progress: Tell | None) -> bytes:
    """Everything from standard input, or from `stdin`.

    Raises:
        CorpusError: it is a terminal, closed, or cannot be read.
    """
    stream = stdin or getattr(sys.stdin, "buffer", None)
    if stream is None or stream.closed or stream.isatty():
        raise CorpusError("Nothing is piped into standard input. Write for example: charlstm train - < book.txt")
    try:
        return _all_of(stream, progress)
    except OSError as error:
        raise unreadable("standard input", error) from error


def _all_of(stream: IO[bytes], progress: Tell | None) -> bytes:
    """What comes through a pipe, to its end.

    Args:
        stream: the pipe.
        progress: told how much has come, where that takes more than a second.
    """
    kept, told = BytesIO(), paced(progress, "reading")
    while data := stream.read(_PIECE):
        kept.write(data)
        told(kept.tell())
    return kept.getvalue()


def manual() -> tuple[Part, ...]:
    """The language reference that Python's help() shows, topics in alphabetical order.

    Raises:
        CorpusError: this Python does not include it.
    """
    try:
        from pydoc_data.topics import topics
    except ImportError as error:
        raise CorpusError(
            "This Python does not include its manual (pydoc_data). Open another corpus, such as aphorisms."
        ) from error
    text = "\n".join(topics[topic].strip("\n") + "\n" for topic in sorted(topics))
    return (Part("pydoc_data.topics", partial(BytesIO, text.encode())),)


def standard_library() -> tuple[Part, ...]:
    """The source code of the standard library's top-level modules, in alphabetical order.

    Packages and installed modules are left out, so the text is a few megabytes and the same for the same Python.

    Raises:
        CorpusError: this Python does not include its source files.
    """
    folder = Path(sysconfig.get_path("stdlib"))
    files = (folder / f"{name}.py" for name in sorted(sys.stdlib_module_names))
    parts = tuple(file_part(path, optional=True) for path in files if path.is_file())
    if not parts:
        raise CorpusError("This Python does not include its source files. Open another corpus, such as manual.")
    return parts


def packaged(file: str) -> tuple[Part, ...]:
    """A text file of this package."""
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
        tuple(each for source in sources for each in source.skipped),
    )


def file_part(path: Path, label: str | None = None, optional: bool = False) -> Part:
    """A file as a part; its label is its path unless `label` is given."""
    return Part(label or shown(str(path)), lambda: path.open("rb", buffering=0), optional)


def _why_not_entered(folder: Path) -> str:
    """As it follows 'Files that ...'; empty for a folder whose files are read."""
    return HIDDEN if is_hidden(folder.name) else "are links to folders" if os.path.islink(folder) else ""


def _why_not_read(path: Path, top: Path) -> str:
    """As it follows 'Files that ...'; empty for a file that is read. Nothing outside `top` is."""
    if is_hidden(path.name):
        return HIDDEN
    if os.path.isfile(path):  # not `Path.is_file`, which raises if a link may not be followed
        inside = not os.path.islink(path) or Path(os.path.realpath(path)).is_relative_to(top)
        return "" if inside else "are links out of the folder"
    try:
        path.stat()
    except OSError:
        return "are links that lead nowhere" if os.path.islink(path) else "cannot be read"
    return "are pipes, sockets or devices"


def _from_folder(folder: Path) -> Source:
    """Every file below `folder` in the order of their paths, without hidden files and folders and links out of it."""
    unreadable_folders: list[str] = []
    found: list[Path] = []
    skipped: list[tuple[str, str]] = []
    resolved = folder.resolve()

    def label(path: Path) -> str:
        return shown(str(path.relative_to(folder)))

    for place, folders, files in os.walk(
        folder, onerror=lambda error: unreadable_folders.append(shown(error.filename))
    ):
        inner = {name: _why_not_entered(Path(place, name)) for name in sorted(folders)}
        skipped += [(f"{label(Path(place, name))}/", reason) for name, reason in inner.items() if reason]
        folders[:] = [name for name, reason in inner.items() if not reason]
        for path in (Path(place, name) for name in files):
            if reason := _why_not_read(path, resolved):
                skipped.append((label(path), reason))
            else:
                found.append(path)
    paths = sorted(found, key=lambda path: path.relative_to(folder).parts)
    if not paths and not skipped:
        raise CorpusError(f"The folder {shown(str(folder))} has no files. Put text files into it.")
    notes = (f"Folders that may not be read were skipped: {listed(unreadable_folders)}.",) if unreadable_folders else ()
    parts = tuple(file_part(path, label(path), optional=True) for path in paths)
    return Source(
        safe_name(resolved.name), shown(f"{resolved.name or resolved}/"), parts, notes, tuple(sorted(skipped))
    )
