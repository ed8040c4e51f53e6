from __future__ import annotations

import socket
from pathlib import Path

import pytest

from corpora import CorpusError, open_corpus
from corpora.opening import FOLDER_VARIABLE, is_local
from corpora.web import gutenberg
from corpora.web.server_answers import FetchError
from tests.corpora.conftest import Answer, Server, kept

HEADER = (
    "\ufeffThe Project Gutenberg eBook of A Small Book\r\n\r\nTitle: A Small Book\r\nAuthor: Åsa Ö\r\n\r\n"
    "*** START OF THE PROJECT GUTENBERG EBOOK A SMALL BOOK ***\r\n\r\n\r\n"
)
FOOTER = (
    "\r\n\r\n*** END OF THE PROJECT GUTENBERG EBOOK A SMALL BOOK ***\r\n\r\nUpdated editions will replace this.\r\n"
)
BOOK = "CHAPTER I\r\n\r\nIt began.\r\n\r\nTHE END"


@pytest.fixture
def library(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """A Project Gutenberg on this machine, with no book yet."""
    monkeypatch.setattr(gutenberg, "BASE", server.base)
    return server


def test_a_gutenberg_book_is_read_without_its_licence(library: Server, cache: Path) -> None:
    library.answers["/ebooks/1342.txt.utf-8"] = Answer((HEADER + BOOK + FOOTER).encode())
    corpus = open_corpus("gutenberg:1342")
    assert corpus.text() == BOOK.replace("\r\n", "\n") + "\n"
    assert (corpus.name, corpus.title) == ("gutenberg-1342", "A Small Book, by Åsa Ö")
    assert corpus.notes[0] == "Project Gutenberg's header and footer were removed."
    assert open_corpus("Gutenberg:1342").digest() == corpus.digest()
    assert len(library.asked) == 1
    assert kept(cache) == ["gutenberg-1342.txt"]


def test_a_book_of_the_catalogue_has_its_name_and_is_used_offline(library: Server, cache: Path) -> None:
    assert not is_local("alice")
    library.answers["/ebooks/11.txt.utf-8"] = Answer((HEADER + BOOK + FOOTER).encode())
    corpus = open_corpus("alice")
    assert (corpus.name, corpus.title) == ("alice", "Alice's Adventures in Wonderland")
    assert is_local("alice")
    del library.answers["/ebooks/11.txt.utf-8"]
    assert open_corpus("alice").digest() == open_corpus("gutenberg:11").digest() == corpus.digest()
    assert kept(cache) == ["gutenberg-11.txt"]


def test_every_address_of_a_book_is_tried(library: Server) -> None:
    last = gutenberg.addresses(11)[-1].removeprefix(library.base)
    library.answers["/ebooks/11.txt.utf-8"] = Answer(b"<html>Are you a robot?", kind="text/html")
    library.answers[last] = Answer((HEADER + "Caf\xe9 au lait" + FOOTER).encode("utf-8"))
    assert open_corpus("gutenberg:11").text() == "Caf\xe9 au lait\n"
    assert len(library.asked) == len(gutenberg.addresses(11))


def test_a_missing_book_is_reported(library: Server) -> None:
    with pytest.raises(CorpusError, match="no plain text of book 999"):
        open_corpus("gutenberg:999")


def test_a_server_error_is_not_reported_as_a_missing_book(library: Server) -> None:
    library.answers["/ebooks/999.txt.utf-8"] = Answer(status=503)
    with pytest.raises(FetchError, match="503"):
        open_corpus("gutenberg:999")


def test_without_a_network_only_one_address_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[object] = []

    def unreachable(address: object, timeout: float) -> None:
        tried.append(address)
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", unreachable)
    with pytest.raises(FetchError, match="network is unreachable"):
        open_corpus("gutenberg:11")
    assert tried == [("www.gutenberg.org", 443)]


@pytest.mark.parametrize("name", ["gutenberg-11.txt", "pg11.txt"])
def test_a_book_in_the_users_folder_is_used(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / name).write_bytes((HEADER + BOOK + FOOTER).encode())
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    assert open_corpus("gutenberg:11").text().startswith("CHAPTER I\n")


@pytest.mark.parametrize(
    ("data", "book", "marked"),
    [
        (
            b"*** START OF THIS PROJECT GUTENBERG EBOOK X ***\nbook\n*** END OF THIS PROJECT GUTENBERG EBOOK X ***",
            b"book",
            True,
        ),
        (
            b"***START OF THE PROJECT GUTENBERG EBOOK X***\nbook\n***END OF THE PROJECT GUTENBERG EBOOK X***",
            b"book",
            True,
        ),
        (
            b"*** START OF THE PROJECT GUTENBERG EBOOK X ***\nlegal\n*END*THE SMALL PRINT! FOR PUBLIC DOMAIN ETEXTS*\n"
            b"book\nEnd of the Project Gutenberg EBook of X\n*** END OF THE PROJECT GUTENBERG EBOOK X ***",
            b"book",
            True,
        ),
        (b"a start of the project gutenberg ebook in the text\nbook", None, False),
        (b"*** START OF THE PROJECT GUTENBERG EBOOK X ***\nbook without a footer", b"book without a footer", False),
        (b"book without a header\n*** END OF THE PROJECT GUTENBERG EBOOK X ***", b"book without a header", False),
    ],
)
def test_the_licence_is_found_by_its_marker_lines(data: bytes, book: bytes | None, marked: bool) -> None:
    assert gutenberg.without_licence(data) == ((book or data) + b"\n", marked)


def test_a_book_without_markers_has_a_note(library: Server) -> None:
    library.answers["/ebooks/5.txt.utf-8"] = Answer(BOOK.encode())
    corpus = open_corpus("gutenberg:5")
    assert corpus.title == "Project Gutenberg 5"
    assert "was not found" in corpus.notes[0]
