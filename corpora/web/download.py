"""Downloads texts: each is fetched once into the user's cache, checked, and renamed into place when complete.

What holds for every download is in `receiving`.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path

from corpora.corpus import CorpusError
from corpora.errors import is_full, system_reason
from corpora.formats.recognising import AS_TEXT, HEAD, is_page, recognised
from corpora.progress import Tell
from corpora.reading.encoding import as_served
from corpora.reading.reader import check_readable
from corpora.safe_text import shown
from corpora.sources import file_part
from corpora.web import receiving
from corpora.web.receiving import check_connection, no_answer, reason_of, receive
from corpora.web.server_answers import FetchError, Served, named, web_address, web_page


def cache_folder() -> Path:
    """The folder of downloaded texts."""
    import platformdirs

    return platformdirs.user_cache_path("charlstm", appauthor=False) / "corpora"


def fetch(
    url: str, path: Path, *, sha256: str | None = None, progress: Tell | None = None, pages: bool = False
) -> Path:
    """Download `url` to `path`, unless it is there already.

    The file must have the digest `sha256`; without one, what is in it must be readable to its end. An exception raised
    by `progress` stops the download and is passed on. A web page is what was wanted only if `pages`; else it is a
    server's way to say that it has no such file.

    Raises:
        FetchError: the server does not answer, or does not answer with a text.
        CorpusError: the file is not the expected one, or cannot be saved.
    """
    if is_kept(path) and sha256 in (None, file_sha256(path)):
        return path
    check_connection(web_address(url), url)
    import requests

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_old_pieces(path.parent)
        descriptor, beside = tempfile.mkstemp(_UNFINISHED, f"{path.name[:40]}.", path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                served = receive(url, file.write, progress)
            checked = _checked(url, Path(beside), sha256, served, pages)
            os.replace(checked, path)
        finally:
            for left in (beside, f"{beside}{_UNFINISHED}"):
                with suppress(FileNotFoundError):
                    os.unlink(left)
    except (requests.RequestException, UnicodeError) as error:
        raise FetchError(no_answer(url, reason_of(error))) from error
    except OSError as error:
        remedy = "Free some space there." if is_full(error) else "Check that it is a folder you may write to."
        where = shown(str(path.parent))
        raise CorpusError(f"{named(url)} cannot be saved in {where}: {system_reason(error)}. {remedy}") from error
    return path


def is_kept(path: Path) -> bool:
    """Whether there is a downloaded text; an empty one is none."""
    return os.path.isfile(path) and os.path.getsize(path) > 0


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        CorpusError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CorpusError(
            f"{shown(str(path))} cannot be read: {system_reason(error)}. Delete it, or make it readable."
        ) from error


def wrong_digest(what: str, wanted: str, found: str, remedy: str) -> CorpusError:
    """The error for a file whose digest is not the one in the catalogue."""
    return CorpusError(f"{what} is not the expected text: its sha256 is {found}, not {wanted}. {remedy}")


_UNFINISHED = ".part"
"""The end of the name of a download that is not complete."""


def _remove_old_pieces(folder: Path) -> None:
    """Remove what downloads have left that were killed: none takes longer than the policy allows."""
    for left in folder.glob(f"*{_UNFINISHED}"):
        with suppress(OSError):
            if left.stat().st_mtime < time.time() - receiving.POLICY.seconds:
                left.unlink()


def _checked(url: str, file: Path, sha256: str | None, served: Served, pages: bool) -> Path:
    """The downloaded file, or a copy of it in UTF-8; an error where it is not what was wanted."""
    part = file_part(file, named(url))
    head = part.sample(HEAD)
    if not pages and (served.is_page or is_page(head)):
        raise web_page(url)
    if sha256 is not None:
        if (found := file_sha256(file)) != sha256:
            raise wrong_digest(named(url), sha256, found, "It was deleted; try again later.")
        return file
    if not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise FetchError(f"{named(url)} is empty. Check the address, or try again later.", status=200)
    if recognised(head, named(url)) not in AS_TEXT:
        check_readable(part)
        return file
    texts = as_served(part, served.charset)
    blocks: Iterable[bytes] | None = (text.encode() for text in texts) if texts else None
    if served.is_page and b"<" in head and not is_page(head):  # only the server knows, which is not asked again
        blocks = chain([b"<!DOCTYPE html>\n"], blocks or part.blocks())
    return _rewritten(file, blocks) if blocks else file


def _rewritten(file: Path, blocks: Iterable[bytes]) -> Path:
    copy = file.with_name(file.name + _UNFINISHED)
    with copy.open("wb") as opened:
        opened.writelines(blocks)
    return copy
