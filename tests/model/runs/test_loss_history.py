"""The curve of a run in bounded memory, and what becomes of it when training goes back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from model.runs.loss_history import LossHistory


def test_after_a_rollback_the_curve_has_one_loss_for_each_step() -> None:
    history = LossHistory()
    for step in range(10):
        history.add(step / 10, 2.0)
    history.forget_after(0.45)
    history.add(0.5, 1.0)
    assert history.curve(100) == [(0.0, 2.0), (0.1, 2.0), (0.2, 2.0), (0.3, 2.0), (0.4, 2.0), (0.5, 1.0)]


@given(st.integers(1, 500), st.floats(0, 50), st.integers(0, 100))
def test_after_a_rollback_nothing_later_is_left_in_the_curve(count: int, place: float, more: int) -> None:
    history = LossHistory(most=16)
    for step in range(count):
        history.add(step / 10, 2.0)
    history.forget_after(place)
    assert all(x <= place for x, _ in history.curve(1000))
    for step in range(1, more + 1):
        history.add(place + step / 10, 1.0)
    xs = [x for x, _ in history.curve(1000)]
    assert xs == sorted(xs)
