"""The colours of what is written and of what epochs wrote, and the odds, which only the live text has."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from model.sampling import Unit
from tests.tui.driving import drive, screen_text, until, until_said, until_shown
from tests.tui.fake_engine import STEPS, FakeEngine
from tests.tui.screens.test_epoch_keys import pane, samples, shows_epoch, train
from tests.tui.screens.test_odds_keys import START
from tui.engine.messages import CopiesFound, EpochRead, NoveltyFound, StreamNovelty
from tui.engine.writing.items import Seed, Written
from tui.keys.key_commands import ReadEpoch, SeekCopies
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch
from tui.widgets.writing.stream_panel import StreamPanel

LEVELS = {"a": 0.9, "b": 0.3, "c": 0.1, "d": 0.001}
"""Characters with the probability of a level each."""


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


def test_what_epochs_copied_is_said_and_underlined_and_nothing_jumps() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        await pilot.press("down")
        text = pane(pilot).panel.text
        await until(pilot, lambda: text.scroll_offset.y == 1, "the second line")
        (asked,) = (each for each in engine.commands if isinstance(each, SeekCopies))
        assert asked == SeekCopies(tuple((each.seed, each.text) for each in samples(3)))
        engine.tell(CopiesFound(asked, [StreamNovelty(0, ("7 % copied",), ((0, 6),))] * 4))
        await until_shown(pilot, "7 % copied")
        assert text.scroll_offset.y == 1
        assert text.transcript.last is not None
        assert text.transcript.last.copies == ((0, 6),)

    drive(scenario, size=(140, 24), launch=Launch(kept=ScreenSettings(colouring="copied")))


def test_c_colours_by_surprisal_then_by_entropy_then_copies_then_not_at_all() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        likely, unlikely = Written("l", 0.9, 0.1), Written("u", 0.001, 4.0)
        engine.write([START, Seed("", ()), likely, likely, unlikely, Written("e", 0.9, 4.0)])
        await until_shown(pilot, "llue")
        text = pilot.app.main.query(StreamPanel)[0].text

        def looks() -> list[tuple[str, bool, bool]]:
            segments = [segment for y in range(6) for segment in text.render_line(y) if set(segment.text) <= set("lue")]
            return [(each.text, bool(each.style and each.style.bold), bool(each.style and each.style.underline))
                    for each in segments if each.text]  # fmt: skip

        assert looks() == [("llue", False, False)]
        await pilot.press("c")
        await until_shown(pilot, "surprisal  under 1 bit  1-3  3-6  over 6")
        assert looks() == [("ll", False, False), ("u", True, True), ("e", False, False)]
        await pilot.press("c")
        await until_shown(pilot, "entropy  under 0.5 bit")
        assert looks() == [("ll", False, False), ("ue", True, True)]
        await pilot.press("c")
        await until_shown(pilot, "copied  20 characters or more of the corpus")
        assert looks() == [("llue", False, False)]
        engine.tell(NoveltyFound({0: StreamNovelty(1, ("50 % copied",), ((1, 3),))}))
        await until(pilot, lambda: looks() == [("l", False, False), ("lu", True, True), ("e", False, False)], "copies")
        await pilot.press("c")
        await until(pilot, lambda: "of the corpus" not in screen_text(pilot.app), "no legend")
        assert looks() == [("llue", False, False)]

    drive(scenario)


def test_without_colours_dim_plain_bold_and_underlined_tell_the_levels_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([START, Seed("", ()), *(Written(each, p, 1.0) for each, p in LEVELS.items())])
        await until_shown(pilot, "abcd")
        await pilot.press("c")
        await until_shown(pilot, "surprisal")
        text = pilot.app.main.query(StreamPanel)[0].text
        styles = [each.style for y in range(6) for each in text.render_line(y) if each.text in ("a", "b", "c", "d")]
        assert [(each.dim, each.bold, each.underline) for each in styles if each] == [
            (True, None, None),
            (None, None, None),
            (None, True, None),
            (None, None, True),
        ]

    drive(scenario)
