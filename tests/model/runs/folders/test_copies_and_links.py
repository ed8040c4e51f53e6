"""Copies of a run, and links to runs and into them: no training writes into another one's files."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from model.runs.folder import Run
from model.runs.run_facts import RunError
from tests.model.runs.folders.folders import files, lines, write_everything
from tests.model.runs.made_runs import begin, keep, kept

# Copied


def test_a_run_and_its_copy_are_trained_each_in_its_own_folder(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "copy")
    with Run(tmp_path / "copy").lock() as copy:
        copy.append_metrics({"line": "copy"})
        write_everything(run)
        assert copy.id == run.id != ""
    assert lines(run.folder) == [0, 1]
    assert lines(copy.folder) == [0, "copy"]
    assert kept(copy) == ["best.safetensors", "step-000000001.safetensors"]


def test_a_copy_by_hard_links_gets_files_of_its_own_before_they_are_written_to(run: Run, tmp_path: Path) -> None:
    run.release()
    shutil.copytree(run.folder, tmp_path / "copy", copy_function=os.link)
    before = files(tmp_path / "copy")
    with Run(run.folder).lock() as again:
        write_everything(again)
    assert files(tmp_path / "copy") == before
    assert lines(run.folder) == [0, 1]


# Linked


def test_a_run_with_two_names_is_trained_by_one_program(run: Run, tmp_path: Path) -> None:
    (tmp_path / "linked").symlink_to(run.folder)
    with pytest.raises(RunError, match="Another program trains the run linked"):
        Run(tmp_path / "linked").lock()
    run.release()
    with Run(tmp_path / "linked").lock() as linked:
        assert run.in_use
        (tmp_path / "linked").unlink()  # the folder is known, not the link that led to it
        write_everything(linked)
    assert lines(run.folder) == [0, 1]


def test_a_link_that_leads_to_another_run_later_is_not_followed_there(run: Run, tmp_path: Path) -> None:
    other = begin(tmp_path, "other")
    run.release()
    (tmp_path / "linked").symlink_to(run.folder)
    before = files(other.folder)
    with Run(tmp_path / "linked").lock() as linked:
        (tmp_path / "linked").unlink()
        (tmp_path / "linked").symlink_to(other.folder)
        write_everything(linked)
        assert linked.folder == run.folder
    assert files(other.folder) == before
    assert lines(run.folder) == [0, 1]


@pytest.mark.parametrize("name", ["metrics.jsonl", "samples.jsonl"])
def test_lines_are_not_added_to_another_run_through_a_link(run: Run, tmp_path: Path, name: str) -> None:
    other = begin(tmp_path, "other")
    (other.folder / name).write_text('{"line": "other"}\n')
    (run.folder / name).unlink(missing_ok=True)
    (run.folder / name).symlink_to(other.folder / name)
    (run.append_metrics if name == "metrics.jsonl" else run.append_sample)({"line": 1})
    assert (other.folder / name).read_text() == '{"line": "other"}\n'
    assert not (run.folder / name).is_symlink()


def test_checkpoints_are_not_saved_into_another_run_through_a_link(run: Run, tmp_path: Path) -> None:
    other = begin(tmp_path, "other")
    keep(other, 7)
    shutil.rmtree(run.folder / "checkpoints")
    (run.folder / "checkpoints").symlink_to(other.folder / "checkpoints")
    before = files(other.folder)
    with pytest.raises(RunError, match="is a link into the folder of another run"):
        keep(run, 8)
    assert files(other.folder) == before
    (run.folder / "checkpoints").unlink()
    keep(run, 8)
    assert kept(run) == ["step-000000008.safetensors"]


def test_checkpoints_may_be_on_another_disk_even_together_with_those_of_another_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    other = begin(tmp_path, "other")
    for each in (run, other):
        shutil.rmtree(each.folder / "checkpoints")
        (each.folder / "checkpoints").symlink_to(tmp_path / "disk")
    keep(other, 7, best=True)
    of_other = (tmp_path / "disk" / "step-000000007.safetensors").read_bytes()
    for step in (8, 9, 10):
        keep(run, step, best=True)
    assert (tmp_path / "disk" / "step-000000007.safetensors").read_bytes() == of_other
    assert run.load("newest").manifest.step == run.load("best").manifest.step == 10
    assert other.load("newest").manifest.step == 7
