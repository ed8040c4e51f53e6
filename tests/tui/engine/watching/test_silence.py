"""Silence: when a run without news counts as silent."""

from __future__ import annotations

import pytest

from tui.engine.watching.silence import Silence


def after(*silences: float, least: float = 45.0) -> Silence:
    """A training run that has had these silences."""
    silence, now = Silence(least, 0.0), 0.0
    for each in silences:
        now += each
        silence.beat(now, usual=True)
    return silence


def test_a_run_may_be_silent_for_the_least_time_however_often_it_reports() -> None:
    silence = after(1.0, 1.0, 1.0)
    assert not silence.fails(silence.last + 45.0)
    assert silence.fails(silence.last + 45.1)


def test_a_run_with_long_silences_may_be_silent_three_times_as_long() -> None:
    silence = after(100.0, 1.0)
    assert not silence.fails(silence.last + 300.0)
    assert silence.fails(silence.last + 300.1)


def test_a_silence_while_the_run_did_not_train_is_not_normal() -> None:
    silence = after(1.0)
    silence.beat(1000.0, usual=False)
    assert silence.last == 1000.0
    assert silence.fails(1045.1)


@pytest.mark.parametrize("since", [15, 16])
def test_only_the_last_sixteen_silences_count(since: int) -> None:
    silence = after(100.0, *[1.0] * since)
    assert silence.fails(silence.last + 50.0) is (since == 16)
