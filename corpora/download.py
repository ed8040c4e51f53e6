"""Bytes from the network: fetched once into the user's cache, checked, and renamed into place when whole.

pooch does the fetching. What is added here: a bound on the time until somebody answers, refusals in plain words,
and silence on the terminal.
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

from corpora.catalogue import always_there
from corpora.corpus import CorpusError
from corpora.safe_text import shown

if TYPE_CHECKING:
    import requests

Progress = Callable[[int, int | None], None]
"""Told the bytes that have arrived and how many there are in all, if the server says so."""

CONNECT_SECONDS = 5.0
"""Until a connection stands, the look-up of the host's name included."""

READ_SECONDS = 15.0
"""Between two arrivals of bytes."""

_ADDRESS_SECONDS = 2.0
"""For one of a host's addresses: where IPv6 leads nowhere, time must be left to try IPv4."""


class FetchError(CorpusError):
    """An address gave no text. `status` is what its server answered, None where none did."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


def cache_folder() -> Path:
    """Where fetched texts are kept."""
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
    """The file that `url` gives, kept at `path`; the network is left alone when it is there already.

    `sha256` is the digest it must have, `check` raises CorpusError when the file is not what was hoped for. What
    fails either is not kept. An exception of `progress` ends the download and comes through.

    Raises:
        FetchError: nobody answers, or not with a text.
        CorpusError: the file is another than expected, or cannot be kept.
    """
    if os.path.isfile(path) and sha256 in (None, file_sha256(path)):
        return path
    _reach(web_address(url), url)
    import pooch  # type: ignore[import-untyped]
    import requests

    pooch.get_logger().setLevel(logging.CRITICAL)
    arrival = _Arrival(url, sha256, check, progress)
    try:
        pooch.retrieve(url, sha256, fname=path.name, path=path.parent, downloader=arrival)
    except requests.RequestException as error:
        raise FetchError(_no_answer(url, _reason(error))) from error
    except OSError as error:
        reason = shown(error.strerror or str(error))
        raise CorpusError(
            f"{_named(url)} cannot be kept in {shown(str(path.parent))}: {reason}. Make room, or the folder writable."
        ) from error
    return path


def web_address(url: str) -> SplitResult:
    """The parts of an http(s) address, with a host and a port that can be connected to.

    Raises:
        CorpusError: it is none.
    """
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0 and url.isprintable()
    except ValueError:
        usable = False
    if not usable:
        raise CorpusError(f"{_named(url)} is no address of a text. Write it as https://host/path/book.txt.")
    return parts


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal.

    Raises:
        CorpusError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise CorpusError(
            f"{shown(str(path))} cannot be read: {error.strerror}. Delete it, or make it readable."
        ) from error


def wrong_digest(what: str, wanted: str, found: str, remedy: str) -> CorpusError:
    """The error for a file that is not the one the catalogue knows."""
    return CorpusError(f"{what} is not the text it should be: its sha256 is {found}, not {wanted}. {remedy}")


class _Arrival:
    """What pooch calls to download: HTTPDownloader, with the answer judged before and the file after."""

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
            hooks={"response": self._judge},
        )(url, output_file, pooch)
        self._examine(Path(output_file))

    def _judge(self, response: requests.Response, **_: Any) -> None:
        """Refuse an answer that is no text before its body is read."""
        if response.is_redirect:
            return
        if response.status_code >= 400:
            response.close()
            answer = f"{response.status_code} {shown(response.reason or '')}".strip()
            raise FetchError(
                f"{_named(self._url)} cannot be fetched: its server answered {answer}. Check the address.",
                response.status_code,
            )
        kind = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if kind in ("text/html", "application/xhtml+xml"):
            response.close()
            raise _web_page(self._url)

    def _examine(self, file: Path) -> None:
        with file.open("rb") as opened:
            head = opened.read(512).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
        if head.startswith((b"<!doctype html", b"<html")):
            raise _web_page(self._url)
        if self._sha256 is not None and (found := file_sha256(file)) != self._sha256:
            raise wrong_digest(_named(self._url), self._sha256, found, "It was not kept; try again later.")
        if self._check is not None:
            self._check(file)


class _Meter:
    """The progress bar pooch asks for; it passes the bytes on."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._arrived = 0
        self.total = 0  # pooch sets it to the length announced, or leaves 0

    def update(self, count: int) -> None:
        """`count` more bytes; pooch counts whole chunks, also for the last one."""
        self._arrived = min(self._arrived + count, self.total) if self.total else self._arrived + count
        self._progress(self._arrived, self.total or None)

    def reset(self) -> None:
        """Pooch empties its bar before it fills it for good; nothing that people should see."""

    def close(self) -> None:
        """Nothing is held."""


def _named(url: str) -> str:
    """An address as messages show it: without the password it may carry."""
    return shown(re.sub(r"//[^/]*@", "//", url))


def _web_page(url: str) -> FetchError:
    return FetchError(
        f"{_named(url)} is a web page, not a plain text. Give the address of a .txt file, or save the text as one.",
        status=200,
    )


def _reach(parts: SplitResult, url: str) -> None:
    """Raise FetchError unless the host takes a connection within CONNECT_SECONDS in all.

    The time limits of requests hold for each of a host's addresses in turn, and not for looking its name up: on a
    network that swallows everything, a host with eight addresses would take forty seconds.
    """
    import requests

    if requests.utils.select_proxy(url, requests.utils.get_environ_proxies(url)):
        return
    outcome: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()
    address = (parts.hostname, parts.port or {"http": 80, "https": 443}[parts.scheme])

    def connect() -> None:
        try:
            socket.create_connection(address, timeout=_ADDRESS_SECONDS).close()
        except Exception as error:  # a resolver raises more than OSError
            outcome.put(error)
        else:
            outcome.put(None)

    Thread(target=connect, name="charlstm-connect", daemon=True).start()
    try:
        failure = outcome.get(timeout=CONNECT_SECONDS)
    except queue.Empty:
        failure = TimeoutError()
    if failure is not None:
        raise FetchError(_no_answer(url, _reason(failure))) from failure


def _reason(error: Exception) -> str:
    """Why nothing came, in a few words: what requests and the sockets below it say is long and about themselves."""
    import requests

    if isinstance(error, requests.ConnectTimeout | TimeoutError):
        return f"no answer within {CONNECT_SECONDS:g} seconds"
    if isinstance(error, requests.Timeout):
        return f"nothing more came for {READ_SECONDS:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted here"
    if isinstance(error, requests.TooManyRedirects):
        return "it sends from one address to the next without end"
    if isinstance(error, requests.RequestException):
        return "the connection broke off"
    if isinstance(error, socket.gaierror):
        return "its host is not known here"
    return shown(str(getattr(error, "strerror", None) or error).lower(), 120)


def _no_answer(url: str, reason: str) -> str:
    without = ", ".join(always_there())
    return f"{_named(url)} cannot be fetched: {reason}. Without a network, open a file of yours or one of: {without}."
