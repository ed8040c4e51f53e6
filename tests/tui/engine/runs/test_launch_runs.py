"""Which run a launch goes on with, read off the disk without opening anything of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.training.events import EpochEnd
from tests.model.runs.made_runs import create_run, keep
from tui.engine.runs.launch_runs import resuming, watching
from tui.keys.screen_settings import ScreenSettings, to_text
from tui.launch import Launch

SHORT = replace(FAST, epochs=3, hidden=16)


def make(root: Path, name: str, *, epochs: int = 1, recipe: Recipe = SHORT, preset: str = "fast") -> Run:
    """A run that has done so many epochs."""
    run = create_run(root, name, "nietzsche", preset, recipe, datetime(2026, 1, 31, tzinfo=UTC))
    for epoch in range(1, epochs + 1):
        run.append_metrics(event_record(EpochEnd(epoch, 10 * epoch, 2.0, 2.0 - epoch / 10, 2.9, 1.0, 100.0)))
        keep(run, 10 * epoch, best=True, epoch=epoch, recipe=recipe)
    return run


def test_a_run_brings_its_recipe_and_its_name(tmp_path: Path) -> None:
    run = make(tmp_path, "first", recipe=NOTEBOOK, preset="notebook")
    launch = Launch(runs=tmp_path, resume="first", speed=10, devices=2)
    assert resuming(launch) == replace(
        launch, resume=str(run.folder), name="first", recipe=NOTEBOOK, recipe_name="notebook"
    )


def test_a_run_brings_what_was_set_on_its_screen_unless_the_launch_sets_it(tmp_path: Path) -> None:
    run = make(tmp_path, "first")
    kept = ScreenSettings(pinned="jack ", speed=40.0, odds=True)
    (run.folder / "screen.json").write_text(to_text(kept))
    for launch in (Launch(runs=tmp_path, resume="first"), Launch(runs=tmp_path, watch="first")):
        brought = (resuming if launch.watch is None else watching)(launch)
        assert (brought.kept, brought.seed_text, brought.speed) == (kept, "jack ", 40.0)
    own = resuming(Launch(runs=tmp_path, resume="first", seed_text="jane ", speed=10.0))
    assert (own.seed_text, own.speed) == ("jane ", 10.0)
    (run.folder / "screen.json").write_text("?")
    assert "screen.json is damaged" in resuming(Launch(runs=tmp_path, resume="first")).kept_note


def test_without_a_name_it_is_the_unfinished_run(tmp_path: Path) -> None:
    make(tmp_path, "finished", epochs=3)
    run = make(tmp_path, "unfinished")
    make(tmp_path, "over", epochs=3)
    assert resuming(Launch(runs=tmp_path, resume="")).resume == str(run.folder)


def test_where_no_run_is_unfinished_the_commands_of_this_program_are_named(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"Begin one: charlstm-tui --runs \S+$"):
        resuming(Launch(runs=tmp_path, resume=""))
    run = make(tmp_path, "finished", epochs=3)
    with pytest.raises(RunError) as refused:
        resuming(Launch(runs=tmp_path, resume=""))
    said = f"is unfinished. To write with the latest: charlstm-tui --watch {run.folder}. To begin another: "
    assert str(refused.value).endswith(f"{said}charlstm-tui --runs {tmp_path}")


def test_a_finished_run_may_be_named(tmp_path: Path) -> None:
    run = make(tmp_path, "finished", epochs=3)
    assert resuming(Launch(runs=tmp_path, resume="finished")).resume == str(run.folder)


@pytest.mark.parametrize("reference", ["", "nosuch", "latest"])
def test_resuming_a_missing_run_is_explained_and_makes_nothing(tmp_path: Path, reference: str) -> None:
    with pytest.raises(RunError, match="There is no "):
        resuming(Launch(runs=tmp_path, resume=reference))
    assert not list(tmp_path.iterdir())


def test_a_damaged_recipe_is_explained_in_one_sentence(tmp_path: Path) -> None:
    run = make(tmp_path, "first")
    (run.folder / "recipe.toml").write_text("[run")
    with pytest.raises(RunError, match=r"recipe\.toml is damaged"):
        resuming(Launch(runs=tmp_path, resume="first"))


# Watching


def test_a_watched_run_brings_its_recipe_and_nothing_of_it_is_touched(tmp_path: Path) -> None:
    run = make(tmp_path, "first", recipe=NOTEBOOK, preset="notebook")
    before = sorted(path.name for path in run.folder.iterdir())
    with run.lock():  # as long as it is trained
        launch = Launch(runs=tmp_path, watch="first", speed=10)
        assert watching(launch) == replace(
            launch, watch=str(run.folder), name="first", recipe=NOTEBOOK, recipe_name="notebook"
        )
    assert sorted(path.name for path in run.folder.iterdir() if path.name != "lock") == before


def test_a_watched_run_may_be_called_by_its_path_or_latest(tmp_path: Path) -> None:
    run = make(tmp_path, "first")
    assert watching(Launch(watch=str(run.folder))).watch == str(run.folder)
    assert watching(Launch(watch=str(run.folder))).runs == tmp_path, "elsewhere, it goes by its path"
    assert watching(Launch(runs=tmp_path, watch="latest")).watch == str(run.folder)


def test_watching_a_missing_run_is_explained_and_makes_nothing(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="There is no run 'nosuch'"):
        watching(Launch(runs=tmp_path, watch="nosuch"))
    assert not list(tmp_path.iterdir())
