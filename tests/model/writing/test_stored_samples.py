"""The time-lapses that a run's samples make, as plain data."""

from __future__ import annotations

from dataclasses import replace

from model.sampling import Sampling
from model.writing.provenance import Sample
from model.writing.stored_samples import add_to_time_lapses, time_lapses_of


def lines(epoch: int, seed: str, text: str = "a", *, kind: str = "time-lapse") -> list[Sample | None]:
    draws = ((0, Sampling()),)
    return [
        Sample(
            id=f"{epoch} {seed} {text} {part}",
            kind="time-lapse" if kind == "time-lapse" else "showing",
            epoch=float(epoch),
            step=epoch,
            part=part,
            parts=2,
            seed=seed,
            sampling=draws,
            text=text,
        )
        for part in (1, 2)
    ]


def test_each_seed_has_its_time_lapse_and_the_runs_own_is_the_first() -> None:
    samples = [*lines(1, "own"), *lines(2, "own"), *lines(2, "jack"), None, *lines(3, "own"), *lines(3, "jane")]
    samples += lines(3, "jill", kind="showing")
    assert time_lapses_of(samples) == {
        "own": {epoch: tuple(lines(epoch, "own")) for epoch in (1, 2, 3)},
        "jack": {2: tuple(lines(2, "jack"))},
        "jane": {3: tuple(lines(3, "jane"))},
    }
    assert next(iter(time_lapses_of(samples))) == "own"
    assert time_lapses_of([None]) == {}


def test_a_seed_is_known_by_all_that_was_asked_for() -> None:
    both = [replace(each, seed="the will", prefix=" ") for each in lines(1, "") if each]
    assert time_lapses_of([*lines(1, "own"), *both]) == {"own": {1: tuple(lines(1, "own"))}, "the will ": {1: (*both,)}}


def test_of_an_epoch_that_ended_again_no_seed_keeps_what_the_old_weights_wrote() -> None:
    samples = [*lines(1, "own"), *lines(1, "jack"), *lines(2, "own"), *lines(2, "jack")]
    again = [*samples, *lines(2, "own", "b")]
    assert time_lapses_of(again) == {
        "own": {1: tuple(lines(1, "own")), 2: tuple(lines(2, "own", "b"))},
        "jack": {1: tuple(lines(1, "jack"))},
    }
    assert time_lapses_of([*again, *lines(2, "jack", "b")])["jack"][2] == tuple(lines(2, "jack", "b"))


def test_further_lines_tell_what_has_changed() -> None:
    seeds = time_lapses_of(first := [*lines(1, "own"), *lines(1, "jack")[:1]])
    assert add_to_time_lapses(seeds, lines(1, "jack")[1:]) == {"jack": {1: tuple(lines(1, "jack"))}}
    assert seeds == time_lapses_of([*first, *lines(1, "jack")[1:]])
