"""A file of lines that somebody else writes: what is read of it, and when."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from model.runs.atomic_files import append_line, write_file
from tui.engine.watching.line_tail import Lines, LineTail


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "lines"


@pytest.fixture
def tail(path: Path) -> LineTail:
    return LineTail(path)


def test_lines_are_read_once_as_they_come(path: Path, tail: LineTail) -> None:
    assert tail.look() == Lines([])
    append_line(path, "one\n")
    assert tail.look() == Lines([b"one\n"])
    assert tail.look() == Lines([])
    for line in ("two\n", "three\n"):
        append_line(path, line)
    assert tail.look() == Lines([b"two\n", b"three\n"])


def test_a_torn_line_waits_for_its_line_feed(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\ntw")
    assert tail.look() == Lines([b"one\n"])
    with open(path, "ab") as file:
        file.write(b"o\r\x85\n")
    assert tail.look() == Lines([b"two\r\x85\n"])


def test_a_line_that_was_torn_off_for_good_leaves_no_trace(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\ntorn")
    assert tail.look() == Lines([b"one\n"])
    append_line(path, "two\n")
    assert tail.look() == Lines([b"two\n"])


def test_a_file_that_was_shortened_is_read_from_its_beginning(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\ntwo\nthree\n")
    tail.look()
    write_file(path, [b"one\n"])
    assert tail.look() == Lines([b"one\n"], anew=True)
    append_line(path, "four\n")
    assert tail.look() == Lines([b"four\n"])


def test_a_file_that_was_shortened_and_has_grown_past_its_old_end_is_noticed(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail.look()
    write_file(path, [b"one\n", b"three and more\n"])
    assert tail.look() == Lines([b"one\n", b"three and more\n"], anew=True)


def test_an_emptied_file_is_another_one(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\n")
    tail.look()
    write_file(path, [])
    assert tail.look() == Lines([], anew=True)
    assert tail.look() == Lines([])


def test_a_longer_copy_of_a_file_has_only_grown(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\ntwo\n")
    tail.look()
    write_file(path, [b"one\ntwo\nthree\n"])
    assert tail.look() == Lines([b"three\n"])


def test_a_file_that_went_and_came_back_is_read_on(path: Path, tail: LineTail) -> None:
    path.write_bytes(b"one\n")
    tail.look()
    away = path.rename(path.with_name("away"))
    assert tail.look() == Lines([])
    append_line(away, "two\n")
    away.rename(path)
    assert tail.look() == Lines([b"two\n"])


def test_what_cannot_be_read_now_is_read_later(path: Path, tail: LineTail, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_bytes(b"one\n")

    def stale(*_: object, **__: object) -> None:
        raise OSError(116, "Stale file handle")

    with monkeypatch.context() as patched:
        patched.setattr("os.open", stale)
        with pytest.raises(OSError, match="Stale"):
            tail.look()
    assert tail.look() == Lines([b"one\n"])


def test_a_pipe_is_never_waited_for(path: Path, tail: LineTail) -> None:
    os.mkfifo(path)
    assert tail.look() == Lines([])
