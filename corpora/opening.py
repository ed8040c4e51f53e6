"""open_corpus: from what people name (a corpus, a file, an address) to the Corpus."""

from __future__ import annotations

import difflib
import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import url2pathname

from corpora import catalogue, download, gutenberg, sources
from corpora.catalogue import Entry
from corpora.corpus import Corpus, CorpusError
from corpora.download import FetchError, Progress
from corpora.encoding import detect
from corpora.reading import read_corpus
from corpora.safe_text import safe_name, shown
from corpora.sources import Part, Source

FOLDER_VARIABLE = "CHARLSTM_CORPORA"
"""Environment variable: a folder that is looked in before the cache and the network."""

_SCHEME = re.compile(r"(file|[a-z][a-z0-9+.-]*(?=://)):", re.IGNORECASE)


def open_corpus(
    spec: str | Sequence[str],
    *,
    lowercase: bool = False,
    min_count: int = 1,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Open the text that `spec` names.

    Args:
        spec: a catalogue name, `gutenberg:ID`, a file, a folder (its files that are text, in the order of their
            paths), an address (http, https, file), `-` for standard input, or several of these, read as one text.
            A catalogue name goes before a file of the same name; write `./manual` for the file.
        lowercase: lower-case the text.
        min_count: characters seen fewer times than this become U+FFFD.
        stdin: read instead of standard input.
        progress: told the bytes that have come over the network, and how many there are in all or None. What it
            raises ends the download and comes through.

    Raises:
        CorpusError: there is no such text, it cannot be had, or nothing can be learned from it.
    """
    specs = [spec] if isinstance(spec, str) else list(spec)
    if not specs:
        raise CorpusError("No text was named. Name a file, a folder, an address or one of the catalogue's corpora.")
    source = sources.joined([_resolved(each, stdin, progress) for each in specs])
    return read_corpus(source, lowercase=lowercase, min_count=min_count)


def at_hand(spec: str | Sequence[str]) -> bool:
    """Whether `open_corpus` would open this without the network, and without waiting for somebody to write it."""
    specs = [spec] if isinstance(spec, str) else list(spec)
    try:
        return bool(specs) and all(map(_is_at_hand, specs))
    except (CorpusError, ValueError):  # an address that is none
        return False


def _is_at_hand(spec: str) -> bool:
    scheme = _SCHEME.match(spec)
    if spec in catalogue.catalogue():
        entry = catalogue.catalogue()[spec]
        return entry.url is None or _is_kept(entry)
    if spec.lower().startswith("gutenberg:"):
        number = spec.partition(":")[2].lstrip("0")
        file = f"gutenberg-{number}.txt"
        return os.path.isfile(_in_folder(file, f"pg{number}.txt") or download.cache_folder() / file)
    if scheme and scheme[1].lower() != "file":
        return os.path.isfile(_address_file(spec))
    path = os.path.expanduser(url2pathname(urlsplit(spec).path) if scheme else spec)
    return os.path.isfile(path) or os.path.isdir(path)


def _is_kept(entry: Entry) -> bool:
    """Whether a text of the catalogue lies here, and is the one it should be: another would be fetched anew."""
    paths = [_in_folder(entry.file), download.cache_folder() / entry.file]
    path = next((path for path in paths if path is not None and os.path.isfile(path)), None)
    return path is not None and entry.sha256 in (None, download.file_sha256(path))


def open_default_corpus(
    *,
    lowercase: bool = False,
    min_count: int = 1,
    stdin: BinaryIO | None = None,
    progress: Progress | None = None,
) -> Corpus:
    """Nietzsche, or, where it cannot be had, the first text that is always there; a note says so.

    Keywords and errors are those of `open_corpus`.
    """
    try:
        source = _resolved(catalogue.NIETZSCHE, stdin, progress)
    except CorpusError as error:
        source = _instead(catalogue.NIETZSCHE, error)
    return read_corpus(source, lowercase=lowercase, min_count=min_count)


def _instead(wanted: str, failure: CorpusError) -> Source:
    """A text that is always there, with a note that says why it is not the one wanted."""
    offline = isinstance(failure, FetchError) and failure.status is None
    reason = "there is no network" if offline else str(failure).partition(". ")[0].rstrip(".")
    for name in ("manual", "aphorisms"):
        try:
            source = _from_catalogue(catalogue.catalogue()[name], None)
        except CorpusError:
            continue
        note = f"{wanted} cannot be fetched ({reason}); this is {name}: {source.title}."
        return replace(source, notes=(note, *source.notes))
    raise failure


def _resolved(spec: str, stdin: BinaryIO | None, progress: Progress | None) -> Source:
    """The bytes that one name stands for."""
    if spec == "-":
        return sources.from_standard_input(stdin)
    if spec in catalogue.catalogue():
        return _from_catalogue(catalogue.catalogue()[spec], progress)
    if spec.lower().startswith("gutenberg:"):
        return _from_gutenberg(spec.partition(":")[2], progress)
    scheme = _SCHEME.match(spec)
    if scheme:
        return _from_address(spec, scheme[1].lower(), progress)
    return _from_path(spec)


def _from_path(spec: str) -> Source:
    try:
        path = Path(spec).expanduser()
        found = bool(spec.strip()) and path.exists()
    except OSError as error:
        raise sources.unreadable(shown(spec), error) from error
    except (ValueError, RuntimeError):  # a null character; a home folder of nobody
        found = False
    if not found:
        raise _unknown(spec)
    return sources.from_path(path)


def _unknown(spec: str) -> CorpusError:
    known = [*catalogue.catalogue(), "gutenberg:ID"]
    near = difflib.get_close_matches(Path(spec).stem.lower(), known, n=2)
    hint = f"Did you mean {' or '.join(near)}?" if near else f"Check the path, or take one of: {', '.join(known)}."
    return CorpusError(f"There is no file, folder or corpus called '{shown(spec)}'. {hint}")


def _from_catalogue(entry: Entry, progress: Progress | None) -> Source:
    return Source(entry.name, entry.title, _parts_of(entry, progress))


def _parts_of(entry: Entry, progress: Progress | None) -> tuple[Part, ...]:
    if entry.kept == "manual":
        return sources.manual()
    if entry.kept == "stdlib":
        return sources.standard_library()
    if entry.url is None:
        return sources.packaged(entry.file)
    return (sources.file_part(_fetched(entry.url, entry.file, entry.sha256, progress)),)


def _fetched(url: str, file: str, sha256: str | None, progress: Progress | None) -> Path:
    """A text of the catalogue on this machine: from the user's folder, the cache or the network, and verified."""
    path = _in_folder(file)
    if path is None:
        return download.fetch(url, download.cache_folder() / file, sha256=sha256, progress=progress)
    if sha256 is not None and (found := download.file_sha256(path)) != sha256:
        remedy = f"Replace it or take it out of {FOLDER_VARIABLE}, and it is fetched anew."
        raise download.wrong_digest(shown(str(path)), sha256, found, remedy)
    return path


def _in_folder(*files: str) -> Path | None:
    """The first of these files that lies in the folder CHARLSTM_CORPORA names, if it names one.

    `os.path.isfile` and not `Path.is_file`, which raises where a folder may not be looked into.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    paths = [Path(folder, file) for file in files] if folder else []
    return next((path for path in paths if os.path.isfile(path)), None)


def _from_gutenberg(wanted: str, progress: Progress | None) -> Source:
    if not re.fullmatch(r"0*[1-9][0-9]{0,6}", wanted, re.ASCII):
        raise CorpusError(
            f"'{shown(wanted)}' is no number of a book. Write for example gutenberg:1342; the number is in the address "
            "of the book's page at Project Gutenberg."
        )
    number = int(wanted)
    name = f"gutenberg-{number}"
    file = f"{name}.txt"
    path = _in_folder(file, f"pg{number}.txt") or _fetched_book(number, file, progress)
    data = b"".join(sources.file_part(path).blocks())
    text, marked = gutenberg.without_licence(data)
    note = (
        "Project Gutenberg's header and footer were left out."
        if marked
        else "Project Gutenberg's header or footer was not found, so some of it may be in the text."
    )
    title = shown(gutenberg.book_title(data) or f"Project Gutenberg {number}")
    return replace(sources.from_bytes(name, title, text), notes=(note,))


def _fetched_book(number: int, file: str, progress: Progress | None) -> Path:
    for url in gutenberg.addresses(number):
        try:
            return download.fetch(url, download.cache_folder() / file, check=_is_text, progress=progress)
        except FetchError as error:
            if error.status not in (200, 403, 404, 410):  # 200: a page that asks who you are, or says no
                raise
    raise CorpusError(
        f"Project Gutenberg has no plain text of a book {number}. Look it up at {gutenberg.BASE}/ebooks/{number}."
    )


def _from_address(url: str, scheme: str, progress: Progress | None) -> Source:
    if scheme == "file":
        return _from_file_address(url)
    if scheme not in ("http", "https"):
        raise CorpusError(f"{shown(url)} is of a kind that is not fetched here. Give an http, https or file address.")
    parts = download.web_address(url)
    label, path = _label(parts), _address_file(url)
    kept = os.path.isfile(path)
    download.fetch(url, path, check=_is_text, progress=progress)
    notes = (f"Read from the copy fetched before; delete {shown(str(path))} to fetch it anew.",) if kept else ()
    return Source(safe_name(Path(label).stem), shown(label), (sources.file_part(path),), notes)


def _label(parts: SplitResult) -> str:
    """What a text of the web is called."""
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc.rpartition("@")[2]


def _address_file(url: str) -> Path:
    """Where a text of the web is kept, once it has been fetched.

    Raises:
        CorpusError: it is no address of a text.
    """
    name = safe_name(Path(_label(download.web_address(url))).stem)
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    return download.cache_folder() / "addresses" / f"{name[:40]}-{digest}.txt"


def _from_file_address(url: str) -> Source:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("file://elsewhere")
    if parts.netloc not in ("", "localhost"):
        raise CorpusError(f"{shown(url)} names a file on another machine. Write it as file:///folder/book.txt.")
    return _from_path(url2pathname(parts.path))


def _is_text(path: Path) -> None:
    detect(sources.file_part(path))
