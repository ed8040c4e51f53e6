"""Samples of another program: shown between those written here, never in the middle of one."""

from __future__ import annotations

import math
from dataclasses import replace

from model.sampling import Sampling
from model.writing.provenance import Sample
from tests.tui.engine.writing.desk import Desk, letters, settled, show, starts, text_of
from tui.engine.writing.found_samples import MOST, items_of
from tui.engine.writing.items import SampleEnd, SampleStart, SamplingChange, Seed
from tui.engine.writing.writer_commands import ShowSample, TrainingOver, TrainingResumed
from tui.keys.key_commands import PauseWriting, SetSampling, WriteNow

FOUND = Sample(
    id="1",
    kind="showing",
    epoch=3,
    step=30,
    part=2,
    parts=4,
    seed="a seed",
    prefix=" wr",
    sampling=((0, Sampling(0.2)), (4, Sampling(0.5))),
    text=" written elsewhere",
)


def waits(desk: Desk) -> str:
    """What the writer says it waits for."""
    return [item for item in desk.seen if isinstance(item, SampleEnd)][-1].waiting


def test_a_sample_is_shown_with_its_seed_and_its_temperatures() -> None:
    items = list(items_of(FOUND))
    assert items[:2] == [SampleStart(3, Sampling(0.2), 2, 4, elsewhere=True), Seed("a seed", (), prefix=" wr")]
    assert text_of(items) == FOUND.text
    assert items.index(SamplingChange(Sampling(0.5))) == 2 + 4
    assert all(math.isnan(each.probability) for each in letters(items))


def test_it_is_shown_when_nothing_is_being_written() -> None:
    desk = settled()
    desk.obey(ShowSample(FOUND))
    assert text_of(desk.watch(0.2)) == FOUND.text
    assert waits(desk) == "the next epoch"
    assert desk.samples == [], "it is kept by the program that wrote it"


def test_it_waits_for_the_end_of_what_is_being_written() -> None:
    desk = Desk()
    desk.watch(1.0)
    desk.obey(ShowSample(FOUND))
    assert not [start for start in starts(desk.watch(0.5)) if start.elsewhere]
    shown = starts(desk.watch(3.0))
    assert [start.elsewhere for start in shown] == [True]


def test_it_waits_for_the_end_of_a_showing() -> None:
    desk = settled()
    show(desk, 1)
    desk.watch(0.5)
    desk.obey(ShowSample(FOUND))
    assert [start.elsewhere for start in starts(desk.watch(15.0))] == [False, False, False, True]


def test_it_waits_while_writing_is_paused() -> None:
    desk = settled()
    desk.obey(PauseWriting(True), ShowSample(FOUND))
    assert desk.watch(1.0) == []
    desk.obey(PauseWriting(False))
    assert text_of(desk.watch(0.2)) == FOUND.text


def test_of_a_flood_only_the_newest_epochs_are_shown() -> None:
    desk = settled()
    for epoch in (3, 4, 5):
        for part in range(1, 7):
            desk.obey(ShowSample(replace(FOUND, epoch=epoch, part=part)))
    shown = starts(desk.watch(2.0))
    assert [(start.epoch, start.part) for start in shown] == [(5, part) for part in range(7 - MOST, 7)]


def test_a_temperature_key_below_another_programs_text_continues_the_last_sample_under_a_heading() -> None:
    desk = settled()
    before = desk.generator.places[0]
    desk.obey(ShowSample(FOUND))
    desk.watch(0.2)
    desk.obey(SetSampling(Sampling(1.1)))
    written = desk.watch(1.0)
    (start,) = starts(written)
    assert (start.sampling.temperature, start.elsewhere) == (1.1, False)
    assert [type(item) for item in written[:2]] == [SampleStart, Seed]
    assert not [item for item in written if isinstance(item, SamplingChange)]
    assert desk.generator.places[0] > before, "the generator continued its own text"
    assert {each.probability for each in letters(written)} == {1.1}


def test_a_new_sample_can_be_begun_below_it() -> None:
    desk = settled()
    desk.obey(ShowSample(FOUND))
    desk.watch(0.2)
    desk.obey(WriteNow(), SetSampling(Sampling(0.7)))
    written = desk.watch(3.0)
    assert len(starts(written)) == 1
    assert len(letters(written)) == 20


def test_training_that_resumes_after_its_end_is_waited_for_again() -> None:
    desk = settled()
    show(desk, 5)
    desk.watch(15.0)
    desk.obey(TrainingOver())
    desk.drain()
    assert waits(desk) == "a key (g)"
    desk.obey(TrainingResumed(3))
    desk.drain()
    assert waits(desk) == "the next epoch"
    desk.seen.clear()
    show(desk, 4)
    assert [start.epoch for start in starts(desk.watch(15.0))] == [4] * 4, "though a later one was shown before"
