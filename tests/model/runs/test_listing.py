"""Runs in a folder: made, found and listed."""

import math
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.safe_text import safe_name, shown
from model.recipe import FAST, NOTEBOOK, WORDS
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.folders.run_folder import default_runs_folder
from model.runs.listing import list_runs, open_run
from model.runs.run_facts import RunError
from model.training.events import EpochEnd
from tests.model.runs.made_runs import NO_PLAIN_NAMES, NOW, begin, create_run, full_disk, keep

# Beginning a run


def test_recipe_toml_says_what_a_new_run_is_trained_on_and_how(tmp_path: Path) -> None:
    recipe = replace(NOTEBOOK, epochs=3)
    run = create_run(tmp_path / "deep" / "runs", "mine", 'odd "name" \\ é\x7f', "notebook", recipe, NOW, ["a b", "c"])
    facts = run.facts()
    assert (facts.corpus, facts.corpus_spec) == ('odd "name" \\ é\x7f', ("a b", "c"))
    assert (facts.recipe_name, facts.recipe, facts.created) == ("notebook", recipe, NOW)
    assert run.folder == tmp_path / "deep" / "runs" / "mine"


def test_runs_are_numbered_and_never_overwritten(tmp_path: Path) -> None:
    names = [begin(tmp_path).name for _ in range(3)]
    assert names == [f"nietzsche-fast-2026-11-23-{number}" for number in (1, 2, 3)]
    gru = replace(FAST, network="gru", tokens="words")
    assert create_run(tmp_path, None, "nietzsche", "fast", gru, NOW).name == "nietzsche-fast-gru-words-2026-11-23-1"
    longest = create_run(tmp_path, None, "n" * 99, "notebook", replace(gru, tokens="pieces"), NOW).name
    assert longest == safe_name(longest), "it is found by its name"
    assert create_run(tmp_path, None, "nietzsche", "words", WORDS, NOW).name == "nietzsche-words-2026-11-23-1"
    lesson = create_run(tmp_path, None, "nietzsche", "fast", FAST, NOW, stem="lesson-collapse")
    assert lesson.name == "lesson-collapse-2026-11-23-1"
    assert lesson.facts().corpus == "nietzsche"
    begin(tmp_path, "mine")
    with pytest.raises(RunError, match="already"):
        begin(tmp_path, "mine")


@pytest.mark.parametrize("name", NO_PLAIN_NAMES)
def test_a_name_that_is_not_a_plain_file_name_is_refused(tmp_path: Path, name: str) -> None:
    root = tmp_path / "runs"
    with pytest.raises(RunError) as caught:
        begin(root, name)
    assert shown(str(caught.value), 10_000) == str(caught.value)
    assert not root.exists()


@given(st.text(st.characters(exclude_categories=())))
def test_no_corpus_name_escapes_the_folder(tmp_path_factory: pytest.TempPathFactory, corpus: str) -> None:
    root = tmp_path_factory.mktemp("runs")
    run = begin(root, corpus=corpus)
    assert run.folder.parent == root
    assert run.facts().recipe == FAST
    assert open_run(run.name, root) == run


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_explained_in_one_sentence(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(RunError, match="--runs"):
        begin(tmp_path)


def test_a_file_in_place_of_the_folder_is_explained_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("")
    with pytest.raises(RunError, match="--runs"):
        begin(tmp_path / "runs")


def test_a_run_that_cannot_begin_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(RunError, match="No space left"):
        begin(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_runs_are_kept_in_the_users_data_folder() -> None:
    assert default_runs_folder().parts[-2:] == ("charlstm", "runs")


# Finding and listing


def touch(run: Run, seconds_ago: float) -> None:
    at = time.time() - seconds_ago
    for path in [run.folder, *run.folder.rglob("*")]:
        os.utime(path, (at, at))


def test_a_run_is_found_by_name_by_path_and_as_the_latest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "runs"
    old, new = begin(root, "old"), begin(root, "new")
    touch(old, 10)
    touch(new, 20)
    monkeypatch.chdir(root)
    assert open_run("new", root) == new
    assert open_run(str(new.folder), tmp_path / "elsewhere") == new
    assert open_run("./new", tmp_path / "elsewhere") == new
    assert open_run("latest", root) == old


def test_the_latest_run_is_one_with_a_checkpoint(tmp_path: Path) -> None:
    learned, ended_at_once = begin(tmp_path, "learned"), begin(tmp_path, "ended-at-once")
    assert open_run("latest", tmp_path).checkpoints() == []
    keep(learned, 1)
    touch(learned, 20)
    touch(ended_at_once, 10)
    assert open_run("latest", tmp_path) == learned


def test_a_folder_without_a_run_is_not_offered_in_its_own_place(tmp_path: Path) -> None:
    (tmp_path / "broken").mkdir()
    with pytest.raises(RunError, match="broken is no run: it has no recipe and no checkpoint"):
        open_run("broken", tmp_path)


@pytest.mark.parametrize(
    "reference", ["nietsche", "", "..", "../..", "/", "a\0b", "x" * 5000, "~nobody-at-all/x", "\ud800", "\x1b[2J"]
)
def test_a_missing_run_is_explained_in_one_printable_sentence(tmp_path: Path, reference: str) -> None:
    begin(tmp_path, "nietzsche-1")
    with pytest.raises(RunError) as caught:
        open_run(reference, tmp_path)
    assert str(caught.value).isprintable()


def test_the_nearest_names_are_suggested(tmp_path: Path) -> None:
    begin(tmp_path, "nietzsche-1")
    with pytest.raises(RunError, match="Did you mean nietzsche-1"):
        open_run("nietsche-1", tmp_path)
    with pytest.raises(RunError, match="Begin one: charlstm train --runs"):
        open_run("latest", tmp_path / "empty")


def test_the_runs_whose_names_begin_as_the_given_one_are_suggested(tmp_path: Path) -> None:
    for name in ("s40-fast-2026-11-26-1", "s41-fast-2026-11-26-1", "s4"):
        begin(tmp_path, name)
    with pytest.raises(RunError, match=r"Did you mean s40-fast-2026-11-26-1\?"):
        open_run("s40", tmp_path)
    with pytest.raises(RunError, match=r"Did you mean s41-fast-2026-11-26-1\?"):
        open_run("S41-", tmp_path)


def epoch_line(epoch: int, held_out: float, windowed: float | None = None) -> dict[str, Any]:
    return event_record(EpochEnd(epoch, 10 * epoch, 2.0, held_out, 2.9, 1.0, 100.0, windowed))


def test_the_list_describes_each_run(tmp_path: Path) -> None:
    run = begin(tmp_path)
    for epoch, held_out in [(1, 2.5), (2, 1.5), (3, math.nan)]:
        run.append_metrics(epoch_line(epoch, held_out))
    run.append_metrics({"event": "progress", "epoch": 4})
    keep(run, 20, best=True, epoch=2)
    keep(run, 30, epoch=3)
    (summary,) = list_runs(tmp_path)
    assert (summary.name, summary.corpus, summary.recipe) == (run.name, "nietzsche", "fast")
    assert (summary.epoch, summary.epochs, summary.best_held_out) == (3, FAST.epochs, 1.5)
    assert summary.size == sum(path.stat().st_size for path in run.folder.rglob("*") if path.is_file())
    assert abs(summary.updated - time.time()) < 60
    assert summary.problem is None


def test_the_list_shows_the_loss_of_the_best_epoch(tmp_path: Path) -> None:
    run = begin(tmp_path)
    ends = [(1, 1.6, 1.7), (2, 1.5, math.nan), (3, 1.4, 1.8), (4, 1.45, 1.46), (5, math.nan, 1.0)]
    for epoch, held_out, windowed in ends:
        run.append_metrics(epoch_line(epoch, held_out, windowed))
    keep(run, 40, best=True, epoch=4)
    keep(run, 50, epoch=5)
    assert list_runs(tmp_path)[0].best_held_out == 1.45


BREAKAGES: dict[str, Callable[[Run], object]] = {
    "no recipe": lambda run: (run.folder / "recipe.toml").unlink(),
    "empty recipe": lambda run: (run.folder / "recipe.toml").write_bytes(b""),
    "recipe that is no text": lambda run: (run.folder / "recipe.toml").write_bytes(b"\xff\0"),
    "recipe without tables": lambda run: (run.folder / "recipe.toml").write_text("run = 1\ncorpus = []\nrecipe = []"),
    "recipe of another program": lambda run: (run.folder / "recipe.toml").write_text("[recipe]\nhiden = 3"),
    "recipe that is a folder": lambda run: (
        (run.folder / "recipe.toml").unlink(),
        (run.folder / "recipe.toml").mkdir(),
    ),
    "metrics that are a folder": lambda run: (run.folder / "metrics.jsonl").mkdir(),
    "setting out of bounds": lambda run: edit(run, "hidden = 128", "hidden = 0"),
    "date that is text": lambda run: edit(run, "created = ", "created = 'soon' #"),
    "name that is a number": lambda run: edit(run, 'recipe = "fast"', "recipe = 3"),
}


def edit(run: Run, old: str, new: str) -> None:
    path = run.folder / "recipe.toml"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_run_is_listed_as_such(tmp_path: Path, name: str) -> None:
    sound, broken = begin(tmp_path, "sound"), begin(tmp_path, "broken")
    BREAKAGES[name](broken)
    (tmp_path / "file").write_text("")
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    problems = {summary.name: summary.problem for summary in list_runs(tmp_path)}
    assert problems.keys() == {"sound", "broken"}
    assert problems["sound"] is None
    assert problems["broken"]
    assert open_run("latest", tmp_path) == sound


def test_a_missing_folder_has_no_runs(tmp_path: Path) -> None:
    assert list_runs(tmp_path / "nowhere") == []
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="cannot be listed"):
        list_runs(tmp_path / "file")


def test_links_that_cannot_be_followed_do_not_hide_the_runs(tmp_path: Path) -> None:
    begin(tmp_path, "sound")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "no-such-name").symlink_to("x" * 300)
    assert [summary.name for summary in list_runs(tmp_path)] == ["sound"]
