"""A run's folder: what stays of it, and what does not."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.events import Compiled, CorpusReady, Event
from model.recipe import FAST
from model.runs.checkpoint import CheckpointError
from model.runs.folder import Run
from model.runs.json_lines import event_record
from model.runs.listing import create_run, list_runs

CORPUS = CorpusReady("a", "A", 1000, 500, 30, 900, 100, ())
COMPILED = Compiled(1.0, 5000, 2, 10, 4, "/runs/a")


def begin(root: Path, *events: Event) -> Run:
    """A run that has told these events."""
    run = create_run(root, "run", "a", "fast", FAST, datetime.now(UTC), ["a"])
    for event in events:
        run.append_metrics(event_record(event))
    return run


def test_a_run_that_has_not_trained_a_step_can_be_discarded_whole(tmp_path: Path) -> None:
    run = begin(tmp_path, CORPUS)
    run.append_sample({"text": "by weights that have learned nothing"})
    lock = run.lock()
    run.discard_untrained()
    lock.release()
    assert not list(tmp_path.iterdir())
    run.discard_untrained()


def test_a_run_that_has_trained_is_not_discarded(tmp_path: Path) -> None:
    run = begin(tmp_path, CORPUS, COMPILED)
    run.discard_untrained()
    assert [event for event, _ in run.events()] == [CORPUS, COMPILED]


def test_a_checkpoint_keeps_a_run_whose_metrics_are_lost(tmp_path: Path) -> None:
    run = begin(tmp_path)
    run.best_checkpoint.touch()
    run.discard_untrained()
    assert run.facts().recipe == FAST


def test_a_folder_with_other_files_is_not_discarded(tmp_path: Path) -> None:
    run = begin(tmp_path)
    (run.folder / "notes.txt").write_text("mine")
    run.discard_untrained()
    assert (run.folder / "notes.txt").read_text() == "mine"
    assert run.facts().recipe == FAST


def test_opening_a_run_and_writing_with_it_do_not_change_when_it_was_trained(tmp_path: Path) -> None:
    run = begin(tmp_path, CORPUS, COMPILED)
    for name in ("recipe.toml", "metrics.jsonl"):
        os.utime(run.folder / name, (1000.0, 1000.0))
    run.lock().release()
    run.append_sample({"text": "written later"})
    assert run.trained_at() == list_runs(tmp_path)[0].updated == 1000.0
    run.append_metrics(event_record(CORPUS))
    assert run.trained_at() > 1000.0


def test_a_run_without_a_checkpoint_names_the_command_that_trains_it(tmp_path: Path) -> None:
    run = begin(tmp_path)
    with pytest.raises(CheckpointError, match=rf"charlstm train --resume {run.folder}$"):
        run.load()
