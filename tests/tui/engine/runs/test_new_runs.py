"""What the form for a new run finds on the disk: texts used lately, and names that are taken."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path

import pytest

from model.options.lessons.lesson import lessons
from model.recipe import FAST
from model.runs.checkpoint import NETWORK
from model.runs.folder import Run
from tests.model.runs.made_runs import NOW, create_run, keep
from tui.engine.runs.lesson_launch import lesson_launch
from tui.engine.runs.new_runs import NewRuns
from tui.engine.runs.shelf import Shelf
from tui.launch import Launch
from tui.views.lesson.lesson_state import LessonState
from tui.views.runs.draft import Draft


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Runs on two files, of which one is gone, and on other texts."""
    (tmp_path / "book.txt").write_text("A book.")
    root = tmp_path / "runs"
    for name, spec in {
        "first": (str(tmp_path / "book.txt"),),
        "again": (str(tmp_path / "book.txt"),),
        "gone": (str(tmp_path / "gone.txt"),),
        "catalogue": ("manual",),
        "piped": ("-",),
    }.items():
        create_run(root, name, Path(spec[0]).stem, "best", FAST, NOW, spec)
    (root / "gone" / "recipe.toml").write_text("[run")
    return root


def test_texts_used_lately_are_those_of_the_runs_once_each(runs: Path) -> None:
    recent = NewRuns(Launch(runs=runs)).recent()
    assert [(text.spec, text.here) for text in recent] == [((str(runs.parent / "book.txt"),), True)]


def test_named_texts_say_which_of_them_are_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv("CHARLSTM_CORPORA", raising=False)
    here = {text.spec[0]: text.here for text in NewRuns(Launch()).named()}
    assert here["aphorisms"]
    assert not here["shakespeare"]


def test_a_name_is_checked_as_on_the_command_line(runs: Path) -> None:
    new_runs = NewRuns(Launch(runs=runs))
    assert new_runs.wrong_name("other") is None
    assert new_runs.wrong_name("first") == "There is already a run 'first'."
    assert "cannot be called 'a/b'" in (new_runs.wrong_name("a/b") or "")


def test_a_new_run_begins_with_no_weights_of_another(runs: Path) -> None:
    shelf = Shelf(Launch(runs=runs, from_="first", from_weights="newest"))
    assert shelf.new_launch() == Launch(runs=runs)


def test_runs_with_weights_can_be_begun_from_and_the_others_say_why_not(runs: Path) -> None:
    recipe = replace(FAST, hidden=8)
    create_run(runs, "small", "book", "best", recipe, NOW, ("aphorisms",))
    for name in ("first", "gone", "small"):
        keep(Run(runs / name), 7, recipe=recipe)
    later = time.time() + 1
    os.utime(runs / "small" / "recipe.toml", (later, later))
    new_runs = NewRuns(Launch(runs=runs))
    assert new_runs.to_begin_from() == ("small", "first")
    found = new_runs.found_run("small", "best")
    assert (found.recipe, found.recipe_name, found.settled) == (recipe, "best", NETWORK)
    assert "weights of the run small (epoch" in found.words
    for name, why in {
        "again": "no checkpoint",
        "gone": "recipe.toml",
        "fist": "Did you mean first?",
        "first": "hidden 128, but the run was trained with hidden 8",
    }.items():
        found = new_runs.found_run(name, "best")
        assert found.recipe is None
        assert why in found.words


def test_a_draft_like_a_run_has_its_text_and_recipe(runs: Path) -> None:
    shelf = Shelf(Launch(runs=runs))
    draft = shelf.draft_like(str(runs / "first"), Launch())
    assert (draft.corpus, draft.preset, draft.recipe) == ((str(runs.parent / "book.txt"),), "best", FAST)
    assert shelf.draft_like(str(runs / "piped"), Launch()).corpus == ()
    fitted = replace(FAST, batch=4, epochs=3)
    create_run(runs, "short", "book", "fast", fitted, NOW, ("aphorisms",), fitted=("batch",))
    draft = shelf.draft_like(str(runs / "short"), Launch(recipe=fitted))
    assert draft.typed == {"epochs": "3"}, "what was fitted to that text is free for another"
    assert shelf.draft_like(str(runs / "gone"), Launch(corpus=("nietzsche",))) == Draft()
    collapse = lessons()["collapse"]
    create_run(runs, "lesson-collapse-1", "manual", "fast", collapse.recipe(), NOW, (collapse.corpus,))
    for launch in (lesson_launch(Launch(), LessonState(collapse)), Launch(resume="latest")):
        assert shelf.draft_like(str(runs / "lesson-collapse-1"), launch) == Draft(), "a lesson's settings are its own"
