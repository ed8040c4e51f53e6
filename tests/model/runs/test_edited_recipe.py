"""A recipe.toml that was edited by hand is obeyed or refused, never ignored."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from model.options.field_types import choices_of
from model.options.recipe_file import toml_value
from model.recipe import Recipe
from model.runs.checkpoint import NETWORK
from model.runs.continuing.begin_from import read_origin
from model.runs.continuing.edited_recipe import OBEYED, WRITING, with_writing_settings
from model.runs.continuing.resuming import read_past
from model.runs.folder import Run
from model.runs.housekeeping.reading_runs import read_run
from model.runs.housekeeping.summing_up import sum_up
from model.runs.run_facts import RunError
from tests.model.runs.made_runs import TINY, begin, keep
from tui.engine.runs.launch_runs import resuming
from tui.launch import Launch

FIELDS = [each.name for each in fields(Recipe)]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with a state."""
    run = begin(tmp_path, "mine", recipe=TINY)
    keep(run, 10, best=True, epoch=1)
    return run


def edit(run: Run, name: str, value: object) -> None:
    path = run.folder / "recipe.toml"
    text, found = re.subn(rf"(?m)^{name} = .*$", f"{name} = {toml_value(value)}", path.read_text())
    assert found == (2 if name == "recipe" else 1)
    path.write_text(text)


def another(name: str) -> object:
    """Another value of a field than TINY's."""
    value = getattr(TINY, name)
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        others = choices_of(Recipe, name) or ("latin-1",)
        return next(each for each in others if each != value)
    if isinstance(value, tuple):
        return (3,) if name == "dilations" else (0.75,)
    return value + 2 if isinstance(value, int) else 0.25


@pytest.mark.parametrize("name", FIELDS)
def test_each_setting_is_obeyed_or_refused_with_both_values_and_two_ways_out(run: Run, name: str) -> None:
    value = another(name)
    edit(run, name, value)
    if name in OBEYED:
        assert read_past(run).recipe == replace(TINY, **{name: value})  # type: ignore[arg-type]
        return
    with pytest.raises(RunError) as refused:
        read_past(run)
    said = str(refused.value)
    assert re.fullmatch(
        rf"recipe\.toml of the run mine says {name} .+, but the run was trained with {name} .+\. Put that back, or "
        r"begin another run: charlstm train .*",
        said,
    )
    option = name.replace("_", "-")
    assert (f"--{option}" in said or f"--no-{option}" in said) is (name not in TINY.without), "it would be refused"
    assert ("train nietzsche --recipe fast" if name in NETWORK else f"--from {run.folder}") in said


def test_all_that_was_edited_is_named_at_once(run: Run) -> None:
    edit(run, "rate", 0.1)
    edit(run, "batch", 64)
    with pytest.raises(RunError, match=r"says batch 64 and rate 0\.1, but .* with batch 32 and rate 0\.04\. Put"):
        read_past(run)


def test_numbers_that_look_alike_are_told_in_all_their_digits(run: Run) -> None:
    edit(run, "rate", 0.0400000001)
    with pytest.raises(RunError, match=r"says rate 0\.0400000001, .* with rate 0\.04\."):
        read_past(run)


def test_the_list_of_runs_and_the_screen_say_what_cannot_be_obeyed(run: Run, tmp_path: Path) -> None:
    assert not sum_up(run).edited
    edit(run, "rate", 0.1)
    summary = sum_up(run)
    assert summary.edited
    assert "recipe.toml of the run mine says rate 0.1, but" in (summary.needs or "")
    with pytest.raises(RunError, match=r"says rate 0\.1, but the run was trained with rate 0\.04\. Put"):
        resuming(Launch(runs=tmp_path, resume="mine"))
    edit(run, "hidden", 7)
    assert "hidden 7 and rate 0.1" in (sum_up(run).needs or "")


def test_what_was_put_back_resumes(run: Run) -> None:
    edit(run, "rate", 0.1)
    edit(run, "rate", TINY.rate)
    assert read_past(run).recipe == TINY


def test_an_edited_recipe_counts_for_a_run_that_begins_from_it(run: Run, tmp_path: Path) -> None:
    edit(run, "rate", 0.1)
    assert read_origin("mine", "best", tmp_path).facts.recipe.rate == 0.1
    edit(run, "hidden", 2)
    with pytest.raises(RunError, match="says hidden 2, but the run was trained with hidden 1"):
        read_origin("mine", "best", tmp_path)


def test_weights_write_as_the_recipe_says_now(run: Run) -> None:
    for name in WRITING:
        edit(run, name, another(name))
    said: list[str] = []
    written = with_writing_settings(run, run.load(), said.append).manifest.read_recipe()
    assert written == replace(TINY, **{name: another(name) for name in WRITING})  # type: ignore[arg-type]
    assert said == []
    (run.folder / "recipe.toml").write_text("[run")
    assert with_writing_settings(run, run.load(), said.append).manifest.read_recipe() == TINY
    assert said[0].endswith("The weights write with the settings that they were saved with.")


def test_runs_are_compared_by_the_recipe_that_trained_them(run: Run) -> None:
    edit(run, "rate", 0.1)
    edit(run, "epochs", 20)
    assert read_run(run, "mine").recipe == replace(TINY, epochs=20)


@pytest.mark.parametrize("line", ["epochs=16", "epochs = 16 # all of them", "  epochs   =  1_6", "epochs = 0x10"])
def test_epochs_are_set_however_the_line_was_written(run: Run, line: str) -> None:
    path = run.folder / "recipe.toml"
    path.write_text(path.read_text().replace("epochs = 16", line))
    run.set_epochs(40)
    assert run.facts().recipe.epochs == 40
