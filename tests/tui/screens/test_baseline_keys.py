"""Key B: what counting writes stands below what the model writes, from the same seed and with the same sampling."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from model.sampling import Sampling
from model.training.events import Baselines
from tests.tui.driving import drive, until, until_said, until_shown
from tests.tui.fake_engine import FakeEngine, written
from tests.tui.screens.test_epoch_keys import LIVE, TEMPERATURES, shows_epoch, train
from tui.engine.messages import CountedText
from tui.engine.writing.items import SampleStart, Seed, Written
from tui.keys.key_commands import WriteByCounts
from tui.launch import Launch

FOUND = Baselines(4.0, (2.9, 2.4, 2.0, 1.5812, 1.43, 1.5), 500)
FIRST = Sampling(TEMPERATURES[0])


def asked(engine: FakeEngine) -> list[WriteByCounts]:
    return [each for each in engine.commands if isinstance(each, WriteByCounts)]


async def asks(pilot: Pilot[None], engine: FakeEngine, wanted: WriteByCounts) -> None:
    await until(pilot, lambda: asked(engine)[-1:] == [wanted], f"{wanted}")


def answer(engine: FakeEngine, text: str) -> None:
    items = [each for each in written(text) if isinstance(each, Written)]
    engine.tell(CountedText(asked(engine)[-1], items))


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_orders_follow_each_other_and_none_follows_the_last(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        engine.tell(FOUND)
        await pilot.press("B")
        await until_shown(pilot, "order 0: counting characters alone, 2.90 nats", "The text is being counted.")
        await pilot.press("B", "B", "B", "n")
        await asks(pilot, engine, WriteByCounts(3, "a seed ", FIRST))
        answer(engine, "the ord of mankin")
        await until_shown(pilot, "order 3: counting 3 characters back, 2.28 bits", "the ord of mankin", LIVE)
        await pilot.press("B", "B")
        await until_shown(pilot, "order 5: ")
        assert engine.kept[-1].baseline == 5
        await pilot.press("B")
        await asks(pilot, engine, WriteByCounts(None, "", FIRST))
        await until_shown(pilot, "auto")
        assert engine.kept[-1].baseline is None

    drive(scenario, size=size)


def test_it_follows_the_seed_the_sampling_the_stream_and_the_epoch_in_sight() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("B")
        await asks(pilot, engine, WriteByCounts(0, "a seed ", FIRST))
        first = asked(engine)[-1]
        await pilot.press("+")
        await asks(pilot, engine, WriteByCounts(0, "a seed ", Sampling(0.25)))
        engine.tell(CountedText(first, [Written("?", 0.5, 1.0)] * 9))  # too late
        answer(engine, "what is wanted")
        await until_shown(pilot, "what is wanted", " at 0.25 ")
        await pilot.press("tab")
        await asks(pilot, engine, WriteByCounts(0, "a seed ", Sampling(TEMPERATURES[1])))
        start = SampleStart(3.0, Sampling(TEMPERATURES[1]), 2, 4, stream=1)
        engine.write([start, Seed("another ", (), 1)])
        await asks(pilot, engine, WriteByCounts(0, "another ", Sampling(TEMPERATURES[1])))
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        await asks(pilot, engine, WriteByCounts(0, "where it ", Sampling(TEMPERATURES[1])))
        engine.tell(CountedText(asked(engine)[-1], (), "The run's text cannot be opened here."))
        await until_shown(pilot, "The run's text cannot be opened here.")
        await pilot.press("escape", "escape")
        await asks(pilot, engine, WriteByCounts(None, "", Sampling(TEMPERATURES[1])))

    drive(scenario)


def test_where_there_is_no_room_it_says_so_and_nothing_is_counted() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await asks(pilot, engine, WriteByCounts(4, "a seed ", FIRST))
        await pilot.press("o")
        await asks(pilot, engine, WriteByCounts(None, "", FIRST))
        await pilot.press("B")
        await until_said(pilot, "There is no room for another text here.")
        await pilot.press("o")
        await asks(pilot, engine, WriteByCounts(4, "a seed ", FIRST))

    kept = replace(Launch().kept, baseline=4)
    drive(scenario, size=(80, 22), launch=Launch(ascii=False, kept=kept))
