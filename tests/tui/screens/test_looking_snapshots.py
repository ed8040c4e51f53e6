"""What users look at while nothing is written for them: a place in the text, an epoch, a text of their own.

One app serves all sizes and states of a test, one after another; `test_snapshots` says how the screens are renewed.
"""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from model.sampling import Sampling
from model.writing.provenance import Sample, bits
from tests.tui.driving import drawn, drive, resized, until, until_shown
from tests.tui.fake_engine import STEPS, FakeEngine
from tests.tui.screens.test_snapshots import SEED, SIZES, TEXTS, as_kept, odds, plain, training, with_marks
from tui.engine.messages import EpochSamples, TextScored
from tui.engine.writing.items import Seed, Written
from tui.launch import Launch
from tui.screens.text_score import ScoreScreen

PROBABILITIES = (0.9, 0.4, 0.1, 0.01)
"""One for each level of the colours."""


def samples(epoch: int) -> tuple[Sample, ...]:
    """What an epoch wrote, with its surprisal."""
    return tuple(
        Sample(
            id=f"{epoch}{part}",
            kind="time-lapse",
            epoch=float(epoch),
            step=STEPS * epoch,
            part=part,
            parts=4,
            seed=SEED,
            noise_seed=1,
            sampling=((0, sampling),),
            text=f"{epoch}{text[:99]}",
            surprisal=bits((0.2, 2.0, 4.0, 7.0) * 25),
            entropy=bits((1.0,) * 100),
        )
        for part, (sampling, text) in enumerate(zip(Launch().recipe.samplings, TEXTS, strict=True), start=1)
    )


async def cursor(pilot: Pilot[None], engine: FakeEngine) -> None:
    """Writing is paused, and the cursor stands before the last character but two, which was written otherwise."""
    engine.buffer.odds = odds(158)._replace(there=1, drawn_with=Sampling(1.0))
    await pilot.press("space", "left", "left", "left")
    await until_shown(pilot, "written at")


async def samplers(pilot: Pilot[None], engine: FakeEngine) -> None:
    """The panel is open beside the odds, and min-p is chosen."""
    engine.buffer.odds = odds(160)
    await pilot.press("escape", "m", *["down"] * 4)
    await until_shown(pilot, "Drop tokens less likely")


async def epoch(pilot: Pilot[None], engine: FakeEngine) -> None:
    """The first epoch is looked at, in colours."""
    engine.tell(EpochSamples({each: samples(each) for each in (1, 2)}))
    await pilot.press("m", "space", "c", "<")
    await until_shown(pilot, "epoch 1 of 24", "surprisal", "esc: the live text")


async def score(pilot: Pilot[None], engine: FakeEngine) -> None:
    """A text of the user's has been read."""
    await pilot.press("v")
    await until(pilot, lambda: isinstance(pilot.app.screen, ScoreScreen), "the dialog")
    text = "To be, or not to be: that is the question.\n"
    likely = [Written(letter, PROBABILITIES[at % 4], 1.0) for at, letter in enumerate(text[1:] * 3)]
    await pilot.press(*"To be")
    engine.tell(TextScored([Seed("T", ()), *likely], 3.41, ()))
    await until_shown(pilot, "2.36 nats (3.41 bits) a character")


@pytest.mark.parametrize("look", ["", "no-color-", "ascii-"], ids=["unicode", "without colour", "ascii"])
def test_what_is_looked_at_is_as_it_was(look: str, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = with_marks if look == "no-color-" else plain
    if look == "no-color-":
        monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setattr("tui.screens.main.monotonic", lambda: 0.0)
    monkeypatch.setattr("tui.widgets.training.loss_chart.REDRAW_SECONDS", 0.02)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await training(pilot, engine)
        for state in (cursor, samplers, epoch, score):
            await state(pilot, engine)
            pilot.app.clear_notifications()
            for size, (width, height) in SIZES.items():
                await resized(pilot, width, height)
                await drawn(pilot)
                await as_kept(f"{look}{state.__name__}-{size}", lambda: shown(pilot.app))
                assert not look.startswith("ascii") or plain(pilot.app).isascii()

    drive(scenario, size=SIZES["80x24"], launch=Launch(ascii=look == "ascii-"))
