"""RunView: what a run looks like, whatever happens to it."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from model.runs.run_view import RunView
from model.training.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Progress,
    Resumed,
    RolledBack,
    Step,
    Unpaused,
)

CORPUS = CorpusReady("a", "A", 1000, 500, 30, 900, 100, ())
COMPILED = Compiled(1.0, 5000, 2, 10, 4, "/runs/a")


def end(epoch: int, held_out: float = 2.0, step: int | None = None) -> EpochEnd:
    return EpochEnd(epoch, 10 * epoch if step is None else step, 2.5, held_out, 2.9, 2.5 * epoch, 360.0, None)


def step(number: int, mean: float | None = None) -> Step:
    return Step(1 + (number - 1) // 10, number, 3.0, 0.01, mean, mean)


def view_of(*events: Event) -> RunView:
    view = RunView()
    for event in events:
        view.apply(event)
    return view


def epochs(view: RunView) -> list[int]:
    return [each.epoch for each in view.epoch_ends]


def test_the_curve_shows_the_means_between_logged_steps() -> None:
    view = view_of(CORPUS, COMPILED, step(5, 4.0), step(10, 3.5))
    assert view.training_curve(100) == [(0.5, 4.0), (1.0, 3.5)]


def test_the_curve_of_an_old_run_shows_its_single_losses() -> None:
    assert view_of(CORPUS, COMPILED, step(5)).training_curve(100) == [(0.5, 3.0)]


def test_progress_moves_the_place_but_not_the_curve() -> None:
    progress = Progress(1, 7, 7, 10, 9.0, 9.0, 0.01, 100.0, 1.0)
    view = view_of(CORPUS, COMPILED, step(5, 4.0), progress, step(10, 3.5))
    assert view.progress == progress
    assert view.training_curve(100) == [(0.5, 4.0), (1.0, 3.5)]


def test_repeated_steps_of_a_resumed_run_count_once() -> None:
    view = view_of(CORPUS, COMPILED, step(5, 4.0), step(10, 3.5), end(1), step(15, 3.0), step(20, 2.9), end(2))
    view.apply(CORPUS)
    view.apply(Resumed(1, 15, 2.0, ()))
    assert (epochs(view), view.training_curve(100)[-1]) == ([1], (1.5, 3.0))
    assert view.progress is not None
    assert (view.progress.epoch, view.progress.step, view.progress.step_in_epoch) == (2, 15, 5)
    assert view.state == "restarted"
    for event in (COMPILED, step(20, 2.8), end(2, 1.9)):
        view.apply(event)
    assert (epochs(view), view.training_curve(100)[-1]) == ([1, 2], (2.0, 2.8))


def test_the_best_weights_stay_the_best_after_a_rollback_behind_them() -> None:
    view = view_of(CORPUS, COMPILED, end(1, 2.0), end(2, 1.5), RolledBack(25, 12, 1, "the loss was no number", 0.5))
    assert epochs(view) == [1]
    assert view.best == end(2, 1.5)
    view.apply(end(2, 1.7))
    assert view.best == end(2, 1.5)
    view.apply(Resumed(2, 20, 1.5, ()))
    assert view.best == end(2, 1.5)


def test_the_best_of_epochs_that_were_lost_is_lost_too() -> None:
    view = view_of(CORPUS, COMPILED, end(1, 2.0), end(2, 1.5), CORPUS, Resumed(1, 12, 2.0, ()))
    assert view.best == end(1, 2.0)


def test_a_run_that_learns_on_has_its_new_number_of_epochs_before_it_has_compiled() -> None:
    view = view_of(CORPUS, COMPILED, end(1), CORPUS, Resumed(1, 10, 2.0, (), total_epochs=9))
    assert view.compiled == replace(COMPILED, epochs=9)
    view.apply(Resumed(1, 10, 2.0, ()))
    assert view.compiled == replace(COMPILED, epochs=9), "resumed again, it is as long"


def test_an_epoch_cut_short_by_the_time_limit_may_stay_the_best() -> None:
    cut = end(2, 1.5, step=15)
    view = view_of(CORPUS, COMPILED, end(1), cut, Finished("time", 1, 15, 3.0, 1.5, 2, "/runs/a"))
    assert (epochs(view), view.whole_epochs) == ([1, 2], 1)
    assert view.training_curve(100) == [(0.5, 2.5), (1.25, 2.5)], "without logged steps, means in the middle"
    for event in (CORPUS, Resumed(1, 15, 1.5, ()), COMPILED, end(2, 1.6)):
        view.apply(event)
    assert (epochs(view), view.whole_epochs, view.best) == ([1, 2], 2, cut)


def test_a_run_that_saved_nothing_begins_again() -> None:
    view = view_of(CORPUS, COMPILED, step(5, 4.0), CORPUS, COMPILED)
    assert (view.progress, view.training_curve(100), view.epoch_ends, view.best) == (None, [], [], None)


@pytest.mark.parametrize(
    ("event", "state"),
    [
        (step(5), "training"),
        (Paused(5), "paused"),
        (Paused(5, showing=True), "showing"),
        (Unpaused(5), "training"),
        (Finished("stopped", 1, 5, 1.0, None, None, None), "finished"),
    ],
)
def test_the_last_event_decides_the_state(event: Event, state: str) -> None:
    assert view_of(CORPUS, COMPILED, event).state == state


def test_a_pause_during_evaluation_outlasts_the_end_of_the_epoch() -> None:
    assert view_of(CORPUS, COMPILED, step(5), Paused(10), end(1)).state == "paused"


def test_training_time_leaves_pauses_out() -> None:
    view = RunView()
    for event, at in (
        (CORPUS, 0.0),
        (replace(COMPILED), 10.0),
        (step(2), 11.0),
        (Paused(2), 12.0),
        (Unpaused(2), 100.0),
        (step(4), 101.0),
    ):
        view.apply(event, at)
    assert view.progress is not None
    assert view.progress.seconds == pytest.approx(3.0)


def test_nothing_is_known_of_a_run_without_events() -> None:
    view = RunView()
    assert (view.state, view.epoch, view.epochs_done, view.whole_epochs, view.best) == ("waiting", 0, 0.0, 0, None)
    assert (view.training_curve(100), view.held_out_curve()) == ([], [])
    assert math.isnan(view.steps_per_second)
