"""Numbers at fixed widths, and the curve of a run of any length."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.runs.loss_history import LossHistory
from tui.terminal.glyphs import needs_ascii
from tui.views import quantities


@given(st.floats(min_value=0, width=32))
def test_a_loss_takes_at_most_seven_cells(value: float) -> None:
    assert len(quantities.loss(value)) <= 7


@pytest.mark.parametrize(
    ("value", "text"), [(1.61234, "1.6123"), (None, "-"), (math.inf, "inf"), (math.nan, "nan"), (250.0, "250.0")]
)
def test_losses_have_four_decimals_while_they_fit(value: float | None, text: str) -> None:
    assert quantities.loss(value) == text


@given(st.floats(min_value=0, max_value=9e9))
def test_a_pace_takes_at_most_seven_cells(value: float) -> None:
    assert len(quantities.pace(value)) <= 7


def test_speeds_are_named() -> None:
    assert [quantities.speed(80.0), quantities.speed(None)] == ["80/s", "unlimited"]


def test_the_curve_of_a_long_run_keeps_its_shape_in_little_memory() -> None:
    history = LossHistory(most=256)
    for step in range(100_000):
        history.add(step / 1000, 1.0 + math.exp(-step / 20_000))
    curve = history.curve(80)
    assert len(curve) <= 80
    assert all(earlier[0] < later[0] for earlier, later in pairwise(curve))
    for x, y in curve:
        assert y == pytest.approx(1.0 + math.exp(-x / 20), abs=0.01)


def test_the_newest_loss_is_on_the_curve_at_once() -> None:
    history = LossHistory(most=4)
    for step in range(9):
        history.add(float(step), 1.0)
    assert history.curve(100)[-1][0] > 7.0


@given(st.lists(st.floats(width=32), max_size=50), st.integers(0, 20))
def test_losses_that_are_not_finite_leave_no_mark_in_the_curve(losses: list[float], most: int) -> None:
    history = LossHistory(most=8)
    for step, loss in enumerate(losses):
        history.add(step / 10, loss)
    assert all(math.isfinite(value) for point in history.curve(most) for value in point)


@pytest.mark.parametrize(
    ("term", "encoding", "plain"),
    [
        ("xterm-256color", "UTF-8", False),
        ("xterm-256color", "utf8", False),
        ("xterm-256color", "ANSI_X3.4-1968", True),
        ("xterm-256color", "ISO-8859-1", True),
        ("linux", "UTF-8", True),
        ("dumb", "UTF-8", True),
    ],
)
def test_ascii_is_for_terminals_that_lack_the_signs(term: str, encoding: str, plain: bool) -> None:
    assert needs_ascii({"TERM": term}, encoding) is plain
