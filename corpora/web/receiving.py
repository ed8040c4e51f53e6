"""Receives what a server sends, within the limits of one policy, and says in a sentence why it does not.

requests talks to the server. This module limits how long that takes, how much comes, and where it leads.
"""

from __future__ import annotations

import queue
import socket
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any
from urllib.parse import SplitResult

from corpora.catalogue import built_in
from corpora.corpus import CorpusError
from corpora.progress import Tell, TextProgress
from corpora.safe_text import shown
from corpora.web.compression import PLAIN, decompressed
from corpora.web.server_answers import FetchError, Served, check_response, named, served_with
from corpora.web.tls_failures import tls_reason
from corpora.web.wrapped_errors import wrapped


@dataclass(frozen=True, slots=True)
class Policy:
    """What holds for every download.

    An address is http or https, and redirects lead only to such ones, never from https to http. No compression is
    asked for; gzip and deflate are read all the same, and the size counts what comes out. The header's charset decides
    the encoding where a byte-order mark and valid UTF-8 do not; the copy that is kept is then UTF-8. Only a complete
    text that is not empty is kept: it is written beside its place and renamed.
    """

    connect_seconds: float = 5.0
    """Includes the look-up of the host's name."""
    piece_seconds: float = 15.0
    """Time limit for the server's answer, and for each PIECE bytes after it."""
    seconds: float = 3600.0
    """Time limit for the whole."""
    most_bytes: int = 1_000_000_000
    redirects: int = 10


POLICY = Policy()

PIECE = 4096
"""Bytes that are waited for together."""

_ADDRESS_SECONDS = 2.0
"""Time limit for one of a host's addresses. If IPv6 does not answer, there is still time to try IPv4."""

_PIECES = 64
"""How many pieces may wait to be written."""


def receive(url: str, write: Callable[[bytes], object], progress: Tell | None) -> Served:
    """Write what the server sends, within the limits of the policy.

    Another thread waits for the network: a server that sends a byte now and then would hold this one for ever.
    """
    pieces: queue.Queue[Any] = queue.Queue(_PIECES)
    given_up = Event()
    Thread(target=_send_on, args=(url, pieces, given_up), name="charlstm-download", daemon=True).start()
    end, received, total, served = time.monotonic() + POLICY.seconds, 0, None, Served("", False)
    wait = POLICY.connect_seconds
    try:
        while True:
            try:
                piece = pieces.get(timeout=min(wait + POLICY.piece_seconds, max(0.0, end - time.monotonic())))
            except queue.Empty:
                late = "it took too long" if time.monotonic() >= end else _silent()
                raise FetchError(no_answer(url, late)) from None
            wait = 0.0
            if isinstance(piece, Exception):
                raise piece
            if piece is None:
                return served
            if isinstance(piece, bytes):
                write(piece)
                received += len(piece)
            else:
                served, total = piece
            if max(received, total or 0) > POLICY.most_bytes:
                raise CorpusError(
                    f"{named(url)} has more than {POLICY.most_bytes // 1_000_000:,} MB, which is the most that is "
                    "downloaded. Download it with another program, and open a part of it."
                )
            if progress:
                progress(TextProgress("downloading", received, max(received, total) if total else None))
    finally:
        given_up.set()


def _send_on(url: str, pieces: queue.Queue[Any], given_up: Event) -> None:
    """Put into the queue: Served and length, then the body, then None; or the exception that ends it."""
    import requests

    def put(item: Any) -> bool:
        while not given_up.is_set():
            with suppress(queue.Full):
                pieces.put(item, timeout=0.5)
                return True
        return False

    try:
        with requests.Session() as session:
            session.max_redirects = POLICY.redirects
            with session.get(
                url,
                stream=True,
                timeout=(POLICY.connect_seconds, POLICY.piece_seconds),
                headers={"User-Agent": "charlstm", "Accept-Encoding": "identity"},
                hooks={"response": lambda response, **_: check_response(url, response)},
            ) as response:
                # Taken away, so that requests leaves it to `decompressed`, which notices a missing end.
                compression = response.raw.headers.pop("Content-Encoding", "")
                told = response.headers.get("Content-Length", "")
                length = int(told) if told.isdecimal() and "Transfer-Encoding" not in response.headers else None
                if not put((served_with(response), length if compression.lower() in PLAIN else None)):
                    return
                if not all(map(put, decompressed(_whole(response.iter_content(PIECE), length), compression))):
                    return
        put(None)
    except (EOFError, zlib.error) as error:
        put(FetchError(no_answer(url, reason_of(error))))
    except Exception as error:
        put(error)


def _whole(pieces: Iterator[bytes], length: int | None) -> Iterator[bytes]:
    """The pieces of a body as they come, all of its length; urllib3 1.26 does not notice that some are missing."""
    received = 0
    for piece in pieces:
        received += len(piece)
        yield piece
    if length is not None and received < length:
        raise EOFError


def check_connection(parts: SplitResult, url: str) -> None:
    """Raise FetchError unless the host accepts a connection within the policy's time in total.

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
        failure = result.get(timeout=POLICY.connect_seconds)
    except queue.Empty:
        failure = TimeoutError()
    if failure is not None:
        raise FetchError(no_answer(url, reason_of(failure))) from failure


def _silent() -> str:
    return f"too little data within {POLICY.piece_seconds:g} seconds"


def reason_of(error: Exception) -> str:
    """The reason in a few words; the messages of requests and of sockets are long and technical."""
    import requests

    if isinstance(error, requests.ConnectTimeout | TimeoutError):
        return f"no answer within {POLICY.connect_seconds:g} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return tls_reason(error)
    if isinstance(error, requests.TooManyRedirects):
        return "it redirects without end"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not answer"
    if wrapped(error, TimeoutError):
        return _silent()
    if isinstance(error, requests.exceptions.InvalidURL | requests.exceptions.InvalidSchema):
        return named(str(error)).rstrip(".")
    if isinstance(error, zlib.error):
        return "its compression is damaged"
    if isinstance(error, requests.RequestException | EOFError):
        return "the connection was lost"
    if isinstance(error, socket.gaierror):
        return "its host is unknown"
    return shown(str(getattr(error, "strerror", None) or error).lower(), 120)


def no_answer(url: str, reason: str) -> str:
    """The sentence for a server that could not be reached, or did not go on."""
    without = ", ".join(built_in())
    return f"{named(url)} cannot be downloaded: {reason}. Without a network, open a file or one of: {without}."
