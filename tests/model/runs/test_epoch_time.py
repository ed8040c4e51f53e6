"""How long an epoch takes, from what a run has done so far."""

from __future__ import annotations

import pytest

from model.runs.housekeeping.epoch_time import seconds_an_epoch
from model.runs.run_view import RunView
from model.training.events import Compiled, CorpusReady, EpochEnd, Progress

CORPUS = CorpusReady("a", "a", 200, 0, 5, 180, 20, ())


def view_of(*paces: float) -> RunView:
    """Of a run that took 20 seconds to compile, and trained its epochs at these paces, in characters a second."""
    view, seconds = RunView(), 20.0
    view.apply(CORPUS)
    view.apply(Compiled(20.0, 5000, 1, 10, 9, "/runs/a"))
    for epoch, pace in enumerate(paces, 1):
        seconds += CORPUS.training_characters / pace
        view.apply(EpochEnd(epoch, 10 * epoch, 2.5, 2.0, 2.9, seconds, pace))
    return view


@pytest.mark.parametrize("paces", [(360.0,), (360.0, 360.0), (360.0, 360.0, 9.0, 360.0)])
def test_neither_compiling_nor_an_epoch_that_was_slow_counts(paces: tuple[float, ...]) -> None:
    assert seconds_an_epoch(view_of(*paces)) == pytest.approx(0.5)


def test_before_the_first_end_it_is_the_pace_so_far() -> None:
    assert seconds_an_epoch(RunView()) is None
    assert seconds_an_epoch(view_of()) is None
    started = view_of()
    started.apply(Progress(1, 5, 5, 10, 2.0, 2.0, 0.01, 90.0, 21.0))
    assert seconds_an_epoch(started) == pytest.approx(2.0)
