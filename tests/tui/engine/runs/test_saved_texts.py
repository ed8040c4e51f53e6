"""Texts that are saved by key."""

from __future__ import annotations

import errno
import os
from datetime import datetime
from pathlib import Path

import pytest

from model.runs.files.places import Place
from tests.model.runs.made_runs import begin
from tui.engine.runs.saved_texts import save_text

NOON = datetime(2026, 1, 31, 12, 0, 0)


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    paths = [save_text(f"text {number}", Place.of(tmp_path), NOON) for number in range(3)]
    assert [path.name for path in paths] == [
        "sample-2026-01-31-120000.txt",
        "sample-2026-01-31-120000-2.txt",
        "sample-2026-01-31-120000-3.txt",
    ]
    assert [path.read_text() for path in paths] == ["text 0\n", "text 1\n", "text 2\n"]
    assert {path.parent for path in paths} == {tmp_path / "saved"}


def test_without_a_run_the_current_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert save_text("text", None, NOON).parent == tmp_path


def test_any_text_is_saved_as_it_is(tmp_path: Path) -> None:
    text = "tab\t, escape \x1b[2J, \r\n, ☃ and 🜁\n"
    assert save_text(text, Place.of(tmp_path), NOON).read_bytes().decode() == text


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("in the way")
    with pytest.raises(OSError, match="saved"):
        save_text("text", Place.of(tmp_path), NOON)


def test_a_text_goes_into_the_folder_that_was_opened_and_not_into_one_that_has_its_name_now(tmp_path: Path) -> None:
    with begin(tmp_path, "run").lock() as run:
        moved = run.folder.rename(tmp_path / "moved")
        other = begin(tmp_path, "run")
        assert save_text("text", run.place, NOON) == moved / "saved" / "sample-2026-01-31-120000.txt"
    assert not (other.folder / "saved").exists()


def test_a_text_for_which_there_is_no_room_leaves_no_half_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_text("text", Place.of(tmp_path), NOON)
    assert [*(tmp_path / "saved").iterdir()] == []
