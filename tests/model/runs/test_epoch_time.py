"""How long an epoch takes, from what a run has done so far."""

from __future__ import annotations

import pytest

from model.events import Compiled, EpochEnd, Progress
from model.runs.housekeeping.epoch_time import seconds_an_epoch
from model.runs.run_view import RunView


def view_of(*ends: EpochEnd) -> RunView:
    view = RunView()
    view.apply(Compiled(20.0, 5000, 1, 10, 9, "/runs/a"))
    for each in ends:
        view.apply(each)
    return view


def end(epoch: int, seconds: float, step: int | None = None) -> EpochEnd:
    return EpochEnd(epoch, 10 * epoch if step is None else step, 2.5, 2.0, 2.9, seconds, 360.0)


def test_the_first_epoch_which_compiles_does_not_count_once_there_are_more() -> None:
    assert seconds_an_epoch(view_of(end(1, 22.0), end(2, 22.5), end(3, 23.0))) == pytest.approx(0.5)
    slow_once = view_of(*(end(epoch, 20 + epoch / 2 + 30 * (epoch > 3)) for epoch in range(1, 7)))
    assert seconds_an_epoch(slow_once) == pytest.approx(0.5), "nor does one that was slow"


def test_a_part_of_an_epoch_counts_as_a_part() -> None:
    cut = view_of(end(1, 22.0), end(2, 22.5), end(3, 22.75, step=25), end(3, 23.0))
    assert seconds_an_epoch(cut) == pytest.approx(0.5)


def test_before_it_is_the_mean_so_far() -> None:
    assert seconds_an_epoch(RunView()) is None
    assert seconds_an_epoch(view_of(end(1, 22.0), end(2, 24.0))) == pytest.approx(12.0)
    started = view_of()
    started.apply(Progress(1, 5, 5, 10, 2.0, 2.0, 0.01, 100.0, 3.0))
    assert seconds_an_epoch(started) == pytest.approx(6.0)
