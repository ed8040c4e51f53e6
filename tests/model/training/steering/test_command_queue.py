"""Commands: how a training answers them, and time limits."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace

import pytest

import model.training.learner
import model.training.publishing
import model.training.trainer
from corpora.corpus import Corpus
from model.runs.continuing.resuming import read_past
from model.runs.folder import Run
from model.training.evaluation import Judgement
from model.training.events import (
    CorpusReady,
    EpochEnd,
    Finished,
    Paused,
    Progress,
    RateScaled,
    Saved,
    StopPlanned,
    Unpaused,
)
from model.training.named_arrays import to_arrays
from model.training.steering.training_commands import Pause, Resume, Save, ScaleRate, Stop, StopAfterEpoch
from model.training.trainer import Trainer
from tests.model.training.short_trainings import LANES, WINDOWS, of, until

pytestmark = pytest.mark.usefixtures("two_devices", "compiled_once")


def test_stop_ends_the_run_at_once(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run()
    step = until(Progress, events).step
    trainer.send(Stop())
    (finished,) = list(events)
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.step, finished.epoch) == ("stopped", step, 0)


def test_stop_before_the_first_step_ends_the_run(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    trainer.send(Stop())
    assert [type(event) for event in trainer.run()] == [CorpusReady, Finished]


@pytest.mark.parametrize("paused", [False, True])
def test_stop_interrupts_the_reading_of_the_held_out_text(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, paused: bool
) -> None:
    trainer = Trainer(corpus, LANES)
    asked = []

    def endless(block: object, params: object, ids: object, lengths: object, stop: Callable[[], bool]) -> Judgement:
        if paused:
            trainer.send(Pause())
            assert not stop()
        trainer.send(Stop())
        while not stop():
            asked.append(True)
            assert len(asked) < 10, "the reading goes on though the run was stopped"
        return Judgement(math.nan, None)

    monkeypatch.setattr(model.training.learner, "judge", endless)
    events = list(trainer.run())
    assert not of(EpochEnd, events)
    assert of(Finished, events)[0].reason == "stopped"


def test_no_step_is_done_between_pause_and_resume(corpus: Corpus, clock: SimpleNamespace) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run()
    before = until(Progress, events)
    trainer.send(Pause())
    assert next(events) == Paused(before.step)
    begun = time.monotonic()

    def go_on() -> None:
        clock.now += 1000
        trainer.send(Resume())

    threading.Timer(0.3, go_on).start()
    assert next(events) == Unpaused(before.step)
    assert time.monotonic() - begun >= 0.3
    after = next(events)
    assert isinstance(after, Progress)
    assert after.step > before.step
    assert after.seconds - before.seconds < 1, "a pause is no training time"
    assert of(Finished, list(events))[0].reason == "epochs"


def test_pauses_are_reported_and_written_to_the_run(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    for command in (Pause(), Pause(), Resume(), Pause(showing=True), Pause(), Stop()):
        trainer.send(command)
    events = list(trainer.run(keep=run_folder))
    pauses = [Paused(0), Unpaused(0), Paused(0, showing=True), Paused(0)]
    assert [event for event in events if isinstance(event, Paused | Unpaused)] == pauses
    told = [event for event, _ in run_folder.events() if not isinstance(event, CorpusReady)]
    assert told[:-1] == pauses
    assert isinstance(told[-1], Finished)


def test_the_users_pause_and_the_wait_for_samples_hold_training_each_on_its_own(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    for command in (Pause(showing=True), Pause(), Resume(), Resume(showing=True)):
        trainer.send(command)
    for command in (Pause(), Pause(showing=True), Resume(showing=True), Resume(showing=True), Stop()):
        trainer.send(command)
    told = [event for event in trainer.run() if isinstance(event, Paused | Unpaused)]
    waits, paused = Paused(0, showing=True), Paused(0)
    assert told == [waits, paused, waits, Unpaused(0), paused]


def test_saving_while_paused_does_no_step(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run(keep=run_folder)
    step = until(Progress, events).step
    trainer.send(Pause())
    trainer.send(Save())
    assert next(events) == Paused(step)
    assert next(events) == Saved(str(run_folder.checkpoints()[0]), step)
    begun = time.monotonic()
    threading.Timer(0.3, trainer.send, [Resume()]).start()
    until(Progress, events)
    assert time.monotonic() - begun >= 0.3
    events.close()


def test_a_paused_run_can_be_stopped(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    for command in (Pause(), Stop()):
        trainer.send(command)
    finished = of(Finished, list(trainer.run()))[0]
    assert (finished.reason, finished.step) == ("stopped", 0)


def test_set_rate_scales_the_schedule_from_the_next_step_on(corpus: Corpus) -> None:
    trainer = Trainer(corpus, WINDOWS)
    events = trainer.run()
    assert until(Progress, events).rate == pytest.approx(0.01)
    trainer.send(ScaleRate(0.25))
    assert until(Progress, events).rate == pytest.approx(0.0025)
    trainer.send(ScaleRate(0))
    before = to_arrays(trainer.language_model().params)
    rest = list(events)
    assert {each.rate for each in of(Progress, rest)} == {0}
    assert all(
        before[name].tobytes() == array.tobytes() for name, array in to_arrays(trainer.language_model().params).items()
    )


def test_a_change_of_the_rate_is_an_event_of_the_run(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run(keep=run_folder)
    step = until(Progress, events).step
    trainer.send(ScaleRate(0.5))
    trainer.send(ScaleRate(0.25))
    told = of(RateScaled, list(events))
    assert told == [RateScaled(step, 0.5, 0.5), RateScaled(step, 0.25, 0.125)]
    assert run_folder.view().steering.events == told
    assert told[0].words == f"learning rate halved at step {step}: now 0.5 times the recipe's"


def test_a_planned_stop_ends_the_run_after_the_epoch(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run(keep=run_folder)
    step = until(Progress, events).step
    for wanted in (True, True, False, True):
        trainer.send(StopAfterEpoch(wanted))
    rest = list(events)
    assert of(StopPlanned, rest) == [StopPlanned(step, 1), StopPlanned(step, None), StopPlanned(step, 1)]
    assert [end.epoch for end in of(EpochEnd, rest)] == [1]
    finished = of(Finished, rest)[0]
    assert (finished.reason, finished.epoch) == ("stopped", 1)
    past = read_past(run_folder)
    assert past.newest is not None
    rest = list(Trainer(corpus, LANES, resume_from=past.newest, replay=past.replay).run(keep=run_folder))
    assert of(Finished, rest)[0].reason == "epochs", "resuming is how training goes on"


def test_a_stop_after_the_last_epoch_is_no_stop(corpus: Corpus) -> None:
    trainer = Trainer(corpus, replace(LANES, epochs=1))
    trainer.send(StopAfterEpoch(True))
    assert of(Finished, list(trainer.run()))[0].reason == "epochs"


def test_a_run_that_was_killed_repeats_what_its_folder_tells(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run(keep=run_folder)
    until(Progress, events)
    trainer.send(ScaleRate(0.5))
    changed = until(RateScaled, events)
    *_, finished = events
    assert isinstance(finished, Finished)
    past = replace(read_past(run_folder), newest=None)  # as if it was killed before its first checkpoint
    assert past.replay == [(changed.step, 0.5, True)]
    again = Trainer(corpus, LANES, replay=past.replay)
    list(again.run())
    before, after = to_arrays(trainer.language_model().params), to_arrays(again.language_model().params)
    assert all(before[name].tobytes() == array.tobytes() for name, array in after.items())


def test_the_time_limit_ends_the_epoch_and_the_run(corpus: Corpus, clock: SimpleNamespace) -> None:
    trainer = Trainer(corpus, LANES, max_seconds=0.035)
    events = list(trainer.run())
    *_, progress, end, finished = events
    assert isinstance(progress, Progress)
    assert isinstance(end, EpochEnd)
    assert isinstance(finished, Finished)
    assert 0.035 <= progress.seconds == end.seconds == finished.seconds < 0.06
    assert 0 < progress.step_in_epoch < progress.steps_per_epoch
    assert (end.epoch, end.step, end.loss) == (1, progress.step, progress.epoch_loss)
    assert end.trained == progress.step_in_epoch / progress.steps_per_epoch
    assert end.held_out == trainer.language_model().score(corpus.split(LANES.held_out)[1])
    assert (finished.reason, finished.epoch, finished.step) == ("time", 0, progress.step)
    assert (finished.best_held_out, finished.best_epoch) == (end.held_out, 1)


def test_a_time_limit_reached_in_the_last_epoch_is_not_the_reason(corpus: Corpus, clock: SimpleNamespace) -> None:
    needed = of(Finished, list(Trainer(corpus, LANES).run()))[0].seconds
    events = list(Trainer(corpus, LANES, max_seconds=needed - 0.001).run())
    assert [end.epoch for end in of(EpochEnd, events)] == [1, 2]
    assert of(Finished, events)[0].reason == "epochs"


def test_a_time_limit_of_zero_ends_the_run_without_a_step(corpus: Corpus) -> None:
    events = list(Trainer(corpus, LANES, max_seconds=0).run())
    assert [type(event) for event in events] == [CorpusReady, Finished]
    assert events[-1] == replace(events[-1], reason="time", step=0, best_held_out=None, best_epoch=None)
