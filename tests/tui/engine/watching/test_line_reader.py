"""LineReader: which lines of a file that another program writes are read, and when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.runs.files.atomic_files import append_line, write_file
from tui.engine.watching.line_reader import LineReader, Lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lines"


@pytest.fixture
def reader(path: Path) -> LineReader:
    return LineReader(path)


def test_lines_are_read_once_as_they_come(path: Path, reader: LineReader) -> None:
    assert reader.look() == Lines([])
    append_line(path, "one\n")
    assert reader.look() == Lines([b"one\n"])
    assert reader.look() == Lines([])
    for line in ("two\n", "three\n"):
        append_line(path, line)
    assert reader.look() == Lines([b"two\n", b"three\n"])


def test_a_torn_line_waits_for_its_line_feed(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\ntw")
    assert reader.look() == Lines([b"one\n"])
    with open(path, "ab") as file:
        file.write(b"o\r\x85\n")
    assert reader.look() == Lines([b"two\r\x85\n"])


def test_a_line_that_was_torn_off_for_good_leaves_no_trace(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\ntorn")
    assert reader.look() == Lines([b"one\n"])
    append_line(path, "two\n")
    assert reader.look() == Lines([b"two\n"])


def test_a_file_that_was_shortened_is_read_from_its_beginning(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\ntwo\nthree\n")
    reader.look()
    write_file(path, [b"one\n"])
    assert reader.look() == Lines([b"one\n"], rewritten=True)
    append_line(path, "four\n")
    assert reader.look() == Lines([b"four\n"])


def test_a_file_that_was_shortened_and_has_grown_past_its_old_end_is_noticed(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\ntwo\n")
    reader.look()
    write_file(path, [b"one\n", b"three and more\n"])
    assert reader.look() == Lines([b"one\n", b"three and more\n"], rewritten=True)


def test_an_emptied_file_counts_as_rewritten(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\n")
    reader.look()
    write_file(path, [])
    assert reader.look() == Lines([], rewritten=True)
    assert reader.look() == Lines([])


def test_a_longer_copy_of_a_file_has_only_grown(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\ntwo\n")
    reader.look()
    write_file(path, [b"one\ntwo\nthree\n"])
    assert reader.look() == Lines([b"three\n"])


def test_a_file_that_comes_back_is_read_from_the_same_place(path: Path, reader: LineReader) -> None:
    path.write_bytes(b"one\n")
    reader.look()
    away = path.rename(path.with_name("away"))
    assert reader.look() == Lines([])
    append_line(away, "two\n")
    away.rename(path)
    assert reader.look() == Lines([b"two\n"])


def test_what_cannot_be_read_now_is_read_later(path: Path, reader: LineReader, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"one\n")

    def stale(*_: object, **__: object) -> None:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr("os.open", stale)
        with pytest.raises(OSError, match="Stale"):
            reader.look()
    assert reader.look() == Lines([b"one\n"])


def test_a_pipe_is_never_waited_for(path: Path, reader: LineReader) -> None:
    os.mkfifo(path)
    assert reader.look() == Lines([])
