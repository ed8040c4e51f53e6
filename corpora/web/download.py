"""Downloads texts: each is fetched once into the user's cache, checked, and renamed into place when complete.

What holds for every download is in `receiving`.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from corpora.corpus import CorpusError
from corpora.reading.encoding import as_served
from corpora.safe_text import shown
from corpora.sources import file_part
from corpora.web import receiving
from corpora.web.receiving import (
    FetchError,
    Progress,
    check_connection,
    named,
    no_answer,
    reason_of,
    receive,
    web_address,
    web_page,
)

_FULL = (errno.ENOSPC, errno.EDQUOT)


def cache_folder() -> Path:
    """The folder of downloaded texts."""
    import platformdirs

    return platformdirs.user_cache_path("charlstm", appauthor=False) / "corpora"


def fetch(url: str, path: Path, *, sha256: str | None = None, progress: Progress | None = None) -> Path:
    """Download `url` to `path`, unless it is there already.

    The file must have the digest `sha256`; without one it must be a text. An exception raised by `progress` stops the
    download and is passed on.

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
                charset = receive(url, file.write, progress)
            checked = _checked(url, Path(beside), sha256, charset)
            os.replace(checked, path)
        finally:
            for left in (beside, f"{beside}{_UNFINISHED}"):
                with suppress(FileNotFoundError):
                    os.unlink(left)
    except (requests.RequestException, UnicodeError) as error:
        raise FetchError(no_answer(url, reason_of(error))) from error
    except OSError as error:
        reason = shown(error.strerror or str(error))
        remedy = "Free some space there." if error.errno in _FULL else "Check that it is a folder you may write to."
        raise CorpusError(f"{named(url)} cannot be saved in {shown(str(path.parent))}: {reason}. {remedy}") from error
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
            f"{shown(str(path))} cannot be read: {error.strerror}. Delete it, or make it readable."
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


def _checked(url: str, file: Path, sha256: str | None, charset: str) -> Path:
    """The downloaded file, or a copy of it in UTF-8; an error where it is not what was wanted."""
    with file.open("rb") as opened:
        head = opened.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if head.startswith((b"<!doctype html", b"<html")):
        raise web_page(url)
    if sha256 is not None:
        if (found := file_sha256(file)) != sha256:
            raise wrong_digest(named(url), sha256, found, "It was deleted; try again later.")
        return file
    if not head:
        raise FetchError(f"{named(url)} is empty. Check the address, or try again later.", status=200)
    texts = as_served(file_part(file, named(url)), charset)
    return _rewritten(file, texts) if texts else file


def _rewritten(file: Path, texts: Iterator[str]) -> Path:
    copy = file.with_name(file.name + _UNFINISHED)
    with copy.open("w", encoding="utf-8", newline="") as opened:
        opened.writelines(texts)
    return copy
