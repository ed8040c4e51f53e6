from __future__ import annotations

import errno
import hashlib
import os
import socket
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora import CorpusError, catalogue, open_corpus, open_default_corpus
from corpora.opening import FOLDER_VARIABLE
from corpora.progress import TextProgress
from corpora.web import download, receiving
from corpora.web.receiving import Policy
from corpora.web.server_answers import FetchError
from tests.corpora.conftest import HERE, Answer, Server, kept
from tests.patience import PATIENCE

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
def test_a_corpus_is_downloaded_once_and_then_read_from_the_cache(server: Server, cache: Path) -> None:
    first, second = open_corpus("nietzsche"), open_default_corpus()
    assert first.text() == TEXT.decode()
    assert second.digest() == first.digest()
    assert first.notes == second.notes == ()
    assert server.asked == ["/nietzsche.txt"]
    assert kept(cache) == ["nietzsche.txt"]


@pytest.mark.usefixtures("nietzsche")
def test_a_download_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    open_corpus("nietzsche", progress=lambda progress: None)
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("nietzsche")
def test_the_last_progress_report_is_the_whole_size() -> None:
    told: list[TextProgress] = []
    open_corpus("nietzsche", progress=told.append)
    assert len(told) > 2
    assert told == sorted(told)
    assert told[-1] == ("downloading", len(TEXT), len(TEXT))


@pytest.mark.usefixtures("nietzsche")
def test_an_exception_of_progress_stops_the_download(cache: Path) -> None:
    def stop(progress: TextProgress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_corpus("nietzsche", progress=stop)
    assert kept(cache) == []


def test_a_wrong_digest_is_reported_and_the_file_deleted(nietzsche: Answer, cache: Path) -> None:
    nietzsche.body = TEXT[:-1] + b"!"
    with pytest.raises(CorpusError) as refusal:
        open_corpus("nietzsche")
    assert SHA256 in str(refusal.value)
    assert hashlib.sha256(nietzsche.body).hexdigest() in str(refusal.value)
    assert kept(cache) == []


def test_a_damaged_file_in_the_cache_is_downloaded_again(nietzsche: Answer, server: Server, cache: Path) -> None:
    cache.mkdir(parents=True)
    (cache / "nietzsche.txt").write_bytes(TEXT[:100])
    assert open_corpus("nietzsche").text() == TEXT.decode()
    assert server.asked == ["/nietzsche.txt"]
    nietzsche.status = 500
    (cache / "nietzsche.txt").write_bytes(TEXT[:100])
    with pytest.raises(FetchError, match="500"):
        open_corpus("nietzsche")


@pytest.mark.usefixtures("nietzsche")
def test_the_users_folder_has_priority_over_cache_and_network(
    server: Server, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nietzsche.txt").write_bytes(TEXT)
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert open_corpus("nietzsche").text() == TEXT.decode()
    assert (server.asked, kept(cache)) == ([], [])


@pytest.mark.usefixtures("nietzsche")
def test_a_wrong_file_in_the_users_folder_is_refused_and_not_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = tmp_path / "nietzsche.txt"
    wrong.write_bytes(b"something else")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    with pytest.raises(CorpusError, match=SHA256) as refusal:
        open_corpus("nietzsche")
    assert hashlib.sha256(b"something else").hexdigest() in str(refusal.value)
    assert wrong.exists()


def test_an_incomplete_download_is_deleted(nietzsche: Answer, cache: Path) -> None:
    nietzsche.headers["Content-Length"] = str(len(TEXT) + 1000)
    with pytest.raises(FetchError, match="connection was lost"):
        open_corpus("nietzsche")
    assert kept(cache) == []


def test_a_silent_server_times_out(nietzsche: Answer, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nietzsche.hangs = True
    monkeypatch.setattr(receiving, "POLICY", Policy(connect_seconds=PATIENCE, piece_seconds=0.2))
    with pytest.raises(FetchError, match=r"too little data within 0.2 seconds"):
        open_corpus("nietzsche")
    assert kept(cache) == []


def test_a_slow_name_lookup_times_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(receiving, "POLICY", Policy(connect_seconds=0.1))
    given_up, ended = Event(), Event()

    def hang(*_: object, **__: object) -> None:
        given_up.wait(PATIENCE)
        ended.set()

    monkeypatch.setattr(socket, "create_connection", hang)
    with pytest.raises(FetchError, match=r"no answer within 0.1 seconds"):
        open_corpus("http://192.0.2.1/book.txt")
    assert not ended.is_set()
    given_up.set()


def test_a_refused_connection_lists_the_built_in_corpora() -> None:
    with pytest.raises(FetchError, match="refused") as refusal:
        open_corpus(f"http://{HERE}:1/book.txt")
    for name in ("manual", "stdlib", "aphorisms"):
        assert name in str(refusal.value)


def test_an_unknown_host_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(FetchError, match="its host is unknown"):
        open_corpus("https://example.invalid/book.txt")


def test_a_proxy_makes_the_connection(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", server.base)
    server.answers["http://192.0.2.1/book.txt"] = Answer(TEXT)
    assert open_corpus("http://192.0.2.1/book.txt").text() == TEXT.decode()


def test_an_address_is_downloaded_once_and_the_copy_is_noted(server: Server, cache: Path) -> None:
    server.answers["/a%20book.txt?edition=2"] = Answer(TEXT)
    url = f"{server.base}/a%20book.txt?edition=2"
    first, second = open_corpus(url), open_corpus(url)
    assert (first.name, first.title) == ("a-book", "a book.txt")
    assert first.notes == ()
    (copy,) = kept(cache / "addresses")
    assert copy.startswith("a-book-")
    assert copy in second.notes[0]
    assert len(server.asked) == 1


def test_addresses_with_the_same_file_name_use_different_files(server: Server) -> None:
    server.answers["/one/book.txt"] = Answer(b"the first")
    server.answers["/two/book.txt"] = Answer(b"the second")
    assert open_corpus(f"{server.base}/one/book.txt").text() == "the first"
    assert open_corpus(f"{server.base}/two/book.txt").text() == "the second"


def test_a_very_long_name_is_shortened_to_a_valid_file_name(server: Server, cache: Path) -> None:
    name = quote("\U00010330" * 60)
    server.answers[f"/{name}"] = Answer(TEXT)
    assert open_corpus(f"{server.base}/{name}").text() == TEXT.decode()
    assert len(kept(cache / "addresses")) == 1


@pytest.mark.usefixtures("nietzsche")
def test_what_killed_downloads_left_is_removed(cache: Path) -> None:
    cache.mkdir(parents=True)
    for name, age in (("old.part", 2 * Policy().seconds), ("new.part", 0.0)):
        (cache / name).write_bytes(b"half")
        os.utime(cache / name, (time.time() - age,) * 2)
    open_corpus("nietzsche")
    assert kept(cache) == ["new.part", "nietzsche.txt"]


def test_an_empty_file_of_an_earlier_version_is_downloaded_again(server: Server, cache: Path) -> None:
    server.answers["/book.txt"] = Answer(TEXT)
    open_corpus(f"{server.base}/book.txt")
    (copy,) = (cache / "addresses").iterdir()
    copy.write_bytes(b"")
    assert open_corpus(f"{server.base}/book.txt").text() == TEXT.decode()


def test_two_programs_may_download_the_same_text(server: Server, cache: Path) -> None:
    server.answers["/book.txt"] = Answer(TEXT)
    with ThreadPoolExecutor(4) as pool:
        opened = list(pool.map(open_corpus, [f"{server.base}/book.txt"] * 4))
    assert {corpus.text() for corpus in opened} == {TEXT.decode()}
    assert len(kept(cache)) == 1


@pytest.mark.parametrize("url", ["http://", "http:///path", "http://[::1", "http://host:0/", "https://host:port/x"])
def test_an_invalid_address_is_refused(url: str) -> None:
    with pytest.raises(CorpusError, match="not a valid address"):
        open_corpus(url)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["http://", "https://", "HTTP://x/", "ftp://", "file://nowhere", "gutenberg:", "nul\0"]), st.text()
)
def test_any_address_gives_a_text_or_a_clear_message(scheme: str, rest: str) -> None:
    with pytest.raises(CorpusError) as refusal:
        open_corpus(scheme + rest)
    assert str(refusal.value).isprintable()


def test_an_address_with_control_characters_is_refused() -> None:
    with pytest.raises(CorpusError, match="not a valid address"):
        open_corpus("http://host/\udcff")


def test_a_password_in_an_address_is_not_shown(server: Server) -> None:
    with pytest.raises(FetchError) as refusal:
        open_corpus(f"{server.base.replace('//', '//me:secret@')}/missing.txt")
    assert "secret" not in str(refusal.value)


def test_a_read_only_cache_is_reported(server: Server, cache: Path) -> None:
    server.answers["/book.txt"] = Answer(TEXT)
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"cannot be saved in .* Check that it is a folder you may write to\.$"):
        open_corpus(f"{server.base}/book.txt")


def test_only_a_full_disk_asks_for_space(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    server.answers["/book.txt"] = Answer(TEXT)
    monkeypatch.setattr(download, "receive", full)
    with pytest.raises(CorpusError, match=r"cannot be saved in .* Free some space there\.$"):
        open_corpus(f"{server.base}/book.txt")


@pytest.mark.parametrize("failure", [Answer(TEXT, status=404), Answer(b"<html>", kind="text/html"), Answer(b"other")])
def test_the_default_corpus_falls_back_after_any_server_error(nietzsche: Answer, failure: Answer) -> None:
    nietzsche.status, nietzsche.body, nietzsche.kind = failure.status, failure.body, failure.kind
    corpus = open_default_corpus()
    assert corpus.name == "manual"
    assert corpus.notes[0].startswith("nietzsche cannot be downloaded (")
    assert corpus.notes[0].isprintable()


def test_without_any_fallback_the_first_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    aphorisms = replace(_ENTRIES["aphorisms"], kind="manual")
    monkeypatch.setattr(catalogue, "catalogue", lambda: {**_ENTRIES, "aphorisms": aphorisms})
    with pytest.raises(FetchError, match="cannot be downloaded"):
        open_default_corpus()


def test_the_cache_is_in_the_users_cache_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert download.cache_folder().parts[-2:] == ("charlstm", "corpora")
    if sys.platform == "linux":
        assert str(download.cache_folder()).startswith(os.environ["XDG_CACHE_HOME"])
