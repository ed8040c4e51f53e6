"""A run's folder that is moved, removed, put back or replaced, and its lock, while the run is trained."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from model.runs import saver as savers
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.runs.saver import Saver
from model.training.events import Saved, SaveFailed
from tests.model.runs.folders.folders import assert_refused, files, lines, write_everything
from tests.model.runs.made_runs import begin, full_disk, keep, kept
from tests.model.runs.test_checkpoint import make_checkpoint
from tests.model.runs.test_saver import gather

# Moved


def test_a_renamed_folder_is_written_to_under_its_new_name(run: Run, tmp_path: Path) -> None:
    moved = run.folder.rename(tmp_path / "moved")
    write_everything(run)
    assert run.folder == moved
    assert run.name == "moved"
    assert lines(moved) == [0, 1]
    assert kept(run) == ["best.safetensors", "step-000000001.safetensors", "step-000000002.safetensors"]
    assert "epochs = 99" in (moved / "recipe.toml").read_text()
    assert [path.name for path in tmp_path.iterdir()] == ["moved"]


def test_a_run_of_the_same_name_is_not_touched_by_the_one_that_was_moved_away(run: Run, tmp_path: Path) -> None:
    moved = run.folder.rename(tmp_path / "elsewhere")
    with begin(tmp_path, "run").lock() as other:
        keep(other, 5)
        before = files(other.folder)
        write_everything(run)
        assert files(other.folder) == before
        write_everything(other)
    assert lines(moved) == [0, 1]
    assert lines(other.folder) == [1]
    assert kept(other) == ["best.safetensors", "step-000000002.safetensors"]


def test_a_moved_folder_is_still_locked_under_both_names(run: Run, tmp_path: Path) -> None:
    moved = run.folder.rename(tmp_path / "moved")
    assert Run(moved).in_use
    with pytest.raises(RunError, match="Another program trains the run moved, or has it open"):
        Run(moved).lock()
    moved.rename(tmp_path / "run")
    assert Run(tmp_path / "run").in_use
    assert run.folder == tmp_path / "run"


def test_a_saver_says_where_a_moved_folder_is(run: Run, tmp_path: Path) -> None:
    saver = Saver(run)
    moved = run.folder.rename(tmp_path / "moved")
    saver.keep(make_checkpoint(step=2), best=False)
    assert saver.finish() == [Saved(str(moved / "checkpoints" / "step-000000002.safetensors"), 2)]


# Removed, and put back


def test_a_removed_folder_is_not_made_again_and_the_user_is_told(run: Run, tmp_path: Path) -> None:
    shutil.rmtree(run.folder)
    assert_refused(run, why=f"was removed, with all that was saved in it.*put the folder back.*mkdir -p {run.folder}$")
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_in_the_place_of_a_removed_one_is_saved_into(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(savers, "RETRY_SECONDS", 0.01)
    facts, saver = run.facts(), Saver(run)
    shutil.rmtree(run.folder)
    saver.keep(make_checkpoint(step=2), best=False)
    gather(saver, lambda reports: any(isinstance(each, SaveFailed) for each in reports))
    run.folder.mkdir()
    gather(saver, lambda reports: any(isinstance(each, Saved) for each in reports))
    saver.finish()
    again = Run(tmp_path / "run")
    assert again.facts() == facts
    assert again.load("newest").manifest.step == 2
    assert again.in_use


def test_a_folder_that_was_moved_to_another_disk_and_back_is_saved_into(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "another disk")
    shutil.rmtree(run.folder)
    assert_refused(run, why="was removed")
    shutil.copytree(tmp_path / "another disk", tmp_path / "run")
    write_everything(run)
    assert lines(tmp_path / "run") == [0, 1]
    assert kept(run) == ["best.safetensors", "step-000000001.safetensors", "step-000000002.safetensors"]
    assert lines(tmp_path / "another disk") == [0]
    with pytest.raises(RunError, match="Another program"):
        Run(tmp_path / "run").lock()


def test_a_copy_that_was_trained_meanwhile_is_left_alone_when_it_is_put_back(run: Run, tmp_path: Path) -> None:
    shutil.copytree(run.folder, tmp_path / "copy")
    with Run(tmp_path / "copy").lock() as copy:
        write_everything(copy)
    shutil.rmtree(run.folder)
    (tmp_path / "copy").rename(tmp_path / "run")
    before = files(tmp_path / "run")
    assert_refused(run, why="Another program has trained the run run meanwhile")
    assert files(tmp_path / "run") == before


def test_a_recipe_that_was_removed_is_written_again_with_the_next_save(run: Run) -> None:
    facts = run.facts()
    (run.folder / "recipe.toml").unlink()
    keep(run, 2)
    assert Run(run.folder).facts() == facts


def test_a_recipe_that_is_written_again_has_the_epochs_that_were_set_last(run: Run) -> None:
    run.set_epochs(99)
    (run.folder / "recipe.toml").unlink()
    keep(run, 2)
    assert Run(run.folder).facts().recipe.epochs == 99


def test_a_full_disk_is_not_called_a_removed_folder(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (run.folder / "recipe.toml").unlink()
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(RunError, match=rf"^{run.folder} cannot be written to: No space left on device\.$"):
        run.append_metrics({"line": 1})


# Replaced


def test_another_run_in_the_place_of_a_removed_one_is_left_alone(run: Run, tmp_path: Path) -> None:
    shutil.rmtree(run.folder)
    other = begin(tmp_path, "run")
    keep(other, 7, best=True)
    before = files(other.folder)
    assert_refused(run, why="another folder has its place, which is left alone")
    assert files(other.folder) == before
    other.lock().release()


def test_a_run_that_is_trained_in_the_place_of_a_removed_one_is_left_alone(run: Run, tmp_path: Path) -> None:
    shutil.rmtree(run.folder)
    with begin(tmp_path, "run").lock() as other:
        write_everything(other)
        before = files(other.folder)
        assert_refused(run, why="was removed")
        assert files(other.folder) == before


def test_requests_and_the_discarding_of_a_run_do_not_reach_another_one_of_its_name(run: Run, tmp_path: Path) -> None:
    from model.training.steering.requests import close_requests, open_requests, take_requests

    open_requests(run)
    shutil.rmtree(run.folder)
    other = begin(tmp_path, "run")
    open_requests(other)
    (other.folder / "requests" / "1").write_text("stop")
    before = files(other.folder)
    for ask in (lambda: list(take_requests(run)), lambda: close_requests(run), lambda: open_requests(run)):
        with pytest.raises(RunError, match="was removed"):
            ask()
    run.discard_untrained()
    assert files(other.folder) == before


# The lock


def test_a_removed_lock_is_made_again(run: Run) -> None:
    (run.folder / "lock").unlink()
    run.append_metrics({"line": 1})
    with pytest.raises(RunError, match="Another program"):
        Run(run.folder).lock()
    assert lines(run.folder) == [0, 1]


def test_a_program_that_has_taken_the_run_after_its_lock_was_removed_has_it_alone(run: Run) -> None:
    (run.folder / "lock").unlink()
    with Run(run.folder).lock() as other:
        other.append_metrics({"line": 10})
        before = files(run.folder)
        assert_refused(run, why="has opened the run run too")
        assert files(run.folder) == before
    assert_refused(run, why="has trained the run run meanwhile")
    assert lines(run.folder) == [0, 10]


def test_a_program_that_only_opened_the_run_meanwhile_does_not_end_saving(run: Run) -> None:
    (run.folder / "lock").unlink()
    with Run(run.folder).lock(), pytest.raises(RunError, match="has opened the run run too"):
        run.append_metrics({"line": 1})
    run.append_metrics({"line": 2})
    assert lines(run.folder) == [0, 2]


def test_a_released_run_is_not_written_to(run: Run) -> None:
    run.release()
    before = files(run.folder)
    assert_refused(run, why="The run run is closed")
    assert files(run.folder) == before
    assert not run.in_use
