"""TrainingView: phases, fractions and time left, folded from events."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from model.recipe import FAST
from model.training.events import StopPlanned, TimedEvent
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, epoch_end, progress
from tui.views.log_lines import fold
from tui.views.training_view import TrainingView


def view() -> TrainingView:
    return TrainingView(FAST, "fast")


def test_phases_follow_the_run() -> None:
    run = view()
    assert run.phase == "preparing"
    for event in (CORPUS, COMPILED):
        run.apply(event)
    assert run.phase == "preparing"
    run.apply(progress(1, 8))
    assert run.phase == "training"
    run.pause_asked = True
    assert run.phase == "paused"
    run.apply(FINISHED)
    assert run.phase == "finished"


def test_it_waits_for_the_showing_only_between_epochs_and_only_when_asked() -> None:
    run = view()
    run.apply(progress(1, 264))
    run.apply(epoch_end(1, 1.9))
    assert run.phase == "training"
    run.hold_asked = True
    assert run.phase == "waiting"
    run.apply(progress(2, 8))
    assert run.phase == "training"


def test_a_failure_decides_the_phase() -> None:
    run = view()
    run.failure = "There is no file."
    assert run.phase == "failed"


def test_the_best_epoch_has_the_lowest_held_out_loss_and_never_nan() -> None:
    run = view()
    for number, held_out in enumerate((1.9, 1.7, math.nan, 1.8, None), start=1):
        run.apply(epoch_end(number, held_out))
    assert run.best is not None
    assert run.best.epoch == 2


def test_time_left_follows_the_pace_of_training() -> None:
    run = view()
    run.apply(COMPILED)
    assert math.isnan(run.seconds_left)
    run.apply(progress(1, 8, seconds=0.1))
    assert math.isnan(run.seconds_left)
    run.apply(progress(1, 88, seconds=1.1))
    assert run.epoch_seconds_left == pytest.approx((264 - 88) / 80)
    assert run.seconds_left == pytest.approx((24 * 264 - 88) / 80)
    run.apply(StopPlanned(88, epoch=1))
    assert run.seconds_left == run.epoch_seconds_left
    run.apply(StopPlanned(90, epoch=None))
    assert run.seconds_left == pytest.approx((24 * 264 - 88) / 80)


def test_fractions_stay_between_nothing_and_everything() -> None:
    run = view()
    assert run.run_fraction == run.epoch_fraction == 0.0
    run.apply(COMPILED)
    run.apply(progress(12, 264))
    assert run.run_fraction == pytest.approx(0.5)
    assert run.epoch_fraction == 1.0
    run.apply(progress(30, 264))
    assert run.run_fraction == 1.0


def test_a_run_that_ended_early_does_not_look_complete() -> None:
    run = view()
    run.apply(COMPILED)
    run.apply(progress(12, 264))
    run.apply(replace(FINISHED, reason="time", epoch=12))
    assert run.run_fraction == pytest.approx(0.5)


def test_the_log_says_the_end_of_a_run_once_however_often_it_is_opened_again() -> None:
    run = view()
    said = [line.text for line in fold(run, [TimedEvent(COMPILED, None), *[TimedEvent(FINISHED, None)] * 3])]
    assert len([text for text in said if "all epochs done" in text]) == 1
