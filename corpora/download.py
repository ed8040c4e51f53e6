"""Downloads texts: each is fetched once into the user's cache, checked, and renamed into place when complete.

pooch downloads. This module adds a time limit for the connection, clear errors, and silence on the terminal.
"""

from __future__ import annotations

import hashlib
import logging
import os
import queue
import re
import socket
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from corpora.catalogue import built_in
from corpora.corpus import CorpusError
from corpora.safe_text import shown

if TYPE_CHECKING:
    import requests

Progress = Callable[[int, int | None], None]
"""Called with the bytes received and the total, or None if the server does not give it."""

CONNECT_SECONDS = 5.0
"""Time limit for connecting, including the look-up of the host's name."""

READ_SECONDS = 15.0
"""Time limit between two pieces of data."""

_ADDRESS_SECONDS = 2.0
"""Time limit for one of a host's addresses. If IPv6 does not answer, there is still time to try IPv4."""


class FetchError(CorpusError):
    """A download failed. `status` is the server's HTTP status, or None if it did not answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def cache_folder() -> Path:
    """The folder of downloaded texts."""
    import platformdirs

    return platformdirs.user_cache_path("charlstm", appauthor=False) / "corpora"


def fetch(
    url: str,
    path: Path,
    *,
    sha256: str | None = None,
    check: Callable[[Path], object] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Download `url` to `path`, unless `path` exists already.

    The file must have the digest `sha256`, and `check` may raise CorpusError to reject it; a rejected file is deleted.
    An exception raised by `progress` stops the download and is passed on.

    Raises:
        FetchError: the server does not answer, or does not answer with a text.
        CorpusError: the file is not the expected one, or cannot be saved.
    """
    if os.path.isfile(path) and sha256 in (None, file_sha256(path)):
        return path
    _check_connection(web_address(url), url)
    import pooch  # type: ignore[import-untyped]
    import requests

    pooch.get_logger().setLevel(logging.CRITICAL)
    downloader = _Downloader(url, sha256, check, progress)
    try:
        pooch.retrieve(url, sha256, fname=path.name, path=path.parent, downloader=downloader)
    except requests.RequestException as error:
        raise FetchError(_no_answer(url, _reason(error))) from error
    except OSError as error:
        reason = shown(error.strerror or str(error))
        raise CorpusError(
            f"{_named(url)} cannot be saved in {shown(str(path.parent))}: {reason}. Free some space there."
        ) from error
    return path


def web_address(url: str) -> SplitResult:
    """The parts of an http or https address, with a valid host and port.

    Raises:
        CorpusError: the address is not valid.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        usable = False
    if not usable:
        raise CorpusError(f"{_named(url)} is not a valid address. Write it as https://host/path/book.txt.")
    return parts


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


class _Downloader:
    """Called by pooch: its HTTPDownloader, plus a check of the response before and of the file after."""

    def __init__(
        self,
        url: str,
        sha256: str | None,
        check: Callable[[Path], object] | None,
        progress: Progress | None,
    ) -> None:
        self._url, self._sha256, self._check, self._progress = url, sha256, check, progress

    def __call__(self, url: str, output_file: str, pooch: object) -> None:
        from pooch import HTTPDownloader

        HTTPDownloader(
            progressbar=_Meter(self._progress) if self._progress else False,
            chunk_size=1 << 16,
            timeout=(CONNECT_SECONDS, READ_SECONDS),
            headers={"User-Agent": "charlstm", "Accept-Encoding": "identity"},
            hooks={"response": self._check_response},
        )(url, output_file, pooch)
        self._check_file(Path(output_file))

    def _check_response(self, response: requests.Response, **_: Any) -> None:
        """Reject a response that is not a text before its body is read."""
        if response.is_redirect:
            return
        if response.status_code >= 400:
            response.close()
            answer = f"{response.status_code} {shown(response.reason or '')}".strip()
            raise FetchError(
                f"{_named(self._url)} cannot be downloaded: the server answered {answer}. Check the address.",
                response.status_code,
            )
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            response.close()
            raise _web_page(self._url)

    def _check_file(self, file: Path) -> None:
        with file.open("rb") as opened:
            head = opened.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith((b"<!doctype html", b"<html")):
            raise _web_page(self._url)
        if self._sha256 is not None and (found := file_sha256(file)) != self._sha256:
            raise wrong_digest(_named(self._url), self._sha256, found, "It was deleted; try again later.")
        if self._check is not None:
            self._check(file)


class _Meter:
    """The progress bar that pooch expects; it reports the bytes to `progress`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._received = 0
        self.total = 0  # pooch sets it to the announced length, or leaves 0

    def update(self, count: int) -> None:
        """Add `count` bytes; pooch counts a whole chunk for the last one too."""
        self._received = min(self._received + count, self.total) if self.total else self._received + count
        self._progress(self._received, self.total or None)

    def reset(self) -> None:
        """Do nothing: pooch resets its bar before the final update."""

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def _named(url: str) -> str:
    """An address as messages show it, without its password."""
    return shown(re.sub(r"//[^/]*@", "//", url))


def _web_page(url: str) -> FetchError:
    return FetchError(
        f"{_named(url)} is a web page, not plain text. Give the address of a .txt file, or save the text as one.",
        status=200,
    )


def _check_connection(parts: SplitResult, url: str) -> None:
    """Raise FetchError unless the host accepts a connection within CONNECT_SECONDS in total.

    The time limit of requests applies to each address of a host in turn and excludes the look-up of its name. On a
    network that drops every packet, a host with eight addresses would take forty seconds.
    """
    import requests

    if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return
    result: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
    address = (parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme])

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=_ADDRESS_SECONDS).close()
        except Exception as error:  # name look-up raises more than OSError
            result.put(error)
        else:
            result.put(None)

    Thread(target=connect, name="charlstm-connect", daemon=True).start()
    try:
        failure = result.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        failure = TimeoutError()
    if failure is not None:
        raise FetchError(_no_answer(url, _reason(failure))) from failure


def _reason(error: Exception) -> str:
    """The reason in a few words; the messages of requests and of sockets are long and technical."""
    import requests

    if isinstance(error, requests.ConnectTimeout | TimeoutError):
        return f"no answer within {CONNECT_SECONDS:g} seconds"
    if isinstance(error, requests.Timeout):
        return f"no more data for {READ_SECONDS:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects without end"
    if isinstance(error, requests.RequestException):
        return "the connection was lost"
    if isinstance(error, socket.gaierror):
        return "its host is unknown"
    return shown(str(getattr(error, "strerror", None) or error).lower(), 120)


def _no_answer(url: str, reason: str) -> str:
    without = ", ".join(built_in())
    return f"{_named(url)} cannot be downloaded: {reason}. Without a network, open a file or one of: {without}."
