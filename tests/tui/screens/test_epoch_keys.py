"""The walk through the epochs on the screen."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from textual.pilot import Pilot

from model.recipe import NOTEBOOK
from model.sampling import Sampling
from model.training.events import RolledBack
from model.writing.provenance import Sample
from tests.tui.driving import drawn, drive, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, STEPS, FakeEngine, epoch_end, progress, written
from tests.tui.screens.test_seeds import typed
from tui.engine.messages import EpochSamples, Note
from tui.engine.writing.items import SampleStart, Seed
from tui.keys.key_commands import SetSampling, WriteEpochs
from tui.launch import Launch
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.training.loss_plot import LossPlot
from tui.widgets.writing.writing_pane import WritingPane

TEMPERATURES = (0.2, 0.5, 1.0, 1.2)
LIVE = "the live text goes on"


def samples(epoch: int, seed: str = "where it ") -> tuple[Sample, ...]:
    return tuple(
        Sample(
            id=f"{epoch}{part}",
            kind="time-lapse",
            epoch=float(epoch),
            step=STEPS * epoch,
            part=part,
            parts=4,
            seed=seed,
            noise_seed=1,
            sampling=((0, Sampling(temperature)),),
            text=f"epoch {epoch} at {temperature} after {seed.strip()}. " + "and so on " * 36,
        )
        for part, temperature in enumerate(TEMPERATURES, start=1)
    )


async def train(pilot: Pilot[None], engine: FakeEngine, epochs: int = 3, streams: int = 4) -> None:
    """Train some epochs, each with its samples."""
    engine.tell(CORPUS, COMPILED)
    for epoch in range(1, epochs + 1):
        engine.tell(progress(epoch, STEPS), epoch_end(epoch, 2.0 - epoch / 10), EpochSamples({epoch: samples(epoch)}))
    for stream, temperature in enumerate(TEMPERATURES[:streams]):
        start = SampleStart(float(epochs), Sampling(temperature), stream + 1, 4, stream=stream)
        engine.write([start, Seed("a seed ", (), stream), *(each._replace(stream=stream) for each in written(LIVE))])
    await until_shown(pilot, LIVE)
    plot = pilot.app.query_one(LossPlot)
    await until(pilot, lambda: plot.curves and len(plot.curves.curves.held_out) == epochs, "the curves")
    pilot.app.clear_notifications()  # they would cover a small screen's text for a while
    await drawn(pilot)


def pane(pilot: Pilot[None]) -> WritingPane:
    return pilot.app.screen.query_one(WritingPane)


async def shows_epoch(pilot: Pilot[None], epoch: int, of: int = 24, at: tuple[float, ...] = (0.2,)) -> str:
    return await until_shown(pilot, f"Time-lapse, epoch {epoch} of {of}", *(f"epoch {epoch} at {each}" for each in at))


def test_the_keys_walk_through_the_epochs_and_back_to_the_live_text() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        for key, epoch in (("comma", 3), ("comma", 2), ("comma", 1), ("full_stop", 2), (">", 3), ("<", 1)):
            await pilot.press(key)
            shown = await shows_epoch(pilot, epoch, at=TEMPERATURES)
            assert (LIVE in shown, "seed  where it" in shown) == (False, True)
        await pilot.press("comma")
        await until_said(pilot, "This is the first epoch.")
        await pilot.press("escape")
        await until_shown(pilot, LIVE, "Writing · epoch 3")
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        await pilot.press("full_stop")
        await until_shown(pilot, LIVE)
        await pilot.press("full_stop")
        await until_said(pilot, "This is the live text. Press , for what the epochs wrote.")
        assert [each for each in engine.commands if isinstance(each, WriteEpochs)] == [WriteEpochs(None)] * 2

    drive(scenario, size=(140, 40))


def test_the_row_of_the_table_and_the_line_in_the_chart_move_along() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine, 4)
        engine.tell(*[Note("As much as fills the rows below the table.")] * 12)
        log, plot = pilot.app.screen.query_one(EventLog), pilot.app.screen.query_one(LossPlot)

        def chosen() -> list[str]:
            style = log.get_component_rich_style("event-log--chosen")
            strips = [log.render_line(y) for y in range(log.size.height)]
            return [strip.text[1:].split()[0] for strip in strips if any(each.style == style for each in strip)]

        def line() -> int:
            rows = widget_text(plot).split("\n")[1:-3]
            signs = Counter(at for row in rows for at, sign in enumerate(row[8:]) if sign == "│")
            return next((at for at, count in signs.most_common(1) if count > len(rows) // 2), -1)

        assert (chosen(), line()) == ([], -1)
        places = []
        for epoch in (4, 3, 2, 1):
            await pilot.press("comma")
            await shows_epoch(pilot, epoch)
            await drawn(pilot)
            assert chosen() == [str(epoch)]
            places.append(line())
        assert places == sorted({*places}, reverse=True)
        await pilot.press("escape")
        await drawn(pilot)
        assert (chosen(), line()) == ([], -1)

    drive(scenario, size=(120, 40))


def test_the_live_text_goes_on_meanwhile() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        engine.write(written(" and on"))
        await drawn(pilot)
        assert "and on" not in screen_text(pilot.app).replace("and so on", "")
        await pilot.press("escape")
        await until_shown(pilot, f"{LIVE} and on")

    drive(scenario, size=(140, 40))


def test_an_epoch_that_ends_meanwhile_can_be_walked_to() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        engine.tell(progress(4, STEPS), epoch_end(4, 1.5))
        await until_shown(pilot, "   4  1.7")
        await pilot.press("full_stop")
        await until_shown(pilot, "Time-lapse, epoch 4 of 24 · samples being written", "─ 1.20 ─")
        engine.tell(EpochSamples({4: samples(4)}))
        await shows_epoch(pilot, 4)

    drive(scenario, size=(140, 40))


def test_an_epoch_that_was_undone_is_not_walked_to() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        engine.tell(RolledBack(3 * STEPS + 5, 2 * STEPS, 2, "the loss was no number", 0.5))
        await until_shown(pilot, "diverged")
        await pilot.press("comma")
        await shows_epoch(pilot, 2)

    drive(scenario, size=(140, 40))


def test_another_seed_is_written_by_all_epochs_while_one_is_looked_at() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        await typed(pilot, *"jack", "enter")
        await until(pilot, lambda: WriteEpochs("jack") in engine.commands, "the command")
        await until_shown(pilot, "Time-lapse, epoch 3 of 24 · no samples yet", "seed  jack", "─ 1.20 ─")
        engine.tell(EpochSamples({3: samples(3, "jack")}, "jack"))
        await until_shown(pilot, "epoch 3 at 0.2 after jack")
        engine.tell(EpochSamples({2: samples(2, "jack")}, "jack"))
        await pilot.press("comma")
        await until_shown(pilot, "Time-lapse, epoch 2 of 24", "epoch 2 at 0.2 after jack")
        await pilot.press("escape")
        await until_shown(pilot, LIVE)
        assert engine.commands[-1] == WriteEpochs(None)
        await pilot.press("comma")
        await until_shown(pilot, "epoch 3 at 0.2 after where it")

    drive(scenario, size=(140, 40))


def test_a_pinned_seed_is_what_the_epochs_write() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("i", "comma")
        await until(pilot, lambda: WriteEpochs("a seed ") in engine.commands, "the command")
        engine.tell(EpochSamples({3: samples(3, "a seed ")}, "a seed "))
        await until_shown(pilot, "epoch 3 at 0.2 after a seed", "pinned seed")

    drive(scenario, size=(140, 40))


def test_a_key_that_steers_the_live_text_shows_it_again() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        await pilot.press("4")
        await until_shown(pilot, LIVE)
        assert SetSampling(Sampling(1.2), 0) in engine.commands
        await until_said(pilot, "Back to the live text, which has temperature 1.2 now.")

    drive(scenario, size=(140, 40))


def test_where_the_user_has_set_other_samplings_the_title_says_that_the_epochs_have_the_recipes() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        assert "the recipe's sampling" not in screen_text(pilot.app)
        await pilot.press("4", "comma")
        await until_shown(pilot, "Time-lapse, epoch 3 of 24 · the recipe's sampling")

    drive(scenario, size=(140, 40))


def test_scrolling_zooming_and_copying_are_about_the_epoch() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await shows_epoch(pilot, 3)
        assert pane(pilot).sample_text == samples(3)[0].seed + samples(3)[0].text
        await pilot.press("tab", "z")
        await until_shown(pilot, "epoch 3 at 0.5")
        assert "epoch 3 at 0.2" not in screen_text(pilot.app)
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == samples(3)[1].seed + samples(3)[1].text, "a copy")

    drive(scenario, size=(140, 40))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
def test_the_walk_fits_every_window(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        await pilot.press("comma")
        await until_shown(pilot, "epoch 3 of 24", "epoch 3 at 0.2")
        await pilot.press("comma")
        await until_shown(pilot, "epoch 2 of 24", "epoch 2 at 0.2")

    drive(scenario, size=size)


def test_a_recipe_that_chains_its_samples_shows_all_temperatures_of_an_epoch() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine, streams=1)
        await pilot.press("comma")
        await until_shown(pilot, *(f"epoch 3 at {temperature}" for temperature in TEMPERATURES))
        await pilot.click(pane(pilot)._past_grid.panels[3])
        await pilot.press("escape")
        await until_shown(pilot, LIVE)

    drive(scenario, size=(140, 40), launch=Launch(ascii=False, recipe=NOTEBOOK))


def test_epochs_that_the_live_text_leaves_out_are_marked_and_a_key_away() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine)
        shown = await until_shown(pilot, "Some epochs ended unseen: a comma")
        table = widget_text(pilot.app.screen.query_one(EventLog)).splitlines()
        assert {int(row[1:5]): row[0] for row in table if "0:08" in row} == {1: ",", 2: ",", 3: " "}, shown

    drive(scenario, size=(140, 50))


def test_before_an_epoch_has_ended_the_keys_say_so() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await until_shown(pilot, "epoch 1 of 24")
        await pilot.press("comma")
        await until_said(pilot, "No epoch is complete yet.")

    drive(scenario)


@pytest.mark.slow
def test_a_step_takes_less_than_50_ms() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await train(pilot, engine, 12)
        screen = pilot.app.screen
        await pilot.press("comma")
        await shows_epoch(pilot, 12)
        times = []
        for epoch in range(11, 1, -1):
            begun = time.process_time()  # what other programs take is none of its time
            screen.action_walk("before")  # type: ignore[attr-defined]
            await drawn(pilot)
            times.append(time.process_time() - begun)
            await until_shown(pilot, f"epoch {epoch} at 0.2")
        assert sorted(times)[len(times) // 2] < 0.05, times
        assert screen.query_one(LossChart).cursor == 2

    drive(scenario)
