"""A run's id: where it stands, and what of another run is not believed and not written over."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from model.runs.checkpoint import CheckpointError, load_manifest
from model.runs.continuing.resuming import read_past
from model.runs.epoch_weights import epoch_files, keep_epoch
from model.runs.files.json_lines import from_lines
from model.runs.folder import Run
from model.runs.housekeeping.export import export_run
from model.runs.housekeeping.own_runs import rename_run
from model.training.events import Paused, Unpaused
from tests.model.runs.folders.folders import lines, write_everything
from tests.model.runs.made_runs import TINY, begin, keep
from tests.model.runs.test_checkpoint import make_checkpoint

# The id


def test_a_runs_id_is_in_its_recipe_its_checkpoints_its_lines_and_its_samples(run: Run) -> None:
    run.append_metrics({"event": "paused", "step": 3, "at": 1.5})
    run.append_metrics({"event": "step", "step": 4})
    run.append_sample({"text": "a"})
    keep_epoch(run, 1, run.load("best"), 10_000_000)
    assert re.fullmatch(r"[0-9a-f]{16}", run.id)
    assert run.facts().id == run.id
    weights = [run.best_checkpoint, *run.checkpoints(), *epoch_files(run).values()]
    assert [load_manifest(path).run_id for path in weights] == [run.id] * 3
    ids = [record.get("run_id") for record in from_lines((run.folder / "metrics.jsonl").read_bytes())]
    assert ids == [None, run.id, None]
    assert [record["run_id"] for record in run.samples()] == [run.id]


def test_a_run_keeps_its_id_when_it_is_renamed_exported_and_given_more_epochs(run: Run, tmp_path: Path) -> None:
    own = run.id
    run.set_epochs(99)
    run.release()
    renamed = rename_run(Run(run.folder), "renamed")
    (tmp_path / "away").mkdir()
    shutil.unpack_archive(export_run(renamed, tmp_path), tmp_path / "away")
    assert Run(tmp_path / "away" / "renamed").id == renamed.id == own != begin(tmp_path, "new").id


def test_lines_of_another_run_among_those_of_a_run_are_skipped(run: Run, tmp_path: Path) -> None:
    with begin(tmp_path, "other").lock() as other:
        for each, step in ((run, 1), (other, 2), (run, 3), (other, 4)):
            each.append_metrics({"event": "paused", "step": step, "showing": True, "at": float(step)})
            each.append_metrics({"event": "unpaused", "step": step})
            each.append_sample({"text": str(step)})
    for name in ("metrics.jsonl", "samples.jsonl"):
        mixed = [(each.folder / name).read_bytes() for each in (run, other, run)]
        (run.folder / name).write_bytes(b"".join(mixed))
    steps = [(type(event).__name__, event.step) for event, _ in run.events() if isinstance(event, Paused | Unpaused)]
    assert steps == [("Paused", 1), ("Unpaused", 1), ("Paused", 3), ("Unpaused", 3)] * 2
    assert [sample["text"] for sample in run.samples()] == ["1", "3", "1", "3"]


def test_a_run_without_an_id_is_read_and_written_as_before(tmp_path: Path) -> None:
    run = begin(tmp_path, "old")
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace(f'id = "{run.id}"\n', "").replace("hidden = 128", "hidden = 1"))
    with run.lock() as held:
        assert (run.id, held.id) == ("", "")
        held.append_metrics({"line": 0, "at": 0.5})
        write_everything(held)
    assert lines(run.folder) == [0, 1]
    assert b"run_id" not in (run.folder / "metrics.jsonl").read_bytes()
    assert run.load("best").manifest.run_id == ""
    shutil.copy(run.best_checkpoint, tmp_path)
    newer = begin(tmp_path, "newer", recipe=TINY)
    shutil.copy(run.best_checkpoint, newer.best_checkpoint)
    assert newer.load("best").manifest.step == 2, "a checkpoint without an id may be any run's of this network"


def test_a_checkpoint_without_an_id_of_another_network_is_another_runs(tmp_path: Path) -> None:
    run = begin(tmp_path, "old", recipe=replace(TINY, hidden=2))
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace(f'id = "{run.id}"\n', ""))
    keep(run, 1)
    with pytest.raises(CheckpointError, match="is another run's"):
        run.load("newest")


# Another run's weights


def test_another_runs_checkpoint_is_skipped_and_the_newest_of_its_own_serves(run: Run, tmp_path: Path) -> None:
    other = begin(tmp_path, "other")
    keep(other, 9, best=True)
    shutil.copy(other.best_checkpoint, run.best_checkpoint)
    shutil.copy(other.checkpoints()[0], run.folder / "checkpoints")
    told: list[str] = []
    assert run.load("best", told.append).manifest.step == 1
    assert [sentence.count("is another run's") for sentence in told] == [1, 1]
    (run.folder / "checkpoints" / "step-000000001.safetensors").unlink()
    with pytest.raises(CheckpointError, match="No checkpoint of the run run is sound"):
        run.load("best")


def test_another_runs_checkpoint_is_not_written_over(run: Run, tmp_path: Path) -> None:
    other = begin(tmp_path, "other")
    keep(other, 9, best=True)
    shutil.copy(other.best_checkpoint, run.best_checkpoint)
    keep(run, 2, best=True)
    assert run.load("best").manifest.step == 2
    beside = run.folder / "checkpoints" / "other-best.safetensors"
    assert beside.read_bytes() == other.best_checkpoint.read_bytes()


def test_an_unfinished_run_resumes_from_its_newest_whatever_best_weights_are_in_it(run: Run, tmp_path: Path) -> None:
    other = begin(tmp_path, "other")
    keep(other, 9, best=True)
    shutil.copy(other.best_checkpoint, run.best_checkpoint)
    told: list[str] = []
    past = read_past(run, told.append)
    assert (past.newest and past.newest.manifest.step, past.best) == (1, None)
    assert any(f"{run.best_checkpoint} is another run's. It is skipped." in sentence for sentence in told)


def test_best_weights_of_another_text_are_another_runs_where_they_have_no_id(tmp_path: Path) -> None:
    run = begin(tmp_path, "old", recipe=TINY)
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace(f'id = "{run.id}"\n', ""))
    keep(run, 1)
    run.save_best(make_checkpoint(TINY, "abc"))
    told: list[str] = []
    past = read_past(run, told.append)
    assert (past.newest and past.newest.manifest.step, past.best) == (1, None)
    assert told == [f"The checkpoint {run.best_checkpoint} is another run's. It is skipped."]
    assert run.load("best").manifest.step == 1
