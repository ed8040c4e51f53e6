"""open_corpus: finds the text that the user names (a corpus, a file, an address) and opens it as a Corpus."""

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

from corpora import catalogue, sources
from corpora.catalogue import Entry
from corpora.corpus import Corpus, CorpusError
from corpora.formats.recognising import ending
from corpora.progress import Tell
from corpora.reading.read_as import UNCHANGED, ReadAs
from corpora.reading.reader import read_corpus
from corpora.safe_text import safe_name, shown
from corpora.sources import Part, Source
from corpora.web import download, gutenberg
from corpora.web.server_answers import FetchError, web_address

FOLDER_VARIABLE = "CHARLSTM_CORPORA"
"""Environment variable: a folder to search before the cache and the network."""

PROMISED = {
    *("txt", "text", "md", "csv", "tsv", "jsonl", "ndjson", "json", "ipynb", "epub", "docx", "odt", "rtf", "pdf"),
    *("gz", "bz2", "xz", "zip", "tar", "tgz"),
}
"""Endings of addresses at which a web page is not what was wanted."""

_SCHEME = re.compile(r"(file|[a-z][a-z0-9+.-]*(?=://)):", re.IGNORECASE)


def open_corpus(
    spec: str | Sequence[str],
    read_as: ReadAs = UNCHANGED,
    *,
    distinct: int = 2,
    stdin: BinaryIO | None = None,
    progress: Tell | None = None,
) -> Corpus:
    """Open the text that `spec` names.

    Args:
        spec: a catalogue name, `gutenberg:ID`, a file, a folder (its files that are text, in the order of their
            paths), an address (http, https, file), `-` for standard input, or several of these, read as one text.
            A catalogue name has priority over a file of the same name; write `./manual` for the file.
        read_as: how it is read.
        distinct: characters that it must have at least; 2 are the fewest that anything can be learned from.
        stdin: read instead of standard input.
        progress: told how much has been downloaded, and where reading takes more than a second, how much has been
            read.

    Raises:
        CorpusError: there is no such text, it cannot be read, or it has fewer than `distinct` distinct characters.
    """
    specs = [spec] if isinstance(spec, str) else list(spec)
    if not specs:
        raise CorpusError("No text was named. Give a file, a folder, an address or the name of a corpus.")
    source = sources.joined([_find(each, stdin, progress) for each in specs])
    return read_corpus(source, read_as, distinct=distinct, progress=progress)


def is_local(spec: str | Sequence[str]) -> bool:
    """Whether `open_corpus` needs neither the network nor standard input nor a pipe for this text."""
    specs = [spec] if isinstance(spec, str) else list(spec)
    try:
        return bool(specs) and all(map(_is_local, specs))
    except (CorpusError, ValueError):  # not a valid address
        return False


def is_missing(spec: str) -> bool:
    """Whether this names a file that does not exist, as `open_corpus` says at once."""
    if spec == "-" or spec in catalogue.catalogue() or spec.lower().startswith("gutenberg:") or _SCHEME.match(spec):
        return False
    return not os.path.exists(os.path.expanduser(spec))


def _is_local(spec: str) -> bool:
    scheme = _SCHEME.match(spec)
    if spec in catalogue.catalogue():
        entry = catalogue.catalogue()[spec]
        return _is_local(f"gutenberg:{entry.gutenberg}") if entry.gutenberg else entry.ships or _is_downloaded(entry)
    if spec.lower().startswith("gutenberg:"):
        number = spec.partition(":")[2].lstrip("0")
        file = f"gutenberg-{number}.txt"
        return download.is_kept(_in_folder(file, f"pg{number}.txt") or download.cache_folder() / file)
    if scheme and scheme[1].lower() != "file":
        return download.is_kept(_address_file(spec))
    path = os.path.expanduser(url2pathname(urlsplit(spec).path) if scheme else spec)
    return os.path.isfile(path) or os.path.isdir(path)


def _is_downloaded(entry: Entry) -> bool:
    """Whether the text of a catalogue entry is on this machine and has the right digest."""
    paths = [_in_folder(entry.file), download.cache_folder() / entry.file]
    path = next((path for path in paths if path is not None and os.path.isfile(path)), None)
    return path is not None and entry.sha256 in (None, download.file_sha256(path))


def open_default_corpus(
    read_as: ReadAs = UNCHANGED, *, stdin: BinaryIO | None = None, progress: Tell | None = None
) -> Corpus:
    """Open the default corpus. If it cannot be downloaded, open a built-in text with a note that says so.

    Arguments and errors as in `open_corpus`.
    """
    try:
        source = _find(catalogue.DEFAULT, stdin, progress)
    except CorpusError as error:
        source = _fallback(catalogue.DEFAULT, error)
    return read_corpus(source, read_as, progress=progress)


def _fallback(wanted: str, failure: CorpusError) -> Source:
    """A built-in text, with a note that says why the wanted one is missing."""
    offline = isinstance(failure, FetchError) and failure.status is None
    reason = "there is no network" if offline else str(failure).partition(". ")[0].rstrip(".")
    for name in ("manual", "aphorisms"):
        try:
            source = _from_catalogue(catalogue.catalogue()[name], None)
        except CorpusError:
            continue
        note = f"{wanted} cannot be downloaded ({reason}); reading {name} instead: {source.title}."
        return replace(source, notes=(note, *source.notes))
    raise failure


def _find(spec: str, stdin: BinaryIO | None, progress: Tell | None) -> Source:
    """The source that one name refers to."""
    if spec == "-":
        return sources.from_standard_input(stdin, progress)
    if spec in catalogue.catalogue():
        return _from_catalogue(catalogue.catalogue()[spec], progress)
    if spec.lower().startswith("gutenberg:"):
        return _from_gutenberg(spec.partition(":")[2], progress)
    scheme = _SCHEME.match(spec)
    if scheme:
        return _from_address(spec, scheme[1].lower(), progress)
    return _from_path(spec, progress)


def _from_path(spec: str, progress: Tell | None) -> Source:
    try:
        path = Path(spec).expanduser()
        found = bool(spec.strip()) and path.exists()
    except OSError as error:
        raise sources.unreadable(shown(spec), error) from error
    except (ValueError, RuntimeError):  # a null character; the home folder of an unknown user
        found = False
    if not found:
        raise _unknown(spec)
    return sources.from_path(path, progress)


def _unknown(spec: str) -> CorpusError:
    known = [*catalogue.catalogue(), "gutenberg:ID"]
    near = difflib.get_close_matches(Path(spec).stem.lower(), known, n=2)
    choose = "Check the path, or choose a named text, such as aphorisms: 'charlstm corpora' lists them."
    hint = f"Did you mean {' or '.join(near)}?" if near else choose
    return CorpusError(f"There is no file, folder or corpus called '{shown(spec)}'. {hint}")


def _from_catalogue(entry: Entry, progress: Tell | None) -> Source:
    if entry.gutenberg:
        return replace(_from_gutenberg(str(entry.gutenberg), progress), name=entry.name, title=entry.title)
    return Source(entry.name, entry.title, _parts_of(entry, progress))


def _parts_of(entry: Entry, progress: Tell | None) -> tuple[Part, ...]:
    if entry.kind == "manual":
        return sources.manual()
    if entry.kind == "stdlib":
        return sources.standard_library()
    if entry.url is None:
        return sources.packaged(entry.file)
    return (sources.file_part(_catalogue_file(entry.url, entry.file, entry.sha256, progress)),)


def _catalogue_file(url: str, file: str, sha256: str | None, progress: Tell | None) -> Path:
    """The file of a catalogue text, from the user's folder, the cache or the network; its digest is checked."""
    path = _in_folder(file)
    if path is None:
        return download.fetch(url, download.cache_folder() / file, sha256=sha256, progress=progress)
    if sha256 is not None and (found := download.file_sha256(path)) != sha256:
        remedy = f"Replace it, or remove it from {FOLDER_VARIABLE} to download it again."
        raise download.wrong_digest(shown(str(path)), sha256, found, remedy)
    return path


def _in_folder(*files: str) -> Path | None:
    """The first of these files that exists in the folder CHARLSTM_CORPORA, or None.

    Uses `os.path.isfile`, because `Path.is_file` raises if the folder may not be read.
    """
    folder = os.environ.get(FOLDER_VARIABLE)
    paths = [Path(folder, file) for file in files] if folder else []
    return next((path for path in paths if os.path.isfile(path)), None)


def _from_gutenberg(wanted: str, progress: Tell | None) -> Source:
    if not re.fullmatch(r"0*[1-9][0-9]{0,6}", wanted, re.ASCII):
        raise CorpusError(
            f"'{shown(wanted)}' is not a book number. Write for example gutenberg:1342; the number is in the address "
            "of the book's page at Project Gutenberg."
        )
    number = int(wanted)
    name = f"gutenberg-{number}"
    file = f"{name}.txt"
    path = _in_folder(file, f"pg{number}.txt") or _downloaded_book(number, file, progress)
    data = b"".join(sources.file_part(path).blocks())
    text, marked = gutenberg.without_licence(data)
    note = (
        "Project Gutenberg's header and footer were removed."
        if marked
        else "Project Gutenberg's header or footer was not found, so some of it may be in the text."
    )
    title = shown(gutenberg.book_title(data) or f"Project Gutenberg {number}")
    return replace(sources.from_bytes(name, title, text), notes=(note,))


def _downloaded_book(number: int, file: str, progress: Tell | None) -> Path:
    for url in gutenberg.addresses(number):
        try:
            return download.fetch(url, download.cache_folder() / file, progress=progress)
        except FetchError as error:
            if error.status not in (200, 403, 404, 410):  # 200: a web page instead of the text
                raise
    raise CorpusError(f"Project Gutenberg has no plain text of book {number}. See {gutenberg.BASE}/ebooks/{number}.")


def _from_address(url: str, scheme: str, progress: Tell | None) -> Source:
    if scheme == "file":
        return _from_file_address(url, progress)
    if scheme not in ("http", "https"):
        raise CorpusError(f"{shown(url)} cannot be downloaded. Give an http, https or file address.")
    parts = web_address(url)
    label, path = _label(parts), _address_file(url)
    downloaded = download.is_kept(path)
    download.fetch(url, path, progress=progress, pages=ending(label) not in PROMISED)
    notes = (f"Read from an earlier download; delete {shown(str(path))} to download it again.",) if downloaded else ()
    return Source(safe_name(sources.stem_of(label)), shown(label), (sources.file_part(path, shown(label)),), notes)


def _label(parts: SplitResult) -> str:
    """The name of a text on the web."""
    return unquote(parts.path.rstrip("/").rpartition("/")[2]) or parts.netloc.rpartition("@")[2]


def _address_file(url: str) -> Path:
    """The file of a downloaded address.

    Raises:
        CorpusError: the address is not valid.
    """
    name = safe_name(Path(_label(web_address(url))).stem)
    digest = hashlib.sha256(url.encode()).hexdigest()[:12]
    return download.cache_folder() / "addresses" / f"{name[:40]}-{digest}.txt"


def _from_file_address(url: str, progress: Tell | None) -> Source:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("file://elsewhere")
    if parts.netloc not in ("", "localhost"):
        raise CorpusError(f"{shown(url)} names a file on another machine. Write it as file:///folder/book.txt.")
    return _from_path(url2pathname(parts.path), progress)
