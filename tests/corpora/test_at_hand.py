"""What can be opened without the network is known before it is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpora import download, open_corpus
from corpora.opening import FOLDER_VARIABLE, _address_file, at_hand


@pytest.fixture(autouse=True)
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a cache of their own, and nobody to ask."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "texts"))
    (tmp_path / "texts").mkdir()
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(download, "_reach", refuse)


def test_what_ships_with_the_program_is() -> None:
    assert at_hand("aphorisms")
    assert at_hand(["aphorisms", "manual"])


def test_files_and_folders_are_where_they_are_there(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    assert not at_hand(str(book))
    book.write_text("some words")
    assert at_hand(str(book))
    assert at_hand(str(tmp_path))
    assert at_hand(book.as_uri())
    assert not at_hand(["aphorisms", str(tmp_path / "none.txt")])


def test_what_would_have_to_be_waited_for_is_not(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not at_hand(str(tmp_path / "pipe"))
    assert not at_hand("-")


def test_a_named_text_that_is_not_whole_is_not(tmp_path: Path) -> None:
    assert not at_hand("nietzsche")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "nietzsche.txt").write_text("another text, which would be fetched anew")
    assert not at_hand("nietzsche")


def test_books_and_addresses_are_where_they_were_fetched_before(tmp_path: Path) -> None:
    address = "https://example.org/some/book.txt"
    assert not at_hand("gutenberg:1342")
    assert not at_hand(address)
    (tmp_path / "texts" / "pg1342.txt").write_text("a book\n" * 20)
    assert at_hand("gutenberg:01342")
    assert open_corpus("gutenberg:01342").name == "gutenberg-1342"
    _address_file(address).parent.mkdir(parents=True)
    _address_file(address).write_text("a book\n" * 20)
    assert at_hand(address)
    assert open_corpus(address).name == "book"


@pytest.mark.parametrize("spec", ["", [], "no\0file", "https://", "file://[", "gutenberg:x", "ftp://example.org/a"])
def test_what_names_no_text_is_not(spec: str | list[str]) -> None:
    assert not at_hand(spec)
