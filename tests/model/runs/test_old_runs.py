"""Runs of an earlier version are listed, resumed and written with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.cli import main
from model.runs.continuing.resuming import read_past
from model.runs.listing import list_runs
from tests.old_runs import OLD_TEXT, copy_old_run

Capture = pytest.CaptureFixture[str]


def test_old_runs_are_listed(tmp_path: Path) -> None:
    for name in ("unfinished", "finished"):
        copy_old_run(name, tmp_path)
    runs = {run.name: run for run in list_runs(tmp_path)}
    unfinished, finished = runs["unfinished"], runs["finished"]
    assert unfinished.problem is finished.problem is None
    assert (unfinished.corpus, unfinished.recipe) == ("text", "fast")
    assert (unfinished.epoch, unfinished.epochs, unfinished.unfinished) == (4, 8, True)
    assert unfinished.best_held_out == 2.8922879441955387
    assert (finished.epoch, finished.epochs, finished.unfinished) == (3, 3, False)
    assert finished.best_held_out == 2.5454216306731547


@pytest.mark.parametrize("name", ["unfinished", "finished"])
def test_an_old_run_is_read_completely(name: str, tmp_path: Path) -> None:
    past = read_past(copy_old_run(name, tmp_path), pytest.fail)
    assert past.over == (name == "finished")
    assert past.newest is not None
    assert past.best is not None
    assert past.newest.manifest.read_recipe() == past.recipe == past.facts.recipe
    corpus = past.open_corpus([str(OLD_TEXT)])
    assert corpus.digest() == past.newest.manifest.corpus.digest


@pytest.mark.usefixtures("two_devices")
def test_an_old_run_is_resumed_to_its_end(tmp_path: Path, capsys: Capture) -> None:
    run = copy_old_run("unfinished", tmp_path)
    assert main(["train", "--resume", str(run.folder), str(OLD_TEXT), "--devices", "1", "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    resumed = next(event for event in events if event["event"] == "resumed")
    assert (resumed["epoch"], resumed["step"], resumed["best_held_out"]) == (4, 92, 2.8922879441955387)
    assert [event["epoch"] for event in events if event["event"] == "epoch_end"] == [5, 6, 7, 8]
    assert events[-1]["event"] == "finished"
    assert events[-1]["reason"] == "epochs"
    (listed,) = list_runs(tmp_path)
    assert (listed.epoch, listed.unfinished) == (8, False)


@pytest.mark.usefixtures("two_devices")
@pytest.mark.parametrize("name", ["unfinished", "finished"])
def test_an_old_run_writes(name: str, tmp_path: Path, capsys: Capture) -> None:
    run = copy_old_run(name, tmp_path)
    options = ["--seed-text", "the night is", "--length", "80", "--temperature", "0.5"]
    assert main(["write", str(run.folder), *options]) == 0
    assert len(capsys.readouterr().out) >= 80
