"""Times in words."""

from __future__ import annotations

import math

import pytest

from model.runs.housekeeping.spelled_times import about, duration, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (8.4, "0:08"), (252, "4:12"), (3852, "1:04:12"), (49 * 3600, "2 d 01 h"), (math.nan, "-")],
)
def test_durations_read_like_clocks(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_rough_time_promises_no_more_than_two_figures() -> None:
    assert [*map(about, (0.1, 68.4, 152.0, 3852.0))] == ["about 0:01", "about 1:08", "about 2:30", "about 1:05:00"]


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59, "59 s"), (61, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_ages_are_short(seconds: float, said: str) -> None:
    assert span(seconds) == said
