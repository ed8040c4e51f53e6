"""Requests of other programs: taken between two chunks, answered with the step, and kept in the run."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from corpora.corpus import Corpus
from model.cli import main
from model.runs.folder import REQUESTS, Run
from model.runs.run_facts import RunError
from model.training.events import Answered, Finished, Paused, RateScaled, SampleAsked, StopPlanned, Unpaused
from model.training.steering.requests import KINDS, ask, open_requests, take_requests, takes_requests
from model.training.steering.training_commands import Stop
from model.training.trainer import Trainer
from tests.model.training.short_trainings import LANES
from tests.patience import PATIENCE

Capture = pytest.CaptureFixture[str]


@contextmanager
def trained(corpus: Corpus, run: Run) -> Iterator[None]:
    """A training in another thread that does not end by itself."""
    trainer, lock = Trainer(corpus, replace(LANES, epochs=100_000)), run.lock()
    thread = threading.Thread(target=lambda: list(trainer.run(keep=run)))
    thread.start()
    try:
        while not takes_requests(run):
            thread.join(0.01)
        yield
    finally:
        trainer.send(Stop())
        thread.join(PATIENCE)
        lock.release()


def asked(run: Run, name: str) -> Answered:
    answer = ask(run, name, PATIENCE)
    assert answer is not None
    assert isinstance(answer.event, Answered)
    assert answer.at is not None
    return answer.event


@pytest.mark.usefixtures("two_devices", "compiled_once")
def test_requests_are_answered_with_the_step_and_kept_in_the_run(
    corpus: Corpus, run_folder: Run, capsys: Capture
) -> None:
    with trained(corpus, run_folder):
        paused = asked(run_folder, "pause")
        assert paused.words == f"training is paused at step {paused.step:,}"
        for name in ("halve-rate", "sample", "stop-after-epoch", "no-stop"):
            assert asked(run_folder, name).step == paused.step, "nothing is trained during a pause"
        assert main(["steer", str(run_folder.folder), "double-rate", "--json"]) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["event"], answer["step"]) == ("answered", paused.step)
        assert "learning rate doubled" in answer["words"]
        assert main(["steer", str(run_folder.folder)]) == 0
        told = capsys.readouterr().out
        assert told.startswith("test: paused")
        assert all(name in told for name in KINDS)
        assert asked(run_folder, "save").words == f"saving a checkpoint of step {paused.step:,}"
        assert asked(run_folder, "resume").step == paused.step
        assert asked(run_folder, "stop").step >= paused.step
    events = [event for event, _ in run_folder.events()]
    kept = [event for event in events if isinstance(event, RateScaled | SampleAsked | StopPlanned)]
    assert [type(event) for event in kept] == [RateScaled, SampleAsked, StopPlanned, StopPlanned, RateScaled]
    assert all(event.asked for event in events if isinstance(event, Paused | Unpaused))
    assert isinstance(events[-1], Finished)
    assert not (run_folder.folder / REQUESTS).exists()
    assert run_folder.checkpoints()


@pytest.mark.usefixtures("two_devices", "compiled_once")
def test_what_no_request_can_be_is_answered_or_dropped(corpus: Corpus, run_folder: Run) -> None:
    with trained(corpus, run_folder):
        assert asked(run_folder, "make coffee").words == "this version of charlstm cannot do that"
        (run_folder.folder / REQUESTS / "large").write_bytes(b"x" * 10_000_000)
        (run_folder.folder / REQUESTS / "writing.1.tmp").write_bytes(b"halve")
        (run_folder.folder / REQUESTS / "folder").mkdir()
        (run_folder.folder / REQUESTS / "link").symlink_to(run_folder.folder)
        assert asked(run_folder, "no-stop").words == "there is nothing to take back: no stop is planned"
        assert asked(run_folder, "halve-rate").words.startswith("learning rate halved")


def test_a_request_of_an_earlier_training_is_dropped(run_folder: Run) -> None:
    open_requests(run_folder)
    (run_folder.folder / REQUESTS / "old").write_text("stop")
    open_requests(run_folder)
    assert list(take_requests(run_folder)) == []


def test_a_request_without_an_answer_is_withdrawn(run_folder: Run) -> None:
    open_requests(run_folder)
    assert ask(run_folder, "pause", 0.2) == "withdrawn"
    assert list(take_requests(run_folder)) == []


def test_a_request_that_was_taken_but_not_answered_in_time_is_not_called_withdrawn(run_folder: Run) -> None:
    open_requests(run_folder)
    assert ask(run_folder, "halve-rate", 0.5, lambda: not list(take_requests(run_folder))) == "taken"


def test_a_run_that_nobody_trains_is_not_asked(run_folder: Run, capsys: Capture) -> None:
    with pytest.raises(RunError, match="takes no requests"):
        ask(run_folder, "pause", 1.0)
    assert main(["steer", str(run_folder.folder), "pause"]) == 2
    assert "No program trains the run test. Resume it: charlstm train --resume" in capsys.readouterr().err
    assert main(["steer", str(run_folder.folder)]) == 0
    assert "No program that takes requests trains it now." in capsys.readouterr().out
