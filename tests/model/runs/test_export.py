"""Exporting a run: an archive that is whole, that overwrites nothing, and that is a run again."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest

from model.runs.folder import Run
from model.runs.housekeeping.export import export_run
from model.runs.run_facts import RunError
from tests.model.runs.made_runs import begin, full_disk, keep


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a checkpoint, a link out of its folder, and a save that was cut short."""
    run = begin(tmp_path / "runs", "mine")
    keep(run, 3)
    run.append_metrics({"epoch": 1})
    (tmp_path / "secret").write_text("not of the run")
    (run.folder / "link").symlink_to(tmp_path / "secret")
    (run.folder / "linked-folder").symlink_to(tmp_path)
    (run.folder / "checkpoints" / "step-000000004.safetensors.7.tmp").write_bytes(b"half")
    run.lock().release()
    return run


def test_an_unpacked_archive_is_the_same_run(tmp_path: Path, run: Run) -> None:
    path = export_run(run, tmp_path)
    assert path == tmp_path / "mine.zip"
    with zipfile.ZipFile(path) as archive:
        assert sorted(archive.namelist()) == [
            "mine/checkpoints/step-000000003.safetensors",
            "mine/metrics.jsonl",
            "mine/recipe.toml",
        ]
        archive.extractall(tmp_path / "elsewhere")
    copy = Run(tmp_path / "elsewhere" / "mine")
    assert copy.facts() == run.facts()
    assert copy.load("newest").manifest == run.load("newest").manifest


def test_nothing_is_overwritten(tmp_path: Path, run: Run) -> None:
    (tmp_path / "mine.zip").write_text("mine already")
    (tmp_path / "mine-2.zip").symlink_to("nowhere")
    assert export_run(run, tmp_path) == tmp_path / "mine-3.zip"
    assert (tmp_path / "mine.zip").read_text() == "mine already"


def test_a_failed_export_leaves_nothing(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = sorted(tmp_path.iterdir())
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(RunError, match=r"mine cannot be exported to .*: No space left on device"):
        export_run(run, tmp_path)
    assert sorted(tmp_path.iterdir()) == before


def test_a_run_that_is_being_trained_is_not_exported(tmp_path: Path, run: Run) -> None:
    with run.lock(), pytest.raises(RunError, match="Another program"):
        export_run(run, tmp_path)
    assert not list(tmp_path.glob("*.zip"))


def test_two_exports_of_a_run_at_once_are_both_whole(tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync, other = os.fsync, list[Path]()

    def meanwhile(handle: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        other.append(export_run(run, tmp_path))

    monkeypatch.setattr(os, "fsync", meanwhile)
    paths = [export_run(run, tmp_path), *other]
    assert sorted(path.name for path in paths) == ["mine-2.zip", "mine.zip"]
    for path in paths:
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
    assert not list(tmp_path.glob(".*.tmp"))
