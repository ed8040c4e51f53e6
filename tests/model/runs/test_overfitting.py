"""Overfitting is said when it is there, once, and not on noise."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from model.recipe import FAST
from model.runs.loss_history import OverfittingSearch
from model.runs.run_view import RunView
from model.training.events import EpochEnd, TimedEvent
from tests.tui.fake_engine import COMPILED, CORPUS, STEPS
from tui.views.log_lines import fold
from tui.views.training_view import TrainingView


def end(epoch: int, loss: float, held_out: float | None) -> EpochEnd:
    return EpochEnd(epoch, epoch * STEPS, loss, held_out, None, float(epoch), 100.0)


def by_heart(epochs: int = 12) -> list[EpochEnd]:
    """Training falls all the time, held-out rises after the sixth epoch."""
    return [end(n, 2.4 - 0.1 * n, 2.0 - 0.1 * min(n, 6) + 0.03 * max(0, n - 6)) for n in range(1, epochs + 1)]


def noticed(ends: list[EpochEnd]) -> int | None:
    view = RunView()
    for each in (CORPUS, COMPILED, *ends):
        view.apply(each)
    return view.overfitting.noticed.epoch if view.overfitting else None


def test_a_held_out_loss_that_rises_while_training_falls_is_overfitting() -> None:
    assert noticed(by_heart()) == 9


def test_a_held_out_loss_that_only_stands_still_counts_when_training_has_moved_on() -> None:
    assert noticed([end(n, 2.4 - 0.1 * n, max(1.4, 2.0 - 0.1 * n) + n / 1e4) for n in range(1, 15)]) == 9


@given(st.integers(0, 10_000))
def test_noise_on_a_flat_or_falling_curve_is_none(seed: int) -> None:
    chance = random.Random(seed)
    flat = [end(n, 1.5 + chance.gauss(0, 0.003), 1.55 + chance.gauss(0, 0.006)) for n in range(1, 40)]
    falling = [end(n, 2 - 0.012 * n, 2.05 - 0.008 * n + chance.gauss(0, 0.004)) for n in range(1, 40)]
    assert noticed(flat) is None
    assert noticed(falling) is None


def test_the_first_epochs_and_texts_without_held_out_say_nothing() -> None:
    assert noticed([end(n, 2.0 - n / 5, 1.5 + n / 5) for n in range(1, 5)]) is None
    assert noticed([end(n, 2.0 - n / 10, None) for n in range(1, 12)]) is None


def test_the_log_says_it_once_and_names_what_helps() -> None:
    view = TrainingView(FAST, "fast")
    lines = [*fold(view, (TimedEvent(each, None) for each in (CORPUS, COMPILED, *by_heart(20))))]
    (said,) = [line.spelled("nats").text for line in lines if line.text.startswith("Overfitting")]
    assert "since epoch 6 (1.4000, now 1.4900)" in said
    assert "--dropout" in said


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 12)), max_size=8))
def test_what_was_rolled_back_is_forgotten(moves: list[tuple[bool, int]]) -> None:
    """A search that has seen the rolled back epochs finds what one finds that has seen only the others."""
    search, others, there = OverfittingSearch(), list[EpochEnd](), 0
    for back, epochs in moves:
        if back:
            there = max(0, there - epochs)
            others = others[:there]
            continue
        for each in by_heart(there + epochs)[there:]:
            fresh, found = OverfittingSearch(), search.add(each)
            others.append(each)
            assert [fresh.add(other) for other in others][-1] == found
        there += epochs
