"""The panel of units on the main screen: the text gets the colours of a unit, and is written without it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from textual.pilot import Pilot

from model.recipe import FAST
from model.sampling import Sampling, Unit
from model.writing.units.following import PROPERTIES, Follows
from tests.tui.driving import drive, until, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FakeEngine, progress
from tui.engine.messages import UnitsFound
from tui.engine.writing.items import Activations, SampleStart, Seed, Written
from tui.keys.key_commands import Command, FindUnits, SetSampling, WatchUnit
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch

UNIT, OTHER = Unit(1, 57), Unit(1, 3)
FOUND = dict.fromkeys(PROPERTIES, ()) | {
    "space": (Follows(UNIT, 0.93),),
    "place in word": (Follows(OTHER, -0.72),),
}


async def sent(pilot: Pilot[None], engine: FakeEngine, *commands: Command) -> None:
    def of_units() -> list[Command]:
        return [each for each in engine.commands if isinstance(each, SetSampling | FindUnits | WatchUnit)]

    await until(pilot, lambda: of_units() == [*commands], f"{commands}")
    engine.commands.clear()


@pytest.mark.parametrize("size", [(80, 24), (120, 40)], ids=str)
def test_units_are_found_looked_at_and_switched_off(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        for stream, temperature in enumerate(FAST.temperatures):
            engine.write([SampleStart(2.5, Sampling(temperature), stream + 1, 4, stream=stream), Seed("s", (), stream)])
            engine.write([Written(each, 0.5, 1.0, stream) for each in "abcd"])
        await until_shown(pilot, "abcd")
        await pilot.press("f")
        await until_shown(pilot, "Units · stream 1", "reading the text")
        await sent(pilot, engine, FindUnits())
        engine.tell(UnitsFound(FOUND, 3.9))
        await until_shown(pilot, "1:57  +0.93", "unit 1:57  under -0.6")
        await sent(pilot, engine, WatchUnit(UNIT))
        engine.write([Activations((-0.9, -0.5, 0.1, 0.9), 0)])
        await pilot.press("down")
        await until_shown(pilot, "unit 1:3  under -0.6", "abcd")
        await pilot.press("0")
        without = replace(FAST.samplings[0], without_units=(OTHER,))
        await sent(pilot, engine, WatchUnit(OTHER), SetSampling(without, 0))
        await until_shown(pilot, "0.20, without 1:3")
        await pilot.press("enter", "f")
        await sent(pilot, engine, SetSampling(FAST.samplings[0], 0))
        await until_shown(pilot, "Training ·", "unit 1:3  under -0.6")
        await pilot.press("c")
        await until(pilot, lambda: engine.kept[-1] == ScreenSettings(watched=OTHER), "colours off")

    drive(scenario, size=size)


def test_a_unit_that_was_looked_at_is_looked_at_again_when_the_run_is_resumed() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await sent(pilot, engine, WatchUnit(UNIT))
        engine.write([SampleStart(2.5, Sampling(0.2), 1, 4), Written("thunder", 0.5, 1.0, activation=0.3)])
        await until_shown(pilot, "thunder", "unit 1:57  under -0.6")
        await pilot.press("f")
        await until_shown(pilot, "reading the text")
        await sent(pilot, engine, FindUnits())
        engine.tell(UnitsFound({}, 3.9, "The text is gone."))
        await until_shown(pilot, "The text is gone.")

    drive(scenario, launch=Launch(kept=ScreenSettings(watched=UNIT, colouring="unit")))
