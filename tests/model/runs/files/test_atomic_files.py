"""Files that are written whole, and lines that are appended whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.runs.files import atomic_files
from model.runs.files.atomic_files import append_line, read_file, write_file


def test_a_file_is_replaced_and_no_temporary_file_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"old", b"new and longer"):
        write_file(path, [content[:2], memoryview(content[2:])])
        assert read_file(path) == content
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("error", [OSError("full"), KeyboardInterrupt()])
def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path: Path, error: BaseException) -> None:
    def parts() -> Iterator[bytes]:
        yield b"new"
        raise error

    path = tmp_path / "file"
    write_file(path, [b"old"])
    with pytest.raises(type(error)):
        write_file(path, parts())
    assert read_file(path) == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_a_torn_last_line_is_removed_before_the_next_is_appended(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    append_line(path, "one\n")
    with open(path, "ab") as file:
        file.write(b"torn")
    append_line(path, "two\n")
    assert read_file(path) == b"one\ntwo\n"


def test_a_file_without_a_whole_line_begins_with_the_appended_one(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"x" * 200_000)
    append_line(path, "one\n")
    assert read_file(path) == b"one\n"


def test_only_regular_files_are_read(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_file(tmp_path / "missing")
    with pytest.raises(OSError, match="it is not a file"):
        read_file(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(OSError, match="it is not a file"):
            read_file(tmp_path / "pipe")


def test_a_line_is_appended_to_a_linked_file_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(atomic_files, "_LARGEST", 10)
    monkeypatch.setattr(atomic_files, "_SCAN", 7)
    mine, other = tmp_path / "mine", tmp_path / "other"
    other.write_bytes(b"a line of another run\n")
    os.link(other, mine)
    append_line(mine, "mine\n")
    assert mine.read_bytes() == b"a line of another run\nmine\n"
    assert other.read_bytes() == b"a line of another run\n"
