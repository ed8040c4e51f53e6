"""What is written in turn: the parts of a showing that follow one another on a stream."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.sampling import Sampling, Unit
from tests.tui.engine.writing.desk import RECIPE, TEMPERATURES, Desk, letters, show, starts, temperatures
from tui.engine.writing.writer_commands import ShowEpoch, TrainingOver, WriterCommand
from tui.keys.key_commands import Reseed, SelectStream, SetSampling, WriteNow

SIX = replace(RECIPE, temperatures=(0.1, 0.3, 0.5, 0.7, 0.9, 1.3))


@pytest.mark.parametrize(("chain", "streams"), [(True, 1), (False, 1), (False, 2)])
def test_all_but_the_temperature_holds_for_all_parts_that_a_stream_writes_in_turn(chain: bool, streams: int) -> None:
    """In the sample that is written, in the rest of its showing, and in the next ones."""
    recipe = replace(RECIPE, chain_samples=chain)
    desk = Desk(recipe, streams=streams)
    desk.obey(WriteNow() if chain else ShowEpoch(1))
    desk.watch(0.5)
    changed = Sampling(0.3, top_k=5, without_units=(Unit(1, 7),))
    desk.obey(SetSampling(changed, 0))
    samplings = [changed if part == 0 else replace(changed, temperature=each) for part, each in enumerate(TEMPERATURES)]
    if streams == 2:
        samplings[1::2] = recipe.samplings[1::2]
    assert [start.sampling for start in starts(desk.watch(10.0))] == samplings[streams:]
    show(desk, 2)
    assert [start.sampling for start in starts(desk.watch(10.0))] == samplings


@pytest.mark.parametrize(("command", "first"), [(None, [1.0]), (ShowEpoch(1), [])])
def test_what_is_set_again_for_all_parts_changes_none_of_their_temperatures(
    command: WriterCommand | None, first: list[float]
) -> None:
    desk = Desk(replace(RECIPE, chain_samples=True), epoch=0)
    desk.obey(SetSampling(Sampling(0.2, top_k=5), 0, own_temperatures=True), *([command] if command else []))
    items = desk.watch(10.0)
    show(desk, 2)
    items += desk.watch(10.0)
    showings = list(TEMPERATURES) * (2 if command else 1)
    assert temperatures(items) == first + showings
    assert {start.sampling.top_k for start in starts(items)} == {5}


def test_where_streams_write_several_parts_all_of_them_are_steered_after_the_end() -> None:
    """Six temperatures: the last two streams have the third and the fourth on the screen."""
    desk = Desk(SIX, streams=4)
    desk.obey(ShowEpoch(1), TrainingOver())
    desk.watch(10.0)
    desk.obey(SelectStream(2), SetSampling(Sampling(0.0)))
    items = desk.watch(10.0)
    assert {item.stream for item in items} == {2}
    assert {item.probability for item in letters(items)} == {0.0}
    assert len(letters(items)) == RECIPE.sample_length
    assert (desk.samples[-1].kind, desk.samples[-1].stream) == ("continued", 2)


def test_a_seed_in_the_second_round_of_a_showing_leaves_the_texts_of_the_first_alone() -> None:
    desk = Desk(SIX, streams=4)
    desk.obey(ShowEpoch(1), TrainingOver())
    desk.watch(3.0)
    desk.obey(Reseed("Once"))
    assert [(start.stream, start.part) for start in starts(desk.watch(10.0))] == [(0, 5), (1, 6)]
    assert [sample.part for sample in desk.samples] == [1, 2, 3, 4, 5, 6, 5, 6]
