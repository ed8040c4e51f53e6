from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import CorpusError, ReadAs, open_corpus, open_default_corpus, sources
from corpora.safe_text import listed, safe_name, shown, shown_character

WORDS = "some words to learn from\n"


@pytest.fixture
def book(tmp_path: Path) -> Path:
    path = tmp_path / "My Book (2nd ed.).txt"
    path.write_text(WORDS, encoding="utf-8")
    return path


def test_a_file_is_opened_by_its_path(book: Path) -> None:
    corpus = open_corpus(str(book))
    assert corpus.text() == WORDS
    assert corpus.title == "My Book (2nd ed.).txt"
    assert corpus.name == "My-Book-2nd-ed"


def test_a_tilde_is_the_home_folder(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(book.parent))
    monkeypatch.setenv("USERPROFILE", str(book.parent))
    assert open_corpus(f"~/{book.name}").text() == WORDS


def test_several_texts_are_joined_in_the_given_order(tmp_path: Path) -> None:
    for name, text in {"b": "second without an end", "a": "first\n", "c": ""}.items():
        (tmp_path / f"{name}.txt").write_text(text, encoding="utf-8")
    corpus = open_corpus([str(tmp_path / f"{name}.txt") for name in "bca"])
    assert corpus.text() == "second without an end\nfirst\n"
    assert corpus.title == "b.txt and 2 more"
    assert corpus.name == "b-and-2-more"


def test_a_list_of_one_name_is_that_text(book: Path) -> None:
    assert open_corpus([str(book)]).name == open_corpus(str(book)).name


def test_standard_input_is_read_to_its_end() -> None:
    corpus = open_corpus("-", stdin=io.BytesIO(WORDS.encode()))
    assert corpus.text() == WORDS
    assert (corpus.name, corpus.title) == ("stdin", "standard input")


def test_standard_input_is_the_default_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(WORDS.encode())))
    assert open_corpus("-").text() == WORDS


def test_standard_input_without_a_pipe_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.BytesIO):
        def isatty(self) -> bool:
            return True

    with pytest.raises(CorpusError, match="Nothing is piped"):
        open_corpus("-", stdin=Terminal())
    closed = io.BytesIO()
    closed.close()
    with pytest.raises(CorpusError, match="Nothing is piped"):
        open_corpus("-", stdin=closed)
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(CorpusError, match="Nothing is piped"):
        open_corpus("-")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_named_pipe_is_read_like_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = Thread(target=pipe.write_text, args=(WORDS,))
    writer.start()
    assert open_corpus(str(pipe)).text() == WORDS
    writer.join()


def test_a_file_address_is_a_path(book: Path) -> None:
    assert open_corpus(book.as_uri()).text() == WORDS
    assert open_corpus(f"file:{book.as_uri().removeprefix('file://')}").text() == WORDS
    assert open_corpus(f"file://localhost{book.as_uri().removeprefix('file://')}").text() == WORDS
    with pytest.raises(CorpusError, match="on another machine"):
        open_corpus("file://elsewhere/book.txt")


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("nietsche", "Did you mean nietzsche"),
        ("Shakespear", "Did you mean shakespeare"),
        ("gutenburg", "Did you mean gutenberg:ID"),
        ("/nowhere/at/all.txt", "Check the path"),
        ("", "no file, folder or corpus"),
        ("  ", "no file, folder or corpus"),
        ("nul\0l", r"called 'nul\?l'"),
        ("esc\x1b[2Jape", r"called 'esc\?\[2Jape'"),
        ("~nobody-of-this-name/book.txt", "no file, folder or corpus"),
        ("ftp://host/book.txt", "http, https or file"),
        ("gutenberg:", "not a book number"),
        ("gutenberg:0", "not a book number"),
        ("gutenberg:../../etc/passwd", "not a book number"),
        ("x" * 5000, "cannot be read|no file"),
    ],
)
def test_an_unknown_name_gives_advice(spec: str, message: str) -> None:
    with pytest.raises(CorpusError, match=message) as refusal:
        open_corpus(spec)
    assert str(refusal.value).isprintable()
    assert len(str(refusal.value)) < 500


def test_an_empty_list_of_names_is_refused() -> None:
    with pytest.raises(CorpusError, match="No text was named"):
        open_corpus([])


def test_a_device_is_refused() -> None:
    with pytest.raises(CorpusError, match="device"):
        open_corpus(os.devnull)


def test_one_bad_text_among_several_is_refused_by_name(book: Path) -> None:
    other = book.with_name("scan.pdf")
    other.write_bytes(b"%PDF-1.4\n")
    with pytest.raises(CorpusError, match=r"scan.pdf is damaged: its end is missing"):
        open_corpus([str(book), str(other)])


def test_a_file_that_may_not_be_read_says_so(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refused)
    with pytest.raises(CorpusError, match="may not be read"):
        open_corpus(str(book))


def test_a_read_error_is_reported(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Failing(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", lambda *_, **__: Failing())
    with pytest.raises(CorpusError, match="cannot be read: Input/output error"):
        open_corpus(str(book))


def test_files_of_a_folder_that_may_not_be_read_are_skipped(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locked = book.with_name("locked.txt")
    locked.write_text("secret", encoding="utf-8")
    opening = Path.open

    def guarded(self: Path, *rest: object, **options: object) -> object:
        if self == locked:
            raise PermissionError(13, "Permission denied", str(self))
        return opening(self, *rest, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", guarded)
    corpus = open_corpus(str(book.parent))
    assert corpus.text() == WORDS
    assert "locked.txt" in corpus.notes[-1]


def test_unreadable_folders_are_skipped_and_named(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def walk(top: Path, onerror: object) -> object:
        assert callable(onerror)
        onerror(PermissionError(13, "Permission denied", "locked"))
        return [(str(top), [], [book.name])]

    monkeypatch.setattr(os, "walk", walk)
    assert open_corpus(str(book.parent)).notes == ("Folders that may not be read were skipped: locked.",)


def test_a_catalogue_name_has_priority_over_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("manual").write_text(WORDS, encoding="utf-8")
    assert open_corpus("manual").title == "The Python Language Reference"
    assert open_corpus("./manual").text() == WORDS


def test_the_manual_is_the_same_every_time() -> None:
    manual = open_corpus("manual")
    assert 300_000 < len(manual) < 1_000_000
    assert manual.text(0, 200).startswith('The "assert" statement')
    assert manual.digest() == open_corpus("manual").digest()


def test_the_standard_library_is_a_few_megabytes_of_python() -> None:
    library = open_corpus("stdlib")
    assert 2_000_000 < len(library) < 20_000_000
    assert "\nclass " in library.text(0, 1_000_000)
    assert not any("skipped" in note for note in library.notes)


def test_a_python_without_manual_or_sources_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    with pytest.raises(CorpusError, match="not include its manual"):
        open_corpus("manual")
    monkeypatch.setattr(sources.sysconfig, "get_path", lambda _: str(tmp_path))
    with pytest.raises(CorpusError, match="not include its source files"):
        open_corpus("stdlib")


def test_without_a_network_the_default_is_the_manual_with_a_note() -> None:
    corpus = open_default_corpus(ReadAs(lowercase=True))
    assert corpus.name == "manual"
    assert corpus.notes[0] == (
        "nietzsche cannot be downloaded (there is no network); reading manual instead: The Python Language Reference."
    )
    assert corpus.text().islower()


def test_without_network_and_manual_the_default_is_the_aphorisms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pydoc_data.topics", None)
    corpus = open_default_corpus()
    assert corpus.name == "aphorisms"
    assert "reading aphorisms instead" in corpus.notes[0]


@given(st.text(), st.booleans())
def test_a_name_never_leaves_its_folder(wanted: str, nested: bool) -> None:
    name = safe_name(f"../{wanted}/{wanted}" if nested else wanted)
    assert name
    assert not name.startswith((".", "-"))
    assert not set(name) & set('/\\:*?"<>| \n\r\t\0')
    assert name.isprintable()
    assert len(name.encode()) <= 255
    assert safe_name(name) == name


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("../../etc/passwd", "etc-passwd"),
        (".profile", "profile"),
        ("...", "text"),
        ("", "text"),
        ("con", "text-con"),
        ("Also sprach Zarathustra!", "Also-sprach-Zarathustra"),
        ("e\u0301tude", "\xe9tude"),
        ("x" * 500, "x" * 60),
    ],
)
def test_safe_names_stay_recognisable(wanted: str, name: str) -> None:
    assert safe_name(wanted) == name


@given(st.text(st.characters()))
def test_shown_text_is_one_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text * 50)) <= 201


def test_invisible_characters_are_shown_by_their_code_point() -> None:
    shown_ones = [shown_character(each) for each in ("a", " ", "\u0301", "\u202e", "\ufffd")]
    assert shown_ones == ["'a'", "U+0020", "U+0301", "U+202E", "'\ufffd'"]


def test_long_lists_are_cut() -> None:
    assert listed(["a", "b"]) == "a, b"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
