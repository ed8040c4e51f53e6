"""Only what is on the disk is promised: which state is resumed, which weights write, and what is said of the rest."""

from __future__ import annotations

import os
import shutil
from argparse import Namespace
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.cli import main
from model.cli.run_argument import open_weights
from model.runs.checkpoint import CheckpointError
from model.runs.continuing.resuming import read_past
from model.runs.epoch_weights import keep_epoch, load_epoch
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.housekeeping.reading_runs import read_run
from model.runs.housekeeping.summing_up import sum_up
from model.runs.housekeeping.unkept import unkept
from model.runs.listing import list_runs, open_run
from model.runs.run_view import RunView
from model.training.events import Compiled, EpochEnd, Event, Step
from tests.model.runs.made_runs import TINY, begin, damage, keep

Capture = pytest.CaptureFixture[str]


def trained(root: Path, epochs: int = 3, extra: int = 0) -> Run:
    """A run of so many epochs of ten steps, of which nothing is saved yet."""
    run = begin(root, "mine", recipe=replace(TINY, epochs=7))
    events: list[Event] = [Compiled(1.0, 9, 1, 10, 7, str(run.folder))]
    events += [EpochEnd(each, 10 * each, 2.0, 2.0 - each / 10, 2.9, 1.0, 100.0) for each in range(1, epochs + 1)]
    events += [Step(epochs + 1, 10 * epochs + extra, 2.0, 0.01)] if extra else []
    for event in events:
        run.append_metrics(event_record(event))
    return run


def end_epoch(run: Run, epoch: int, best: bool = True) -> Path:
    return keep(run, 10 * epoch, best=best, epoch=epoch, seconds=float(epoch), best_epoch=epoch)


def resumed(run: Run) -> tuple[int, list[str]]:
    """The step of the state that is resumed, and what is said."""
    said: list[str] = []
    newest = read_past(run, said.append).newest
    return newest.manifest.step if newest else -1, said


# What is resumed


@pytest.mark.parametrize(
    ("lost", "step"),
    [
        ((), 30),
        (("step-000000030",), 20),
        (("step-000000030", "step-000000020"), 10),
        (("best", "step-000000030"), 20),
        (("best",), 30),
    ],
)
@pytest.mark.parametrize("how", ["gone", "damaged", "torn"])
def test_the_newest_sound_state_of_all_is_resumed_and_named(
    tmp_path: Path, lost: Sequence[str], step: int, how: str
) -> None:
    run = trained(tmp_path)
    end_epoch(run, 1)
    for epoch in (2, 3):
        end_epoch(run, epoch, best=False)
    for name in lost:
        path = run.folder / "checkpoints" / f"{name}.safetensors"
        if how == "damaged":
            damage(path)
        else:
            path.unlink() if how == "gone" else path.write_bytes(b"torn")
    at, said = resumed(run)
    assert at == step
    skipped = [sentence for sentence in said if "It is skipped." in sentence]
    assert len(skipped) == (0 if how == "gone" else len(lost))
    states = [name for name in lost if name != "best"]
    named = f"The newest sound state is resumed: epoch {step // 10}, step {step}."
    assert (named in said) == (how != "gone" and bool(states))
    assert any("trained and not kept" in sentence for sentence in said) == (step < 30)


def test_the_best_state_is_resumed_where_it_is_newer_than_the_others(tmp_path: Path) -> None:
    run = trained(tmp_path)
    end_epoch(run, 1, best=False)
    end_epoch(run, 3).unlink()
    end_epoch(run, 1, best=False)
    assert resumed(run) == (30, [])
    assert sum_up(run).epoch == 3


def test_a_state_that_was_rolled_back_is_not_resumed_though_it_is_the_best(tmp_path: Path) -> None:
    run = trained(tmp_path, epochs=2)
    keep(run, 20, best=True, epoch=2, seconds=20.0, best_epoch=2)
    keep(run, 10, epoch=1, seconds=20.5, best_epoch=2)
    assert resumed(run)[0] == 10
    assert run.load("best").manifest.step == 20


def test_a_run_that_kept_nothing_begins_again_and_says_what_is_lost(tmp_path: Path) -> None:
    assert resumed(trained(tmp_path)) == (-1, ["Epochs 1 to 3 were trained and not kept: training does them again."])


def test_weights_of_epochs_write_but_are_not_resumed(tmp_path: Path) -> None:
    run = trained(tmp_path)
    end_epoch(run, 1)
    state = run.load("state")
    later = replace(state, manifest=replace(state.manifest, cursor=state.manifest.cursor._replace(epoch=3), step=30))
    keep_epoch(run, 3, later, 1_000_000)
    assert resumed(run)[0] == 10
    assert [run.load(which).manifest.step for which in ("best", "newest")] == [10, 30]
    shutil.rmtree(run.folder / "checkpoints")
    with pytest.raises(CheckpointError, match="has no state to resume"):
        resumed(run)  # to begin again would delete them
    assert sum_up(run).unkept.startswith("No state is sound that training could resume; the weights")
    assert run.load("best").manifest.step == 30
    assert open_run("latest", tmp_path) == run


def test_the_weights_of_an_epoch_come_from_whichever_of_its_files_is_sound(tmp_path: Path) -> None:
    run = trained(tmp_path, epochs=1)
    end_epoch(run, 1)
    keep_epoch(run, 1, run.load("state"), 1_000_000)
    damage(run.folder / "epochs" / "epoch-0001.safetensors")
    said: list[str] = []
    assert load_epoch(run, 1, said.append).manifest.step == 10
    assert [sentence.endswith("It is skipped.") for sentence in said] == [True]


# What is said


@pytest.mark.parametrize(
    ("epochs", "extra", "kept", "said"),
    [
        (7, 0, 40, "Epochs 5 to 7 were trained and not kept"),
        (5, 0, 40, "Epoch 5 was trained and not kept"),
        (5, 3, 40, "Epoch 5 and part of the next were trained and not kept"),
        (4, 5, 42, "Steps 43 to 45 were trained and not kept"),
        (4, 1, 40, "Step 41 was trained and not kept"),
        (4, 0, 40, ""),
        (4, 0, None, "Epochs 1 to 4 were trained and not kept"),
        (0, 0, None, ""),
    ],
)
def test_what_is_not_kept_is_said_with_how_much(
    tmp_path: Path, epochs: int, extra: int, kept: int | None, said: str
) -> None:
    assert unkept(trained(tmp_path, epochs, extra).view(), kept) == said
    assert unkept(RunView(), kept) == ""


def test_an_epoch_cut_short_is_not_said_to_be_lost_as_a_whole(tmp_path: Path) -> None:
    run = trained(tmp_path, epochs=4)
    run.append_metrics(event_record(EpochEnd(5, 46, 2.0, 1.5, 2.9, 1.0, 100.0, trained=0.6), 1.0))
    assert unkept(run.view(), 30) == "Epoch 4 and part of the next were trained and not kept"
    assert unkept(run.view(), 40) == "Steps 41 to 46 were trained and not kept"


def test_a_listing_promises_only_what_is_kept(tmp_path: Path) -> None:
    run = trained(tmp_path, epochs=7)
    end_epoch(run, 4)
    summary = sum_up(run)
    assert (summary.epoch, summary.best_held_out, summary.state) == (4, 1.6, "unfinished")
    assert summary.unkept == "Epochs 5 to 7 were trained and not kept"
    assert read_run(run, "mine").best_loss == 1.6
    with run.lock():  # a program that trains saves a little later than it tells
        summary = sum_up(run)
    assert (summary.epoch, summary.unkept) == (7, "")


def test_the_best_loss_is_that_of_weights_that_are_there(tmp_path: Path) -> None:
    run = trained(tmp_path, epochs=3)
    end_epoch(run, 1)
    end_epoch(run, 3, best=False)
    assert sum_up(run).best_held_out == 1.9
    (run.folder / "checkpoints" / "best.safetensors").unlink()
    assert sum_up(run).best_held_out == 1.7, "the newest weights write then"


def test_lost_metrics_do_not_hide_what_is_kept(tmp_path: Path) -> None:
    run = trained(tmp_path, epochs=7)
    keep(run, 70, best=True, epoch=7, seconds=1.0, best_epoch=7, best_held_out=1.25)
    (run.folder / "metrics.jsonl").unlink()
    summary = sum_up(run)
    assert (summary.epoch, summary.state, summary.best_held_out, summary.unkept) == (7, "finished", 1.25, "")


def test_a_folder_of_checkpoints_that_cannot_be_read_does_not_hide_the_other_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(trained(tmp_path), 10, best=True)
    keep(begin(tmp_path, "other"), 10, best=True)
    closed = tmp_path / "mine" / "checkpoints"

    def refusing(call: Callable[..., Any]) -> Callable[..., Any]:
        def refuse(path: Any, *args: Any, **more: Any) -> Any:
            if isinstance(path, (str, os.PathLike)) and closed in Path(path).parents:
                raise PermissionError(13, "Permission denied", str(path))
            return call(path, *args, **more)

        return refuse

    monkeypatch.setattr(os, "stat", refusing(os.stat))
    monkeypatch.setattr(os, "open", refusing(os.open))
    assert {each.folder.name for each in list_runs(tmp_path)} == {"mine", "other"}
    with pytest.raises(CheckpointError, match="Permission denied"):
        read_past(Run(tmp_path / "mine"))


def test_commands_say_what_was_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    run = trained(tmp_path / "runs", epochs=7)
    end_epoch(run, 4)
    lost = "Epochs 5 to 7 were trained and not kept"
    assert main(["runs", "--runs", str(tmp_path / "runs")]) == 0
    assert f"\nmine: {lost}.\n" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert main(["runs", "export", "mine", "--runs", str(tmp_path / "runs")]) == 0
    assert f"{lost}: the archive has what was." in capsys.readouterr().out
    assert main(["steer", str(run.folder)]) == 0
    assert f"{lost}." in capsys.readouterr().out
    _, weights = open_weights(Namespace(run="mine", runs=tmp_path / "runs", epoch=None, weights="best"))
    assert weights.manifest.step == 40
    assert f"charlstm: {lost}. The weights are those of epoch 4, step 40.\n" in capsys.readouterr().err
