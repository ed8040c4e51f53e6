"""Of a folder, which files are read and which are skipped."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from corpora import CorpusError, open_corpus
from corpora.safe_text import safe_name

WORDS = "some words to learn from\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text(WORDS, encoding="utf-8")
    return path


def test_a_folder_is_read_in_the_order_of_its_paths(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    for path, data in {
        "b.txt": b"bee\n",
        "a/z.md": b"zed\n",
        "a/deep/er.txt": "d\xe9j\xe0 vu, na\xefvet\xe9\n".encode("latin-1"),
        "picture.png": b"\x89PNG\r\n\x1a\n\0\0\0\0",
        ".hidden": b"hidden\n",
        ".git/config": b"hidden too\n",
        "empty.txt": b"",
        "c.txt": b"sea\r\n",
    }.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    corpus = open_corpus(str(folder))
    assert corpus.text() == "d\xe9j\xe0 vu, na\xefvet\xe9\nzed\nbee\nsea\n"
    assert corpus.name == "library"
    assert corpus.title == "library/"
    assert corpus.encoding
    assert corpus.files == ("a/deep/er.txt", "a/z.md", "b.txt", "c.txt")
    read, skipped, guess, *others = corpus.notes
    assert read == "Files read (4): a/deep/er.txt, a/z.md, b.txt, c.txt."
    assert skipped == (
        "Files that are hidden were skipped (2): .git/, .hidden. Files that have no text were skipped (1): empty.txt. "
        "Files that are not text were skipped (1): picture.png."
    )
    assert re.fullmatch(
        r"Read as Western European \(cp1252\) in 1 of 4 files, a guess \(confidence 0\.\d\d\): “déjà vu, naïveté”\. "
        r"If it reads wrong, add --encoding NAME\.",
        guess,
    )
    assert others == ["Windows line ends (CRLF) became LF."]


def test_a_folder_without_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="has no files"):
        open_corpus(str(tmp_path))
    (tmp_path / "a.bin").write_bytes(bytes(100))
    with pytest.raises(
        CorpusError, match=r"Nothing in .*/ can be read\. Files that are not text were skipped \(1\): a.bin\."
    ):
        open_corpus(str(tmp_path))
    (tmp_path / "a.bin").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"Files that have no text were skipped \(1\): a.bin\."):
        open_corpus(str(tmp_path))


def test_the_current_folder_is_called_by_its_name(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(book.parent)
    assert open_corpus(".").name == safe_name(book.parent.name)


def test_circular_links_in_a_folder_end(book: Path) -> None:
    (book.parent / "circle").symlink_to(book.parent)
    (book.parent / "nowhere.txt").symlink_to(book.parent / "missing.txt")
    corpus = open_corpus(str(book.parent))
    assert corpus.text() == WORDS
    assert corpus.skipped == {"are links that lead nowhere": ["nowhere.txt"], "are links to folders": ["circle/"]}


def test_a_link_out_of_a_folder_is_skipped_and_named(book: Path) -> None:
    outside, folder = book.parent / "secret.txt", book.parent / "folder"
    outside.write_text("a secret\n")
    (folder / "inside").mkdir(parents=True)
    (folder / "inside" / "own.txt").write_text("own words\n")
    (folder / "again.txt").symlink_to("inside/own.txt")
    (folder / "link.txt").symlink_to(outside)
    corpus = open_corpus(str(folder))
    assert corpus.text() == "own words\nown words\n"
    assert corpus.notes == (
        "Files read (2): again.txt, inside/own.txt.",
        "Files that are links out of the folder were skipped (1): link.txt.",
    )
    (book.parent / "way").symlink_to(folder)
    assert open_corpus(str(book.parent / "way")).notes == corpus.notes


def test_broken_links_in_a_folder_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "book.txt").write_text("a book")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "no-such-name").symlink_to("x" * 300)
    corpus = open_corpus(str(tmp_path))
    assert corpus.text() == "a book"
    assert corpus.notes == (
        "Files read (1): book.txt.",
        "Files that are links that lead nowhere were skipped (2): circle, no-such-name.",
    )


@pytest.mark.skipif(os.name == "nt", reason="there are no named pipes")
def test_pipes_in_a_folder_are_skipped_and_named(book: Path) -> None:
    os.mkfifo(book.parent / "pipe")
    corpus = open_corpus(str(book.parent))
    assert corpus.text() == WORDS
    assert corpus.notes[1:] == ("Files that are pipes, sockets or devices were skipped (1): pipe.",)


def test_of_many_files_the_corpus_knows_all_and_a_sentence_how_many(tmp_path: Path) -> None:
    for number in range(9):
        (tmp_path / f"{number}.txt").write_text(WORDS, encoding="utf-8")
    corpus = open_corpus(str(tmp_path))
    assert corpus.files == tuple(f"{number}.txt" for number in range(9))
    assert corpus.notes == ("Files read (9): 0.txt, 1.txt, 2.txt, 3.txt, 4.txt and 4 more.",)
