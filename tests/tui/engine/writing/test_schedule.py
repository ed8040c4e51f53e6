"""What is written when: samplings and seeds that stay, an automatic speed, and text while nothing is due."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from model.sampling import Sampling
from tests.tui.engine.writing.desk import RECIPE, TEMPERATURES, Desk, letters, show, starts, temperatures
from tui.engine.writing.items import READS_SEED, Item, SampleEnd, Seed
from tui.engine.writing.writer_commands import EpochLeft, ShowEpoch, TrainingOver, WriterCommand
from tui.keys.key_commands import (
    ChooseWeights,
    PauseWriting,
    PinSeed,
    Reseed,
    SetSampling,
    SetSpeed,
    WriteNow,
)

LONG = replace(RECIPE, sample_length=400)


def seeds(items: list[Item]) -> set[str]:
    return {item.text for item in items if isinstance(item, Seed)}


def shown_once(streams: int = 4) -> Desk:
    """A desk after the first sample and the showing of epoch 1."""
    desk = Desk(epoch=0, streams=streams)
    desk.watch(2.5)
    show(desk, 1)
    desk.watch(2.5 if streams == 4 else 10.0)
    return desk


# What the user sets stays


def test_a_sampling_set_by_a_key_stays_for_later_showings() -> None:
    desk = shown_once()
    desk.obey(SetSampling(Sampling(0.7), 1))
    desk.watch(2.5)
    for epoch in (2, 3):
        show(desk, epoch)
        assert temperatures(desk.watch(2.5)) == [0.2, 0.7, 1.0, 1.2]


def test_a_sampling_stays_with_its_part_where_parts_follow_one_another() -> None:
    desk = shown_once(streams=2)
    show(desk, 2)
    desk.watch(3.0)
    desk.obey(SetSampling(Sampling(0.7), 0))  # the third part is being written there
    desk.watch(3.0)
    show(desk, 3)
    assert temperatures(desk.watch(6.0)) == [0.2, 0.5, 0.7, 1.2]


def test_a_setting_that_is_unchanged_leaves_a_complete_sample_as_it_is() -> None:
    desk = shown_once()
    desk.obey(SetSampling(Sampling(TEMPERATURES[0]), 0))
    assert not desk.watch(2.5)
    for expected in (RECIPE.sample_length, 0):
        desk.obey(SetSampling(Sampling(0.7), 0))
        assert len(letters(desk.watch(2.5))) == expected


@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("first", [0, 1])
def test_a_key_before_any_text_is_for_the_first_part_of_a_showing(first: int, streams: int) -> None:
    for temperature in (0.7, 1.0):
        desk = Desk(epoch=None, streams=streams)
        commands = [ShowEpoch(1), SetSampling(Sampling(temperature))]
        desk.obey(commands[first], commands[1 - first])
        desk.generator.epoch = 1
        assert temperatures(desk.watch(10.0)) == [temperature, *TEMPERATURES[1:]]


@pytest.mark.parametrize("command", [WriteNow(), Reseed(), Reseed("Once")])
def test_a_requested_chain_begins_with_its_first_temperature(command: WriterCommand) -> None:
    desk = Desk(replace(RECIPE, chain_samples=True))
    desk.obey(ShowEpoch(1), TrainingOver())
    desk.watch(10.0)
    desk.obey(command)
    items = desk.watch(10.0)
    assert temperatures(items) == list(TEMPERATURES)
    assert [(start.part, start.parts) for start in starts(items)] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert len(desk.generator.seeds) == 2, "the other parts continue the first"
    assert [end.waiting for end in items if isinstance(end, SampleEnd)] == ["", "", "", "a key (g)"]


def test_the_first_samples_are_written_at_every_temperature() -> None:
    desk = Desk(epoch=0, streams=4)
    items = desk.watch(1.0)
    assert temperatures(items) == list(TEMPERATURES)
    assert {start.kind for start in starts(items)} == {"first"}
    assert len(seeds(items)) == 1


# A pinned seed


def test_every_showing_and_requested_sample_continues_a_pinned_seed() -> None:
    desk = shown_once()
    desk.obey(PinSeed("the will"))
    show(desk, 2)
    assert seeds(desk.watch(2.5)) == {"the will"}
    desk.obey(WriteNow())
    assert seeds(desk.watch(2.5)) == {"the will"}
    show(desk, 3)
    assert seeds(desk.watch(2.5)) == {"the will"}


def test_reseeding_leaves_a_pinned_seed_for_one_text_only() -> None:
    desk = shown_once()
    desk.obey(PinSeed("the will"))
    show(desk, 2)
    desk.watch(0.5)
    desk.obey(Reseed())
    assert "the will" not in seeds(desk.watch(2.5))
    show(desk, 3)
    assert seeds(desk.watch(2.5)) == {"the will"}


def test_a_long_seed_is_said_to_be_read_before_it_is() -> None:
    desk = shown_once()
    for text, said in (("the will ", []), ("the will " * 5000, [READS_SEED])):
        desk.drain()
        desk.obey(Reseed(text))
        items = desk.drain()
        assert [item.waiting for item in items if isinstance(item, SampleEnd) and item.waiting] == said
        assert isinstance(items[-1], Seed)


def test_without_the_pin_seeds_are_random_again() -> None:
    desk = shown_once()
    desk.obey(PinSeed("the will"), PinSeed(None))
    show(desk, 2)
    assert "the will" not in seeds(desk.watch(2.5))


# What is random depends on the epoch alone


def test_an_epochs_seed_and_noise_do_not_depend_on_what_was_written_before() -> None:
    desk = shown_once()
    desk.obey(WriteNow(), Reseed())
    desk.watch(2.5)
    show(desk, 2)
    desk.watch(0.5)
    assert desk.generator.drawn_from == ["1 0", "1 1", "1 2"]


# The automatic speed


@pytest.mark.parametrize(("seconds", "speed"), [(400 / 90, 100), (1.0, 160), (600.0, 20), (math.nan, 80)])
def test_the_automatic_speed_ends_a_showing_before_the_epoch_ends(seconds: float, speed: float) -> None:
    desk = Desk(LONG, epoch=0, streams=4)
    desk.obey(SetSpeed("auto"))
    desk.watch(20.0)
    show(desk, 1)
    desk.pass_time(0.0)
    desk.obey(EpochLeft(seconds))
    before = len(letters(desk.seen + desk.drain()))
    items = desk.watch(1.0)
    assert len(letters(items)) / 4 == pytest.approx(speed, rel=0.05), before


def test_an_automatic_speed_counts_what_is_still_to_follow_in_the_showing() -> None:
    desk = Desk(LONG, epoch=0, streams=2)
    desk.obey(SetSpeed("auto"))
    desk.watch(20.0)
    show(desk, 1)
    desk.pass_time(0.0)
    desk.obey(EpochLeft(800 / 90))
    assert len(letters(desk.watch(1.0))) / 2 == pytest.approx(100, rel=0.05)


def test_the_automatic_speed_is_the_usual_one_after_the_last_epoch() -> None:
    desk = Desk(LONG, epoch=0, streams=4)
    desk.obey(SetSpeed("auto"))
    desk.watch(20.0)
    show(desk, 1)
    desk.pass_time(0.0)
    desk.obey(EpochLeft(0.1), TrainingOver())
    assert len(letters(desk.watch(1.0))) / 4 == pytest.approx(80, rel=0.05)


def test_a_speed_set_by_hand_stays() -> None:
    desk = shown_once()
    show(desk, 2)
    desk.pass_time(0.0)
    desk.obey(EpochLeft(0.1))
    assert len(letters(desk.watch(1.0))) / 4 == pytest.approx(10, abs=1)


# Meanwhile


def waiting() -> Desk:
    """A desk whose showing ended just now, with newer weights since."""
    desk = Desk(epoch=0, streams=4)
    desk.watch(2.5)
    show(desk, 1)
    desk.watch(2.0)
    desk.generator.epoch = 1.4
    return desk


def test_newer_weights_write_while_nothing_is_due_for_a_few_seconds() -> None:
    desk = waiting()
    assert not starts(desk.watch(2.5))
    items = desk.watch(1.5)
    assert [(start.kind, start.epoch, start.part) for start in starts(items)] == [("meanwhile", 1.4, 0)] * 4
    assert temperatures(items) == list(TEMPERATURES)


def test_nothing_is_begun_meanwhile_that_the_end_of_the_epoch_would_break_off_at_once() -> None:
    desk = waiting()
    desk.obey(EpochLeft(2.0))
    assert not starts(desk.watch(4.0))
    desk.obey(EpochLeft(60.0))
    assert [start.kind for start in starts(desk.watch(1.0))] == ["meanwhile"] * 4


def test_a_showing_that_is_due_takes_the_place_of_what_is_written_meanwhile() -> None:
    desk = waiting()
    desk.watch(4.0)
    show(desk, 2)
    assert [start.kind for start in starts(desk.watch(0.2))] == ["showing"] * 4
    assert {len(sample.text) for sample in desk.samples if sample.kind == "meanwhile"} <= set(range(5, 20))


def test_a_pause_holds_what_is_written_meanwhile_until_writing_resumes() -> None:
    desk = waiting()
    desk.watch(4.0)
    desk.obey(PauseWriting(True))
    show(desk, 2)
    assert not desk.watch(5.0)
    desk.obey(PauseWriting(False))
    assert [start.kind for start in starts(desk.watch(0.2))] == ["showing"] * 4


def test_the_same_weights_write_nothing_meanwhile() -> None:
    desk = waiting()
    desk.generator.epoch = 1
    assert not starts(desk.watch(10.0))


def test_the_chosen_weights_write_meanwhile_once() -> None:
    desk = waiting()
    desk.generator.best_epoch = 1
    desk.obey(ChooseWeights(True))
    assert {(start.epoch, start.best) for start in starts(desk.watch(15.0))} == {(1, True)}
    assert len(desk.samples) == 3 * len(TEMPERATURES)


def test_nothing_is_written_meanwhile_once_training_is_over() -> None:
    desk = waiting()
    desk.obey(TrainingOver())
    assert not starts(desk.watch(10.0))
