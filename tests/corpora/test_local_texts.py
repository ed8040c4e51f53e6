"""What can be opened without the network is known before it is opened."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpora import open_corpus
from corpora.opening import FOLDER_VARIABLE, _address_file, is_local, is_missing
from corpora.web import download


@pytest.fixture(autouse=True)
def no_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder and a cache of their own, and nobody to ask."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "texts"))
    (tmp_path / "texts").mkdir()
    monkeypatch.setattr(download, "cache_folder", lambda: tmp_path / "cache")

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(download, "check_connection", refuse)


def test_built_in_texts_are_local() -> None:
    assert is_local("aphorisms")
    assert is_local(["aphorisms", "manual"])


def test_existing_files_and_folders_are_local(tmp_path: Path) -> None:
    book = tmp_path / "book.txt"
    assert not is_local(str(book))
    book.write_text("some words")
    assert is_local(str(book))
    assert is_local(str(tmp_path))
    assert is_local(book.as_uri())
    assert not is_local(["aphorisms", str(tmp_path / "none.txt")])
    assert is_missing(str(tmp_path / "none.txt"))
    assert not any(map(is_missing, (str(book), str(tmp_path), "-", "nietzsche", "gutenberg:1342", "https://a.org/b")))


def test_pipes_and_standard_input_are_not_local(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert not is_local(str(tmp_path / "pipe"))
    assert not is_local("-")


def test_a_damaged_copy_of_a_named_text_is_not_local(tmp_path: Path) -> None:
    assert not is_local("nietzsche")
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "nietzsche.txt").write_text("another text, which would be fetched anew")
    assert not is_local("nietzsche")


def test_downloaded_books_and_addresses_are_local(tmp_path: Path) -> None:
    address = "https://example.org/some/book.txt"
    assert not is_local("gutenberg:1342")
    assert not is_local(address)
    (tmp_path / "texts" / "pg1342.txt").write_text("a book\n" * 20)
    assert is_local("gutenberg:01342")
    assert open_corpus("gutenberg:01342").name == "gutenberg-1342"
    _address_file(address).parent.mkdir(parents=True)
    _address_file(address).write_text("a book\n" * 20)
    assert is_local(address)
    assert open_corpus(address).name == "book"


@pytest.mark.parametrize("spec", ["", [], "no\0file", "https://", "file://[", "gutenberg:x", "ftp://example.org/a"])
def test_invalid_names_are_not_local(spec: str | list[str]) -> None:
    assert not is_local(spec)
