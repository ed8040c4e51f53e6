"""Saving beside training: everything reaches the folder in the end, whatever stood in the way meanwhile."""

from __future__ import annotations

import errno
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

import model.runs.saver
from model.runs.checkpoint import Checkpoint, CheckpointError
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.runs.saver import Saver
from model.training.events import Saved, SaveFailed
from tests.model.runs.made_runs import metrics_of
from tests.model.runs.test_checkpoint import make_checkpoint


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "checkpoints").mkdir()
    return Run(tmp_path)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """What could not be written is tried again at once."""
    monkeypatch.setattr(model.runs.saver, "RETRY_SECONDS", 0.01)


def line(number: int) -> Callable[[Run], None]:
    return lambda run: run.append_metrics({"step": number})


def steps(run: Run) -> list[int]:
    return [record["step"] for record in metrics_of(run)]


def gather(saver: Saver, holds: Callable[[list[Saved | SaveFailed]], bool]) -> list[Saved | SaveFailed]:
    """The reports up to when `holds` of all of them."""
    reports: list[Saved | SaveFailed] = []
    waited = threading.Event()
    for _ in range(3000):
        reports += saver.reports()
        if holds(reports):
            return reports
        waited.wait(0.01)
    raise AssertionError(reports)


def test_lines_and_checkpoints_are_in_the_folder_when_it_has_finished(run: Run) -> None:
    saver = Saver(run)
    for number in range(10):
        saver.do(line(number))
    saver.keep(make_checkpoint(step=10), best=True)
    saver.do(line(10))
    reports = saver.finish()
    assert reports[-1] == Saved(str(run.checkpoints()[0]), 10)
    assert steps(run) == list(range(11))
    assert run.load("best").manifest.step == run.load("newest").manifest.step == 10
    assert not saver.busy


def test_only_the_newest_of_waiting_checkpoints_is_written_and_the_best_is_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_it, go_on = threading.Event(), threading.Event()
    written: list[int] = []
    save = Run.save

    def slow(self: Run, checkpoint: Checkpoint) -> Path:
        at_it.set()
        assert go_on.wait(30)
        written.append(checkpoint.manifest.step)
        return save(self, checkpoint)

    monkeypatch.setattr(Run, "save", slow)
    saver = Saver(run)
    saver.keep(make_checkpoint(step=1), best=False)
    assert at_it.wait(30)
    for step in (2, 3, 4):
        saver.keep(make_checkpoint(step=step), best=step == 2)
    go_on.set()
    saver.finish()
    assert written == [1, 4]
    assert run.load("best").manifest.step == 2


def test_lines_are_written_before_the_checkpoint_that_was_given_after_them(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[int]] = []
    save = Run.save
    monkeypatch.setattr(Run, "save", lambda self, checkpoint: (seen.append(steps(self)), save(self, checkpoint))[1])
    saver = Saver(run)
    saver.do(line(1))
    saver.do(line(2))
    saver.keep(make_checkpoint(step=2), best=False)
    saver.finish()
    assert seen == [[1, 2]]


@pytest.mark.parametrize("call", ["write", "fsync", "replace", "ftruncate"])
def test_nothing_is_lost_if_the_disk_is_full_for_a_while(run: Run, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    run.append_metrics({"step": 0})
    with open(run.folder / "metrics.jsonl", "ab") as torn:
        torn.write(b'{"step": 0.')  # so that a line is cut off before the next one is added

    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    saver = Saver(run)
    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        saver.do(line(1))
        saver.keep(make_checkpoint(step=1), best=True)
        reports = gather(saver, lambda reports: any(isinstance(each, SaveFailed) for each in reports))
        saver.do(line(2))
        assert saver.busy
    failed = next(each for each in reports if isinstance(each, SaveFailed))
    assert "No space left on device" in failed.reason
    saver.keep(make_checkpoint(step=2), best=False)
    reports = saver.finish()
    assert reports[-1] == Saved(str(run.checkpoints()[0]), 2)
    assert steps(run) == [0, 1, 2]
    assert run.load("newest").manifest.step == 2
    assert run.load("best").manifest.step == 1


def test_the_same_failure_is_reported_once(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def full(self: Run, checkpoint: Checkpoint) -> NoReturn:
        tries.append(checkpoint.manifest.step)
        raise CheckpointError("No space left." if len(tries) < 6 else "It is read-only now.")

    monkeypatch.setattr(Run, "save", full)
    saver = Saver(run)
    saver.keep(make_checkpoint(step=1), best=False)
    reports = gather(saver, lambda reports: len(reports) == 2)
    assert reports == [SaveFailed("No space left.", on_disk=0), SaveFailed("It is read-only now.", on_disk=0)]
    saver.finish()


def test_a_missing_folder_is_reported_and_saving_continues_when_it_is_back(run: Run, tmp_path: Path) -> None:
    saver = Saver(run)
    away = tmp_path.with_name("away")
    tmp_path.rename(away)
    saver.keep(make_checkpoint(step=1), best=False)
    reports = gather(saver, bool)
    assert isinstance(reports[0], SaveFailed)
    assert not tmp_path.exists(), "nobody wants half a run there"
    away.rename(tmp_path)
    assert gather(saver, lambda reports: any(isinstance(each, Saved) for each in reports))
    saver.finish()
    assert run.load("newest").manifest.step == 1


def test_the_saver_ends_even_if_nothing_can_be_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Run, record: object) -> NoReturn:
        raise RunError("Nothing can be added here.")

    monkeypatch.setattr(Run, "append_metrics", broken)
    saver = Saver(run)
    saver.do(line(1))
    saver.keep(make_checkpoint(step=1), best=False)
    reports = saver.finish()
    assert isinstance(reports[-1], SaveFailed)
    assert run.load("newest").manifest.step == 1, "the checkpoint can be written all the same"


def test_an_unexpected_error_counts_as_a_failed_save(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(self: Run, checkpoint: Checkpoint) -> NoReturn:
        raise ZeroDivisionError("of all things")

    monkeypatch.setattr(Run, "save", odd)
    saver = Saver(run)
    saver.keep(make_checkpoint(step=1), best=False)
    assert saver.finish()[-1] == SaveFailed("Saving failed unexpectedly: ZeroDivisionError: of all things.", on_disk=0)


def test_a_failed_job_is_reported_and_later_jobs_are_written(run: Run) -> None:
    saver = Saver(run)
    saver.do(lambda run: run.append_metrics({"step": {1, 2}}))  # JSON has no sets
    saver.do(line(1))
    gather(saver, lambda reports: any(isinstance(each, SaveFailed) and "TypeError" in each.reason for each in reports))
    saver.finish()
    assert steps(run) == [1]


def test_the_best_counts_as_saved_although_the_newest_cannot_be(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Run, checkpoint: Checkpoint) -> NoReturn:
        raise CheckpointError("No space left.")

    monkeypatch.setattr(Run, "save", full)
    saver = Saver(run)
    saver.keep(make_checkpoint(step=3), best=True)
    reports = saver.finish()
    assert reports == [Saved(str(run.best_checkpoint), 3), SaveFailed("No space left.", on_disk=3)]
    assert run.load("state").manifest.step == 3
