"""Samples as files."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from tui.text.sample_files import save_sample

NOON = datetime(2026, 1, 31, 12, 0, 0)


def test_nothing_is_ever_overwritten(tmp_path: Path) -> None:
    paths = [save_sample(f"text {number}", str(tmp_path), NOON) for number in range(3)]
    assert [path.name for path in paths] == [
        "sample-2026-01-31-120000.txt",
        "sample-2026-01-31-120000-2.txt",
        "sample-2026-01-31-120000-3.txt",
    ]
    assert [path.read_text() for path in paths] == ["text 0\n", "text 1\n", "text 2\n"]
    assert {path.parent for path in paths} == {tmp_path / "saved"}


def test_without_a_run_the_current_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert save_sample("text", None, NOON).parent == tmp_path


def test_any_text_is_saved_as_it_is(tmp_path: Path) -> None:
    text = "tab\t, escape \x1b[2J, \r\n, ☃ and 🜁\n"
    assert save_sample(text, str(tmp_path), NOON).read_bytes().decode() == text


def test_a_folder_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "saved").write_text("in the way")
    with pytest.raises(OSError, match="saved"):
        save_sample("text", str(tmp_path), NOON)
