"""Sampling: its bounds, its words, and its way into JSON and back."""

from __future__ import annotations

import pytest

from model.sampling import MOST_UNITS_OFF, SETTINGS, Sampling, SamplingError, Unit


def test_every_setting_has_help_and_bounds_that_hold_its_default() -> None:
    for field in SETTINGS:
        assert field.metadata["help"]
        assert field.metadata["low"] <= field.default <= field.metadata["high"]


@pytest.mark.parametrize("value", [-0.1, 100.1, float("nan"), "1", None, True])
def test_a_value_out_of_bounds_or_of_another_kind_is_refused(value: object) -> None:
    with pytest.raises(SamplingError, match=r"temperature is .*; it must be between 0 and 100"):
        Sampling(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in SETTINGS])
def test_every_setting_is_held_within_its_bounds(name: str) -> None:
    bounds = Sampling.__dataclass_fields__[name].metadata
    for value in (bounds["low"] - 1, bounds["high"] + 1, float("nan"), "1", None):
        with pytest.raises(SamplingError, match=f"{name} is .*; it must be"):
            Sampling(**{name: value})


def test_switches_and_whole_numbers_are_nothing_else() -> None:
    for wrong in ({"top_k": 5.5}, {"top_k": True}, {"temperature_last": 1}, {"top_p": True}):
        with pytest.raises(SamplingError):
            Sampling(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", [field.name for field in SETTINGS])
def test_keys_turn_a_setting_on_and_off_and_step_it_within_bounds(name: str) -> None:
    bounds = Sampling.__dataclass_fields__[name].metadata
    on = Sampling().turned(name, True)
    assert on == Sampling(**{name: bounds["usual"]})
    assert on.turned(name, False) == Sampling()
    assert Sampling().stepped(name, 100_000) == Sampling(**{name: type(bounds["usual"])(bounds["most"])})
    assert getattr(Sampling().stepped(name, -100_000), name) == bounds["low"]
    assert type(getattr(Sampling().stepped(name, 1), name)) is type(bounds["usual"])


def test_all_settings_but_the_order_stand_in_both_orders() -> None:
    names = {field.name for field in SETTINGS} - {"temperature_last"}
    first, last = Sampling().order, Sampling(temperature_last=True).order
    assert set(first) == set(last) == names
    assert first.index("temperature") < first.index("top_k")
    assert last[-1] == "temperature"


def test_plain_values_come_back() -> None:
    assert Sampling.from_plain(Sampling(0.5).to_plain()) == Sampling(0.5)
    assert Sampling.from_plain({}) == Sampling()
    filtered = Sampling(0.5, top_k=5, temperature_last=True)
    assert filtered.to_plain() == {"temperature": 0.5, "top_k": 5, "temperature_last": True}
    assert Sampling.from_plain(filtered.to_plain()) == filtered


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(SamplingError, match="warmth"):
        Sampling.from_plain({"warmth": 1})


def test_the_temperature_is_always_named() -> None:
    assert (Sampling(0.5).words, Sampling(0.5).short) == ("temperature 0.5", "0.50")
    assert (Sampling().words, Sampling().short) == ("temperature 1", "1.00")


def test_every_setting_that_makes_a_difference_is_named() -> None:
    sampling = Sampling(0.5, top_k=5, min_p=0.05, temperature_last=True)
    assert sampling.words == "top-k 5, min-p 0.05, temperature 0.5"
    assert sampling.short == "top-k 5, min-p 0.05, 0.50"


@pytest.mark.parametrize("last", [False, True])
def test_settings_are_named_in_the_order_in_which_they_are_applied(last: bool) -> None:
    sampling = Sampling(temperature_last=last)
    for name in sampling.order:
        sampling = sampling.turned(name, True).changed("temperature", 0.5)
    named = [each.rpartition(" ")[0].replace("-", "_") for each in sampling.words.split(", ")]
    assert named == [*sampling.order]
    assert sampling.short == sampling.words.replace("temperature 0.5", "0.50")
    assert [name for name, _ in sampling.stages] == named


def test_a_change_names_only_what_is_other_than_it_was() -> None:
    before = Sampling(0.5, top_p=0.9, min_p=0.05, without_units=(Unit(1, 3),))
    assert before.changed("temperature", 0.45).change_from(before) == "0.45"
    assert before.changed("min_p", 0.0).change_from(before) == "min-p off"
    assert before.changed("temperature_last", True).change_from(before) == "temperature-last"
    assert before.change_from(Sampling(0.5)) == "top-p 0.9, min-p 0.05, without 1:3"
    assert Sampling(0.2, top_k=5).change_from(before) == "0.20, top-k 5, top-p off, min-p off, all units"


def test_units_that_are_off_are_named_and_come_back() -> None:
    sampling = Sampling(0.5, without_units=(Unit(2, 1), Unit(1, 57), Unit(2, 1)))
    assert sampling.short == "0.50, without 1:57 2:1"
    assert sampling.to_plain() == {"temperature": 0.5, "without_units": ["1:57", "2:1"]}
    assert Sampling.from_plain(sampling.to_plain()) == sampling
    assert sampling.stepped("temperature", 1).without_units == sampling.without_units


def test_a_unit_is_switched_off_and_on() -> None:
    off = Sampling().switched(Unit(1, 2)).switched(Unit(1, 1))
    assert off.without_units == (Unit(1, 1), Unit(1, 2))
    assert off.switched(Unit(1, 2)).switched(Unit(1, 1)) == Sampling()
    most = Sampling(without_units=tuple(Unit(1, number) for number in range(1, MOST_UNITS_OFF + 1)))
    with pytest.raises(SamplingError, match="16 are the most"):
        most.switched(Unit(2, 1))


@pytest.mark.parametrize("units", [5, "1:2", ["1"], ["1:0"], [":"], ["1:2:3"], [[1, 2]], ["1:1e9"], ["1:99999999"]])
def test_what_is_no_unit_is_refused(units: object) -> None:
    with pytest.raises(SamplingError):
        Sampling.from_plain({"without_units": units})


@pytest.mark.parametrize(
    ("sampling", "idle"),
    [
        (Sampling(0, top_k=5, min_p=0.1), ("top_k", "min_p")),
        (Sampling(0, dry=0.8), ()),
        (Sampling(0, typical=0.5), ("typical",)),
        (Sampling(0, typical=0.5, top_p=0.9, temperature_last=True), ("top_p",)),
        (Sampling(0.5, temperature_last=True), ("temperature_last",)),
        (Sampling(0.5, top_k=5, temperature_last=True), ("temperature_last",)),
        (Sampling(0.5, top_p=0.9, temperature_last=True), ()),
        (Sampling(0.5, top_k=5), ()),
    ],
)
def test_settings_without_effect_are_known(sampling: Sampling, idle: tuple[str, ...]) -> None:
    assert sampling.idle == idle
    assert sampling.idle_words.endswith(".") == bool(idle)


def test_settings_without_effect_are_named_with_the_reason() -> None:
    assert Sampling(0, top_k=5, min_p=0.1, mirostat=2).idle_words == (
        "Top-k, min-p and mirostat have no effect here: at temperature 0 the likeliest token is always taken."
    )
