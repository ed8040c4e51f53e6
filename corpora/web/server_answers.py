"""What a server answered: a text, a redirect that is followed or not, or why there is no text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import SplitResult, urljoin, urlsplit

from corpora.corpus import CorpusError
from corpora.safe_text import shown
from corpora.web.compression import COMPRESSIONS, PLAIN

if TYPE_CHECKING:
    import requests

_WEB_PAGES = ("text/html", "application/xhtml+xml")


class FetchError(CorpusError):
    """A download failed. `status` is the server's HTTP status, or None if it did not answer."""

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.status = status


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
        raise CorpusError(f"{named(url)} is not a valid address. Write it as https://host/path/book.txt.")
    return parts


class Served(NamedTuple):
    """What a server says of the text that it sends."""

    charset: str
    """Its encoding; empty if the server names none."""
    is_page: bool
    """It is a web page."""


def served_with(response: requests.Response) -> Served:
    """What the headers of an answer say of its body."""
    kind = response.headers.get("Content-Type", "")
    charset = re.search(r"charset=[\"' ]*([\w.:-]+)", kind, re.IGNORECASE)
    return Served(charset[1] if charset else "", kind.partition(";")[0].strip().lower() in _WEB_PAGES)


def check_response(url: str, response: requests.Response) -> None:
    """Reject a redirect that the policy forbids, and a response that is not a text, before its body is read."""
    refusal = None
    if response.is_redirect:
        asked, target = urlsplit(response.url).scheme, _scheme(response.url, response.headers["Location"])
        if target not in ("http", "https"):
            where = f"a {target}:" if target else "an invalid"
            refusal = FetchError(
                f"{named(url)} redirects to {where} address, and only http and https are followed.",
                response.status_code,
            )
        elif (asked, target) == ("https", "http"):
            refusal = FetchError(
                f"{named(url)} redirects from https to http, where others could change the text. Give another address.",
                response.status_code,
            )
    elif response.status_code >= 300:
        answer = f"{response.status_code} {shown(response.reason or '')}".strip()
        if response.status_code < 400 and "Location" not in response.headers:
            answer += " without another address"
        refusal = FetchError(
            f"{named(url)} cannot be downloaded: the server answered {answer}. Check the address.",
            response.status_code,
        )
    elif response.headers.get("Content-Encoding", "identity").lower() not in PLAIN + COMPRESSIONS:
        how = shown(response.headers["Content-Encoding"], 40)
        refusal = FetchError(
            f"{named(url)} is compressed as {how}, which is not read. Give the address of a plain text.",
            response.status_code,
        )
    if refusal:
        response.close()
        raise refusal


def _scheme(base: str, location: str) -> str:
    try:
        return urlsplit(urljoin(base, location)).scheme
    except ValueError:
        return ""


def named(url: str) -> str:
    """An address as messages show it, without its password."""
    return shown(re.sub(r"//[^/]*@", "//", url))


def web_page(url: str) -> FetchError:
    """The error for a page of the web where a file was expected."""
    return FetchError(
        f"{named(url)} is a web page, not the file. Give the address of the file itself (on GitHub, that of 'Raw').",
        status=200,
    )
