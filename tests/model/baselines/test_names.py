"""The baselines in words, and when a network overtakes one."""

from __future__ import annotations

import math
from dataclasses import replace

from model.baselines.names import Overtaking, counting, ladder_of
from model.training.events import Baselines, EpochEnd, Progress

LADDER = Baselines(4.0, (3.0, 2.4, 1.9, 1.5, 1.4, 1.45), 1000)
END = EpochEnd(1, 10, 2.0, None, None, 1.0, 1.0)


def overtaken(*events: EpochEnd | Baselines) -> list[int | None]:
    """The order that is told of after each event."""
    fold, told = Overtaking(), []
    for event in events:
        fold.hear(event)
        told.append(fold.newest.order if fold.newest else None)
    return told


def ends(*losses: float | None) -> list[EpochEnd]:
    return [replace(END, held_out=loss) for loss in losses]


def test_a_baseline_says_what_it_does() -> None:
    assert [counting(order) for order in (-1, 0, 1, 4)] == [
        "guessing all characters alike",
        "counting characters alone",
        "counting 1 character back",
        "counting 4 characters back",
    ]
    assert [each.label for each in ladder_of(LADDER)][:3] == ["uniform", "order 0", "order 1"]
    assert ladder_of(replace(LADDER, token="token"))[3].words == "counting 2 tokens back"


def test_of_several_baselines_that_are_overtaken_at_once_the_best_is_told() -> None:
    assert overtaken(LADDER, *ends(2.3, 1.7, 1.44, 1.39)) == [None, 1, 2, 3 + 2, 4]


def test_where_a_lower_order_is_ahead_of_the_one_that_is_overtaken_it_is_named() -> None:
    fold, said = Overtaking(), []
    for event in (LADDER, *ends(1.44, 1.39)):
        fold.hear(event)
        said.append(fold.words("LOSS"))
    overtook = "Better than counting {} characters back (order {}: LOSS)"
    assert said == ["", f"{overtook.format(5, 5)}, but not yet better than order 4", overtook.format(4, 4)]


def test_each_baseline_is_told_of_once() -> None:
    assert overtaken(LADDER, *ends(2.3, 2.5, 2.35, 2.2)) == [None, 1, None, None, None]


def test_baselines_that_come_late_are_compared_with_the_epochs_before() -> None:
    assert overtaken(*ends(2.3, 1.7), LADDER, *ends(1.6, 1.46)) == [None, None, 2, None, 3]


def test_an_epoch_without_a_held_out_loss_overtakes_nothing() -> None:
    assert overtaken(LADDER, *ends(None, math.nan, 5.0)) == [None, None, None, None]


def test_other_events_take_back_the_news() -> None:
    fold = Overtaking()
    fold.hear(LADDER)
    fold.hear(replace(END, held_out=2.0))
    assert fold.newest
    fold.hear(Progress(2, 11, 1, 10, 2.0, 2.0, 0.01, 1.0, 1.0))
    assert fold.newest is None
