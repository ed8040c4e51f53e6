"""Renaming and deleting runs: only runs, and only what is in their folder."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest

from model.recipe import FAST
from model.runs.housekeeping.own_runs import delete_run, own_run, rename_run
from model.runs.listing import list_runs, open_run
from model.runs.run_facts import RunError
from tests.model.runs.made_runs import NO_PLAIN_NAMES, begin, keep


def test_a_renamed_run_is_the_same_under_its_new_name(tmp_path: Path) -> None:
    run = begin(tmp_path, "old")
    keep(run, 3)
    renamed = rename_run(own_run("old", tmp_path), "new")
    assert renamed == open_run("new", tmp_path)
    assert renamed.load("newest").manifest.step == 3
    assert [summary.name for summary in list_runs(tmp_path)] == ["new"]


@pytest.mark.parametrize("name", NO_PLAIN_NAMES)
def test_no_new_name_leads_out_of_the_folder(tmp_path: Path, name: str) -> None:
    run = begin(tmp_path / "runs", "old")
    with pytest.raises(RunError) as caught:
        rename_run(run, name)
    assert str(caught.value).isprintable()
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_dir()) == ["checkpoints", "old", "runs"]


def test_renaming_to_a_taken_name_is_refused(tmp_path: Path) -> None:
    run, other = begin(tmp_path, "old"), begin(tmp_path, "other")
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("mine")
    (tmp_path / "dangling").symlink_to("nowhere")
    before = sorted(tmp_path.iterdir())
    for taken in ("old", "other", "empty", "file", "dangling"):
        with pytest.raises(RunError, match="already"):
            rename_run(run, taken)
    assert sorted(tmp_path.iterdir()) == before
    assert other.facts() == replace(run.facts(), id=other.id)


def test_deleting_a_run_removes_it_and_returns_the_freed_bytes(tmp_path: Path) -> None:
    run, other = begin(tmp_path, "first"), begin(tmp_path, "second")
    keep(run, 1)
    run.append_metrics({"epoch": 1})
    (summary, _) = sorted(list_runs(tmp_path), key=lambda each: each.name)
    assert delete_run(own_run("first", tmp_path)) == summary.size
    assert [each.folder for each in list_runs(tmp_path)] == [other.folder]


def test_a_broken_run_can_be_deleted(tmp_path: Path) -> None:
    begin(tmp_path, "no-checkpoints")
    (tmp_path / "no-checkpoints" / "recipe.toml").write_bytes(b"\xff")
    no_recipe = begin(tmp_path, "no-recipe")
    keep(no_recipe, 1)
    (no_recipe.folder / "recipe.toml").unlink()
    for name in ("no-checkpoints", "no-recipe"):
        delete_run(own_run(name, tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "../runs/first", "./first", "first/", "first/checkpoints", "latest", "a\0b", "\x1b[2J"]
)
def test_a_run_to_delete_is_found_only_by_its_name(tmp_path: Path, name: str) -> None:
    run = begin(tmp_path / "runs", "first")
    for reference in (name, str(run.folder)):
        with pytest.raises(RunError) as caught:
            own_run(reference, tmp_path / "runs")
        assert str(caught.value).isprintable()


def test_a_folder_that_is_not_a_run_is_not_deleted(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "runs", begin(tmp_path, "elsewhere")
    begin(root, "sound")
    (root / "link").symlink_to(elsewhere.folder)
    (root / "photos" / "checkpoints").mkdir(parents=True)
    (root / ".hidden").mkdir()
    (root / "file").write_text("")
    for name in ("link", "photos", ".hidden", "file"):
        with pytest.raises(RunError):
            own_run(name, root)
    assert elsewhere.facts().recipe == FAST


def test_deleting_a_run_does_not_follow_links(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "book.txt").write_text("years of work")
    run = begin(tmp_path / "runs", "first")
    (run.folder / "saved").symlink_to(precious)
    (run.folder / "samples.jsonl").symlink_to(precious / "book.txt")
    delete_run(run)
    assert (precious / "book.txt").read_text() == "years of work"
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_run_in_use_is_neither_renamed_nor_deleted(tmp_path: Path) -> None:
    run = begin(tmp_path, "first")
    lock = run.lock()
    for change in (delete_run, lambda run: rename_run(run, "second")):
        with pytest.raises(RunError, match="Another program trains"):
            change(run)
    lock.release()
    assert delete_run(rename_run(run, "second"))


def test_a_run_that_cannot_be_deleted_whole_says_where_the_rest_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = begin(tmp_path, "first")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "unlink", refuse)
    with pytest.raises(RunError, match=r"cannot be deleted: Permission denied.*The rest of it is in"):
        delete_run(run)
    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(RunError, match="cannot be renamed: Permission denied"):
        rename_run(run, "second")
    assert run.facts().recipe == FAST
