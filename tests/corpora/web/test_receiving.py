"""What a server may send, and how a download ends that breaks the policy."""

from __future__ import annotations

import gzip
import socket
import ssl
import zlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
import requests

from corpora import CorpusError, ReadAs, open_corpus
from corpora.progress import TextProgress
from corpora.web import receiving, server_answers
from corpora.web.compression import decompressed
from corpora.web.receiving import Policy
from corpora.web.server_answers import FetchError
from tests.corpora.conftest import HERE, Answer, Server, kept
from tests.corpora.reading.language_texts import text_of
from tests.patience import PATIENCE

TEXT = b"Some words that lie on a server, enough of them to arrive in more than one piece.\n" * 5000


def test_a_redirect_is_followed(server: Server) -> None:
    server.answers["/old"] = Answer(status=302, kind="text/html", headers={"Location": "/new"})
    server.answers["/new"] = Answer(TEXT)
    assert open_corpus(f"{server.base}/old").text() == TEXT.decode()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(status=404), "404 Not Found"),
        (Answer(status=503), "503"),
        (Answer(b"%PDF-1.5\n"), "is damaged: its end is missing"),
        (Answer(gzip.compress(TEXT)[:-9], kind="application/gzip"), "is damaged: its end is missing"),
        (Answer(b"\x89PNG\r\n\x1a\n\0\0\0", kind="text/plain"), "is not text but a PNG picture"),
        (Answer(bytes(500)), "not text"),
        (Answer(status=302), "the server answered 302 Found without another address. Check the address"),
        (Answer(TEXT, status=307), "307 Temporary Redirect without another address"),
        (Answer(TEXT, status=304), "the server answered 304 Not Modified"),
        (Answer(status=302, headers={"Location": "/answer"}), "without end"),
        (Answer(status=302, headers={"Location": "gopher://host/"}), "redirects to a gopher: address"),
        (Answer(status=302, headers={"Location": "file:///etc/passwd"}), "redirects to a file: address"),
        (Answer(status=302, headers={"Location": "http://[::1"}), "redirects to an invalid address"),
        (Answer(b""), r"/answer is empty\."),
        (Answer(b"\xef\xbb\xbf \n"), r"/answer is empty\."),
        (Answer(b"x", headers={"Content-Encoding": "br"}), "compressed as br"),
        (Answer(b"words", headers={"Content-Encoding": "gzip"}), "its compression is damaged"),
        (Answer(gzip.compress(b"some words")[:-9], headers={"Content-Encoding": "gzip"}), "connection was lost"),
        (Answer(b"x" * 5000), "has more than 0 MB"),
        (Answer(gzip.compress(b"x" * 5000), headers={"Content-Encoding": "gzip"}), "has more than 0 MB"),
    ],
)
def test_a_response_that_is_not_text_is_refused_and_deleted(
    server: Server, cache: Path, answer: Answer, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.answers["/answer"] = answer
    monkeypatch.setattr(receiving, "POLICY", replace(receiving.POLICY, most_bytes=4999))
    with pytest.raises(CorpusError, match=message) as refusal:
        open_corpus(f"{server.base}/answer")
    assert f"{server.base}/answer" in str(refusal.value)
    assert kept(cache) == []


@pytest.mark.parametrize(
    "answer", [Answer(b"<p>Sign in</p>", kind="text/html; charset=utf-8"), Answer(b"\n<!DOCTYPE html><p>Sign in</p>")]
)
@pytest.mark.parametrize("path", ["/book.txt", "/data/books.zip", "/README.md?raw=1"])
def test_a_page_instead_of_a_file_is_refused(server: Server, cache: Path, path: str, answer: Answer) -> None:
    server.answers[path] = answer
    with pytest.raises(FetchError, match="is a web page, not the file"):
        open_corpus(f"{server.base}{path}")
    assert kept(cache) == []


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(b"<html><nav>Menu</nav><p>Words of a page</p></html>", kind="text/html"), "Words of a page\n"),
        (Answer(b"<p>Only a <b>piece</b></p>", kind="text/html; charset=utf-8"), "Only a piece\n"),
        (Answer("<p>caf\xe9</p>".encode("latin-1"), kind="text/html; charset=latin-1"), "caf\xe9\n"),
        (Answer(b"1 or 2: no page at all\n", kind="text/html"), "1 or 2: no page at all\n"),
        (Answer(gzip.compress(TEXT), kind="application/gzip"), TEXT.decode()),
    ],
)
def test_what_an_address_sends_is_read_as_a_file_is(server: Server, cache: Path, answer: Answer, text: str) -> None:
    server.answers["/wiki/Words"] = answer
    corpora = [open_corpus(f"{server.base}/wiki/Words") for _ in range(2)]
    assert [corpus.text() for corpus in corpora] == [text] * 2
    assert "Read from an earlier download" in corpora[1].notes[0]
    assert (len(kept(cache)), server.asked) == (1, ["/wiki/Words"])


def test_an_archive_on_the_web_is_unpacked(server: Server) -> None:
    server.answers["/all.csv.gz"] = Answer(gzip.compress(b"id,text\n1,some words\n"), kind="application/octet-stream")
    assert open_corpus(f"{server.base}/all.csv.gz", ReadAs(column="text")).text() == "some words\n"
    assert open_corpus(f"{server.base}/all.csv.gz").name == "all"


def test_a_redirect_never_leaves_https() -> None:
    answer = SimpleNamespace(
        is_redirect=True,
        status_code=302,
        url="https://host/a",
        headers={"Location": "http://host/b"},
        close=lambda: None,
    )
    with pytest.raises(FetchError, match="redirects from https to http"):
        server_answers.check_response("https://host/a", cast(Any, answer))


def test_a_text_that_drips_is_given_up(server: Server, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server.answers["/book.txt"] = Answer(TEXT, drips=0.05)
    monkeypatch.setattr(receiving, "POLICY", Policy(connect_seconds=PATIENCE, piece_seconds=PATIENCE, seconds=0.5))
    with pytest.raises(FetchError, match="it took too long"):
        open_corpus(f"{server.base}/book.txt")
    assert kept(cache) == []


def test_a_compressed_answer_is_read(server: Server) -> None:
    server.answers["/book.txt"] = Answer(gzip.compress(TEXT), headers={"Content-Encoding": "gzip"})
    told: list[TextProgress] = []
    corpus = open_corpus(f"{server.base}/book.txt", progress=told.append)
    assert corpus.text() == TEXT.decode()
    assert told[-1] == ("downloading", len(TEXT), None)


def test_a_body_shorter_than_its_length_is_noticed_whatever_urllib3_does() -> None:
    assert list(receiving._whole(iter([b"some", b" words"]), 10)) == [b"some", b" words"]
    with pytest.raises(EOFError):
        list(receiving._whole(iter([b"some"]), 10))
    assert receiving.reason_of(EOFError()) == "the connection was lost"


def _raw(text: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(text) + packer.flush()


@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
@pytest.mark.parametrize(
    ("compression", "body", "text"),
    [
        ("gzip", gzip.compress(b"first, ") + gzip.compress(TEXT), b"first, " + TEXT),
        ("gzip", gzip.compress(b"x" * (1 << 16)) + gzip.compress(b""), b"x" * (1 << 16)),
        ("gzip", gzip.compress(TEXT) + bytes(600), TEXT),
        ("gzip", gzip.compress(TEXT) + b"more", TEXT),
        ("deflate", zlib.compress(TEXT), TEXT),
    ],
)
def test_every_member_of_a_compressed_body_is_read(size: int, compression: str, body: bytes, text: bytes) -> None:
    pieces = (body[start : start + size] for start in range(0, len(body), size))
    assert b"".join(decompressed(pieces, compression)) == text


def test_deflate_without_a_header_is_read() -> None:
    body = _raw(TEXT)
    assert b"".join(decompressed(iter([body[:100], body[100:]]), "deflate")) == TEXT
    with pytest.raises(zlib.error):
        list(decompressed(iter([body]), "gzip"))


def test_a_second_member_without_its_end_is_noticed() -> None:
    with pytest.raises(EOFError):
        list(decompressed(iter([gzip.compress(b"first") + gzip.compress(TEXT)[:-9]]), "gzip"))


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (requests.exceptions.ProxyError("Cannot connect"), "the proxy does not answer"),
        (
            requests.exceptions.InvalidSchema("Missing dependencies for SOCKS support."),
            "Missing dependencies for SOCKS",
        ),
        (requests.exceptions.InvalidURL("Failed to parse: http://me:secret@host"), "Failed to parse: http://host"),
        (requests.ConnectionError("reset"), "the connection was lost"),
    ],
)
def test_the_reason_says_whose_fault_it_is(error: Exception, reason: str) -> None:
    assert receiving.reason_of(error).startswith(reason)


def test_a_server_that_says_nothing_or_no_more_is_said_to_be_silent(server: Server) -> None:
    server.answers["/book.txt"] = Answer(TEXT, hangs=True)
    with (
        requests.get(f"{server.base}/book.txt", stream=True, timeout=(PATIENCE, 0.1)) as response,
        pytest.raises(requests.ConnectionError) as no_more,
    ):
        _ = response.content
    with socket.create_server((HERE, 0)) as nothing, pytest.raises(requests.ReadTimeout) as at_all:
        requests.get(f"http://{HERE}:{nothing.getsockname()[1]}", timeout=(PATIENCE, 0.1))
    assert {receiving.reason_of(each.value) for each in (no_more, at_all)} == {receiving._silent()}


def _certificate_error(code: int) -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_code = code
    return error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (_certificate_error(18), "its certificate is not trusted"),
        (_certificate_error(10), "its certificate has expired, or this computer's clock is wrong"),
        (_certificate_error(62), "its certificate is another host's"),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), "the connection was lost"),
        (ssl.SSLError(1, "[SSL: TLSV1_ALERT_PROTOCOL_VERSION] alert"), "no secure connection to it is possible"),
    ],
)
def test_a_failed_secure_connection_has_its_own_reason(error: ssl.SSLError, reason: str) -> None:
    wrapped = requests.exceptions.SSLError("Max retries exceeded")
    wrapped.__cause__ = error
    assert receiving.reason_of(wrapped) == reason


def test_https_asked_of_a_server_that_only_speaks_http_is_said_to_be_that(server: Server, cache: Path) -> None:
    with pytest.raises(FetchError, match="it does not speak https there; perhaps the address begins with http:"):
        open_corpus(f"{server.base.replace('http:', 'https:')}/book.txt")
    assert kept(cache) == []


MORE_POLISH = text_of("Polish", "cp1250", 1000)
POLISH = "Zażółć gęślą jaźń, czyli nic.\n"


@pytest.mark.parametrize(
    ("body", "charset", "text"),
    [
        (POLISH.encode("iso8859_2"), "iso-8859-2", POLISH),
        (POLISH.encode(), "iso-8859-1", POLISH),
        (POLISH.encode("utf-8-sig"), "windows-1251", POLISH),
        (POLISH.encode("utf-16-le"), "utf-16le", POLISH),
        ("“quoted” so".encode("cp1252"), "ISO-8859-1", "“quoted” so"),
        (MORE_POLISH.encode("cp1250"), "no-such", MORE_POLISH),
        (MORE_POLISH.encode("cp1250"), "base64", MORE_POLISH),
        (MORE_POLISH.encode("cp1250"), "utf-8", MORE_POLISH),
    ],
)
def test_the_headers_charset_counts_less_than_a_mark_or_valid_utf_8_and_more_than_a_guess(
    server: Server, body: bytes, charset: str, text: str
) -> None:
    server.answers["/book.txt"] = Answer(body, kind=f'text/plain; Charset="{charset}"')
    for _ in range(2):  # from the network, then from the cache
        assert open_corpus(f"{server.base}/book.txt").text() == text
