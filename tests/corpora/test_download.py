from __future__ import annotations

import hashlib
import logging
import os
import socket
import sys
from dataclasses import replace
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora import CorpusError, catalogue, download, open_corpus, open_default_corpus
from corpora.download import FetchError
from corpora.opening import FOLDER_VARIABLE
from tests.patience import PATIENCE

from .conftest import HERE, Answer, Server, kept

TEXT = b"Some words that lie on a server, enough of them to arrive in more than one piece.\n" * 5000
SHA256 = hashlib.sha256(TEXT).hexdigest()


@pytest.fixture
def nietzsche(server: Server, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """What the server says when it is asked for nietzsche; the catalogue expects TEXT."""
    server.answers["/nietzsche.txt"] = answer = Answer(TEXT)
    entry = replace(catalogue.catalogue()["nietzsche"], url=f"{server.base}/nietzsche.txt", sha256=SHA256)
    monkeypatch.setattr(catalogue, "catalogue", lambda: {**_ENTRIES, "nietzsche": entry})
    return answer


_ENTRIES = catalogue.catalogue()


@pytest.mark.usefixtures("nietzsche")
def test_a_corpus_is_fetched_once_and_then_read_from_the_cache(server: Server, cache: Path) -> None:
    first, second = open_corpus("nietzsche"), open_default_corpus()
    assert first.text() == TEXT.decode()
    assert second.digest() == first.digest()
    assert first.notes == second.notes == ()
    assert server.asked == ["/nietzsche.txt"]
    assert kept(cache) == ["nietzsche.txt"]


@pytest.mark.usefixtures("nietzsche")
def test_nothing_of_the_download_reaches_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    open_corpus("nietzsche", progress=lambda done, total: None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("nietzsche")
def test_progress_ends_with_everything() -> None:
    told: list[tuple[int, int | None]] = []
    open_corpus("nietzsche", progress=lambda done, total: told.append((done, total)))
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == (len(TEXT), len(TEXT))


@pytest.mark.usefixtures("nietzsche")
def test_what_progress_raises_ends_the_download(cache: Path) -> None:
    def stop(done: int, total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_corpus("nietzsche", progress=stop)
    assert kept(cache) == []


def test_a_wrong_digest_shows_both_and_keeps_nothing(nietzsche: Answer, cache: Path) -> None:
    nietzsche.body = TEXT[:-1] + b"!"
    with pytest.raises(CorpusError) as refusal:
        open_corpus("nietzsche")
    assert SHA256 in str(refusal.value)
    assert hashlib.sha256(nietzsche.body).hexdigest() in str(refusal.value)
    assert kept(cache) == []


def test_a_damaged_copy_in_the_cache_is_fetched_anew(nietzsche: Answer, server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "nietzsche.txt").write_bytes(TEXT[:100])
    assert open_corpus("nietzsche").text() == TEXT.decode()
    assert server.asked == ["/nietzsche.txt"]
    nietzsche.status = 500
    (cache / "nietzsche.txt").write_bytes(TEXT[:100])
    with pytest.raises(FetchError, match="500"):
        open_corpus("nietzsche")


@pytest.mark.usefixtures("nietzsche")
def test_the_users_folder_goes_before_cache_and_network(
    server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nietzsche.txt").write_bytes(TEXT)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert open_corpus("nietzsche").text() == TEXT.decode()
    assert (server.asked, kept(cache)) == ([], [])


@pytest.mark.usefixtures("nietzsche")
def test_a_wrong_file_in_the_users_folder_is_refused_and_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "nietzsche.txt"
    wrong.write_bytes(b"something else")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(CorpusError, match=SHA256) as refusal:
        open_corpus("nietzsche")
    assert hashlib.sha256(b"something else").hexdigest() in str(refusal.value)
    assert wrong.exists()


def test_a_body_cut_short_is_not_kept(nietzsche: Answer, cache: Path) -> None:
    nietzsche.headers["Content-Length"] = str(len(TEXT) + 1000)
    with pytest.raises(FetchError, match="broke off"):
        open_corpus("nietzsche")
    assert kept(cache) == []


def test_a_server_that_falls_silent_is_given_up(
    nietzsche: Answer, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nietzsche.hangs = True
    monkeypatch.setattr(download, "READ_SECONDS", 0.2)
    with pytest.raises(FetchError, match=r"broke off|nothing more came"):
        open_corpus("nietzsche")
    assert kept(cache) == []


def test_connecting_is_given_up_in_time_even_when_the_name_cannot_be_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(download, "CONNECT_SECONDS", 0.1)
    given_up, ended = Event(), Event()

    def hang(*_: object, **__: object) -> None:
        given_up.wait(PATIENCE)
        ended.set()

    monkeypatch.setattr(socket, "create_connection", hang)
    with pytest.raises(FetchError, match=r"no answer within 0.1 seconds"):
        open_corpus("http://192.0.2.1/book.txt")
    assert not ended.is_set()
    given_up.set()


def test_a_refused_connection_names_what_works_without_a_network() -> None:
    with pytest.raises(FetchError, match="refused") as refusal:
        open_corpus(f"http://{HERE}:1/book.txt")
    for name in ("manual", "stdlib", "aphorisms"):
        assert name in str(refusal.value)


def test_an_unknown_host_is_said_to_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError, match="its host is not known"):
        open_corpus("https://example.invalid/book.txt")


def test_a_proxy_is_left_to_connect(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.base)
    server.answers["http://192.0.2.1/book.txt"] = Answer(TEXT)
    assert open_corpus("http://192.0.2.1/book.txt").text() == TEXT.decode()


def test_an_address_is_fetched_once_and_the_copy_is_told_of(server: Server, cache: Path) -> None:
    server.answers["/a%20book.txt?edition=2"] = Answer(TEXT)
    url = f"{server.base}/a%20book.txt?edition=2"
    first, second = open_corpus(url), open_corpus(url)
    assert (first.name, first.title) == ("a-book", "a book.txt")
    assert first.notes == ()
    (copy,) = kept(cache / "addresses")
    assert copy.startswith("a-book-")
    assert copy in second.notes[0]
    assert len(server.asked) == 1


def test_addresses_with_the_same_file_name_are_kept_apart(server: Server) -> None:
    server.answers["/one/book.txt"] = Answer(b"the first")
    server.answers["/two/book.txt"] = Answer(b"the second")
    assert open_corpus(f"{server.base}/one/book.txt").text() == "the first"
    assert open_corpus(f"{server.base}/two/book.txt").text() == "the second"


def test_the_longest_name_in_the_widest_letters_is_still_a_file(server: Server, cache: Path) -> None:
    name = quote("\U00010330" * 60)
    server.answers[f"/{name}"] = Answer(TEXT)
    assert open_corpus(f"{server.base}/{name}").text() == TEXT.decode()
    assert len(kept(cache / "addresses")) == 1


def test_a_redirection_is_followed(server: Server) -> None:
    server.answers["/old"] = Answer(status=302, kind="text/html", headers={"Location": "/new"})
    server.answers["/new"] = Answer(TEXT)
    assert open_corpus(f"{server.base}/old").text() == TEXT.decode()


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(status=404), "404 Not Found"),
        (Answer(status=503), "503"),
        (Answer(b"<p>Hello</p>", kind="text/html; charset=utf-8"), "web page"),
        (Answer(b"\n<!DOCTYPE html><p>Sign in</p>"), "web page"),
        (Answer(b"%PDF-1.5\n"), "a PDF"),
        (Answer(bytes(500)), "not text"),
        (Answer(status=302, headers={"Location": "/answer"}), "without end"),
        (Answer(status=302, headers={"Location": "gopher://host/"}), "broke off"),
    ],
)
def test_an_answer_that_is_no_text_is_refused_and_not_kept(
    server: Server, cache: Path, answer: Answer, message: str
) -> None:
    server.answers["/answer"] = answer
    with pytest.raises(CorpusError, match=message):
        open_corpus(f"{server.base}/answer")
    assert kept(cache) == []


@pytest.mark.parametrize("url", ["http://", "http:///path", "http://[::1", "http://host:0/", "https://host:port/x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(CorpusError, match="no address of a text"):
        open_corpus(url)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["http://", "https://", "HTTP://x/", "ftp://", "file://nowhere", "gutenberg:", "nul\0"]), st.text()
)
def test_whatever_follows_a_scheme_is_answered_with_a_sentence(scheme: str, rest: str) -> None:
    with pytest.raises(CorpusError) as refusal:
        open_corpus(scheme + rest)
    assert str(refusal.value).isprintable()


def test_an_address_that_no_terminal_could_show_is_refused() -> None:
    with pytest.raises(CorpusError, match="no address of a text"):
        open_corpus("http://host/\udcff")


def test_a_password_in_an_address_is_not_shown(server: Server) -> None:
    with pytest.raises(FetchError) as refusal:
        open_corpus(f"{server.base.replace('//', '//me:secret@')}/missing.txt")
    assert "secret" not in str(refusal.value)


def test_a_cache_that_cannot_be_written_is_told_of(server: Server, cache: Path) -> None:
    server.answers["/book.txt"] = Answer(TEXT)
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(CorpusError, match="cannot be kept in"):
        open_corpus(f"{server.base}/book.txt")


@pytest.mark.parametrize("failure", [Answer(TEXT, status=404), Answer(b"<html>", kind="text/html"), Answer(b"other")])
def test_the_default_falls_back_whatever_the_server_says(nietzsche: Answer, failure: Answer) -> None:
    nietzsche.status, nietzsche.body, nietzsche.kind = failure.status, failure.body, failure.kind
    corpus = open_default_corpus()
    assert corpus.name == "manual"
    assert corpus.notes[0].startswith("nietzsche cannot be fetched (")
    assert corpus.notes[0].isprintable()


def test_where_everything_is_missing_the_first_failure_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    aphorisms = replace(_ENTRIES["aphorisms"], kept="manual")
    monkeypatch.setattr(catalogue, "catalogue", lambda: {**_ENTRIES, "aphorisms": aphorisms})
    with pytest.raises(FetchError, match="cannot be fetched"):
        open_default_corpus()


def test_the_cache_lies_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert download.cache_folder().parts[-2:] == ("charlstm", "corpora")
    if sys.platform == "linux":
        assert str(download.cache_folder()).startswith(os.environ["XDG_CACHE_HOME"])


@pytest.mark.usefixtures("nietzsche")
def test_pooch_is_silenced_whoever_set_it_up() -> None:
    import pooch

    pooch.get_logger().setLevel(logging.INFO)
    open_corpus("nietzsche")
    assert not pooch.get_logger().isEnabledFor(logging.ERROR)
