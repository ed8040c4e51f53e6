"""Totals: what is summed over a run and an epoch, and what a checkpoint keeps of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from model.training.events import EpochEnd
from model.training.totals import Totals

LOSSES, COUNTS = np.array([4.0, 3.0, 2.0, 1.0]), np.array([1.0, 1.0, 2.0, 4.0])


def end(epoch: int, held_out: float | None, loss: float = 2.0) -> EpochEnd:
    return EpochEnd(epoch, 10 * epoch, loss, held_out, held_out, 1.0, 100.0)


def test_the_mean_of_an_epoch_weights_each_step_by_its_targets() -> None:
    totals = Totals()
    assert math.isnan(totals.mean_loss)
    for each in (slice(0, 1), slice(1, 4)):
        totals.add(LOSSES[each], COUNTS[each])
    assert totals.mean_loss == pytest.approx((4 + 3 + 4 + 4) / 8)
    totals.begin_epoch()
    assert math.isnan(totals.mean_loss)


@pytest.mark.parametrize("cut", [0, 1, 2, 3])
def test_logged_means_do_not_depend_on_where_chunks_begin(cut: int) -> None:
    totals, means = Totals(), []
    for begin, end in ((0, cut), (cut, 4)):
        losses, counts = LOSSES[begin:end], COUNTS[begin:end]
        totals.add(losses, counts)
        means += totals.log(losses, counts, [logged - begin for logged in (2, 4) if begin < logged <= end])
    assert means == [pytest.approx(each) for each in ((3.5, 3.5), (8 / 6, 15 / 8))]


def test_a_checkpoint_restores_all_totals() -> None:
    totals = Totals(seconds=12.5)
    totals.add(LOSSES, COUNTS)
    totals.log(LOSSES, COUNTS, [3])
    totals.time(2.0, 500)
    totals.judge(end(1, 1.5))
    kept = json.loads(json.dumps(totals.to_progress() | {"of another part": 3}))
    assert Totals.from_progress(kept) == totals


def test_a_checkpoint_keeps_the_loss_of_its_newest_step() -> None:
    totals = Totals()
    totals.add(LOSSES, COUNTS)
    assert Totals.from_progress(totals.to_progress()).batch_loss == float(LOSSES[-1])
    assert Totals.from_progress({}).batch_loss is None


def test_totals_missing_in_an_old_checkpoint_are_those_of_a_new_run() -> None:
    assert Totals.from_progress({"seconds": 3.0}) == Totals(seconds=3.0)


def test_the_best_epoch_is_the_first_of_equals_and_never_nan() -> None:
    totals = Totals()
    assert totals.judge(end(1, 1.5))
    assert not totals.judge(end(2, 1.5))
    assert not totals.judge(end(3, math.nan))
    assert totals.judge(end(4, 1.4))
    assert (totals.best_epoch, totals.best_held_out) == (4, 1.4)


def test_without_held_out_text_the_training_loss_decides() -> None:
    totals = Totals()
    assert totals.judge(end(1, None, loss=2.0))
    assert totals.judge(end(2, None, loss=1.9))
    assert (totals.best_epoch, totals.best_held_out) == (2, None)


def test_a_rollback_keeps_the_training_time_and_the_best_epoch() -> None:
    earlier, later = Totals(seconds=5.0), Totals(seconds=9.0)
    later.judge(end(3, 1.2))
    earlier.keep_from(later)
    assert earlier == replace(Totals(), seconds=9.0, best=1.2, best_held_out=1.2, best_epoch=3)


def test_the_speed_of_an_epoch_is_its_characters_over_its_time() -> None:
    totals = Totals()
    assert totals.characters_per_second == 0.0
    totals.time(2.0, 500)
    totals.time(3.0, 1000)
    assert totals.characters_per_second == 300.0
