"""Sampling: its bounds, its words, and its way into JSON and back."""

from __future__ import annotations

from dataclasses import fields

import pytest

from model.sampling import Sampling, SamplingError


def test_every_setting_has_help_and_bounds_that_hold_its_default() -> None:
    for field in fields(Sampling):
        assert field.metadata["help"]
        assert field.metadata["low"] <= field.default <= field.metadata["high"]


@pytest.mark.parametrize("value", [-0.1, 100.1, float("nan"), "1", None, True])
def test_a_value_out_of_bounds_or_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(SamplingError, match=r"temperature is .*; it must be between 0 and 100"):
        Sampling(value)  # type: ignore[arg-type]


def test_plain_values_come_back() -> None:
    assert Sampling.from_plain(Sampling(0.5).to_plain()) == Sampling(0.5)
    assert Sampling.from_plain({}) == Sampling()


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SamplingError, match="warmth"):
        Sampling.from_plain({"warmth": 1})


def test_the_temperature_is_always_named() -> None:
    assert (Sampling(0.5).words, Sampling(0.5).short) == ("temperature 0.5", "0.50")
    assert (Sampling().words, Sampling().short) == ("temperature 1.0", "1.00")
