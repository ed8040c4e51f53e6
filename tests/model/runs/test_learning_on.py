"""Learning on: a run takes more epochs, nothing of it is lost, and it resumes exactly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.cli import main
from model.runs.continuing.resuming import read_past
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.training.events import EpochEnd, Event, Finished, Resumed
from model.training.steering.training_commands import StopAfterEpoch
from tests.model.runs.made_runs import create_run
from tests.model.runs.test_resuming import LANES

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def corpus(ids: np.ndarray) -> Corpus:
    return Corpus("synthetic", "A synthetic text", "abcdefg", ids[:2000].astype(np.uint8), None, ())


def resumed(corpus: Corpus, run: Run, epochs: int | None = None, *, stop: bool = False) -> list[Event]:
    """Resume a run, to another number of epochs in all or to its own; perhaps only for an epoch."""
    from model.training.trainer import Trainer

    past = read_past(run)
    past = past if epochs is None else past.learning_on(epochs)
    run.set_epochs(past.recipe.epochs)
    trainer = Trainer(corpus, past.recipe, resume_from=past.newest, best=past.best, replay=past.replay)
    if stop:
        trainer.send(StopAfterEpoch(True))
    return list(trainer.run(keep=run))


def ends(events: Iterable[Event]) -> list[int]:
    return [event.epoch for event in events if isinstance(event, EpochEnd)]


@pytest.mark.usefixtures("two_devices")
def test_a_finished_run_learns_on_and_resumes_exactly(corpus: Corpus, tmp_path: Path) -> None:
    from model.training.trainer import Trainer

    recipe = replace(LANES, epochs=2)
    runs = [create_run(tmp_path, name, "synthetic", "fast", recipe, datetime.now(UTC)) for name in ("whole", "left")]
    for run in runs:
        list(Trainer(corpus, recipe).run(keep=run))
    whole, left = runs
    events = resumed(corpus, whole, 4)
    assert ends(events) == [3, 4]
    told = next(event for event in events if isinstance(event, Resumed))
    assert told.learning_on.startswith("training to 4 epochs in all")
    assert ends(resumed(corpus, left, 4, stop=True)) == [3]
    assert left.facts().recipe.epochs == 4
    rest = resumed(corpus, left)
    assert ends(rest) == [4]
    assert isinstance(rest[-1], Finished)
    view = left.view()
    assert [end.epoch for end in view.epoch_ends] == [1, 2, 3, 4], "the curve goes on"
    assert view.best == min(view.epoch_ends, key=lambda end: end.judged)
    for name, array in whole.load("newest").arrays.items():
        assert array.tobytes() == left.load("newest").arrays[name].tobytes(), name


@pytest.mark.usefixtures("two_devices")
def test_a_run_that_was_killed_before_it_learned_on_still_does(corpus: Corpus, tmp_path: Path) -> None:
    from model.training.trainer import Trainer

    recipe = replace(LANES, epochs=1)
    run = create_run(tmp_path, "killed", "synthetic", "fast", recipe, datetime.now(UTC))
    list(Trainer(corpus, recipe).run(keep=run))
    run.set_epochs(2)
    assert not read_past(run).over
    assert ends(resumed(corpus, run)) == [2]
    with pytest.raises(RunError, match="has trained 2 epochs already; --epochs is their number in all: give more than"):
        read_past(run).learning_on(2)


def test_the_command_line_learns_on(tmp_path: Path, capsys: Capture, two_devices: None) -> None:
    small = ["--hidden", "8", "--epochs", "1", "--runs", str(tmp_path), "--name", "run"]
    assert main(["train", "aphorisms", *small]) == 0
    assert main(["train", "--resume", "run", "--epochs", "1", "--runs", str(tmp_path)]) == 2
    assert "give more than 1" in capsys.readouterr().err
    assert main(["train", "--resume", "run", "--epochs", "2", "--runs", str(tmp_path)]) == 0
    assert "training to 2 epochs in all" in capsys.readouterr().out
    run = Run(tmp_path / "run")
    assert run.facts().recipe.epochs == 2
    assert ends(event for event, _ in run.events()) == [1, 2]
