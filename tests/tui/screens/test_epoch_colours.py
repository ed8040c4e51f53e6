"""The colours of a unit in what epochs wrote, and the odds, which only the live text has."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from model.sampling import Unit
from tests.tui.driving import drive, until, until_said
from tests.tui.fake_engine import STEPS, FakeEngine
from tests.tui.screens.test_epoch_keys import pane, samples, shows_epoch, train
from tui.engine.messages import EpochRead
from tui.keys.key_commands import ReadEpoch
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch


def test_a_unit_colours_what_epochs_wrote_as_their_weights_read_it_and_nothing_jumps() -> None:
    unit = Unit(1, 57)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)

        def asked() -> list[ReadEpoch]:
            return [each for each in engine.commands if isinstance(each, ReadEpoch)]

        assert asked() == []
        await pilot.press("comma", "comma")
        shown = await shows_epoch(pilot, 2)
        assert "unit 1:57  under -0.6" in shown
        await until(pilot, lambda: [each.epoch for each in asked()] == [3, 2], "the reading of both epochs")
        await pilot.press("down")
        text = pane(pilot).panel.text
        await until(pilot, lambda: text.scroll_offset.y == 1, "the second line")
        texts = [(each.seed, each.text) for each in samples(2)]
        assert asked()[-1] == ReadEpoch(2, 2 * STEPS, tuple(texts), unit)
        said = [[(place % 3 - 1) * 0.9 for place in range(len(text))] for _, text in texts]
        for reading, values in (asked()[0], [[0.1]] * 4), (asked()[1], said):  # the first is not wanted any more
            engine.tell(EpochRead(reading, values))

        def told() -> list[float]:
            last = text.transcript.last
            return [] if last is None else list(last.activations)

        await until(pilot, lambda: told() == pytest.approx(said[0]), "the activations")
        assert text.scroll_offset.y == 1
        await pilot.press("comma")
        await until(pilot, lambda: len(asked()) == 3, "the first epoch")
        engine.tell(EpochRead(asked()[-1], problem="The weights of epoch 1 are not kept."))
        await until_said(pilot, "The weights of epoch 1 are not kept.")
        await pilot.press("c", "full_stop")
        await shows_epoch(pilot, 2)
        assert len(asked()) == 3, "nothing is coloured"
        for _ in range(2):  # they stay where they are open
            await pilot.press("full_stop", "comma", "o")
            await until(pilot, lambda: pane(pilot).past is None, "the live text")
            await until_said(pilot, "Back to the live text, with its odds.")
            assert pilot.app.main.session.odds

    drive(scenario, size=(140, 24), launch=Launch(kept=ScreenSettings(watched=unit, colouring="unit")))
