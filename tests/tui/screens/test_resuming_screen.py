"""A run that goes on, or goes back to good weights, on the screen: its curve, its numbers and what is said of it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from model.recipe import FAST
from model.sampling import Sampling
from model.training.events import Event, Resumed, RolledBack, Step, TimedEvent
from tests.tui.driving import drive, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import (
    COMPILED,
    CORPUS,
    FINISHED,
    STEPS,
    FakeEngine,
    epoch_end,
    progress,
)
from tui.engine.messages import EngineFailed, RunHistory, Stage
from tui.keys.key_commands import AskOdds, PinSeed, SetSampling
from tui.keys.screen_settings import ScreenSettings, StreamSampling
from tui.launch import Launch
from tui.views.training_view import TrainingView
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.training.loss_plot import LossPlot
from tui.widgets.training.training_pane import TrainingPane

WIDE, NARROW = (120, 40), (80, 24)
LAUNCH = Launch(ascii=False, recipe=replace(FAST, epochs=24))


def points(chart: LossChart) -> int:
    """Of the held-out curve."""
    view = chart.query_one(LossPlot).curves
    return len(view.curves.held_out) if view else 0


def history(held_out: Sequence[float], *after: Event, logged: bool = True, notes: Sequence[str] = ()) -> RunHistory:
    """What is kept of a run after epochs with these held-out losses."""
    events: list[Event] = [CORPUS, COMPILED]
    for epoch, loss in enumerate(held_out, start=1):
        steps = range((epoch - 1) * STEPS + 20, epoch * STEPS, 20) if logged else ()
        events += [Step(epoch, step, 0.0, 0.01, 3.0 / (1 + step / STEPS), 1.8125) for step in steps]
        events.append(epoch_end(epoch, loss))
    return RunHistory("/runs/nietzsche", [TimedEvent(event, None) for event in (*events, *after)], notes)


HELD_OUT = (1.9, 1.7, 1.6, 1.5432, 1.55)
PLACE = progress(6, 60, loss=1.4321, seconds=21.0)
PAST = history(HELD_OUT, PLACE)
RESUMED = Resumed(epoch=5, step=5 * STEPS + 60, best_held_out=1.5432, notices=())
BACK = RolledBack(
    step=3 * STEPS + 100,
    to_step=2 * STEPS + 44,
    to_epoch=2,
    reason="the loss jumped from 1.40 to 6.20",
    rate_scale=0.5,
)


def test_what_was_set_on_the_screen_is_set_again_and_further_settings_are_kept() -> None:
    kept = ScreenSettings((StreamSampling(1, Sampling(0.5), Sampling(0.7)),), "jack ", 40.0, True, "surprisal", True)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        session = pilot.app.main.session
        assert engine.commands == [SetSampling(Sampling(0.7), 1), PinSeed("jack "), AskOdds(True)]
        assert session.settings == kept
        assert engine.kept == [], "it is there already"
        await pilot.press("c", "i")
        now = replace(kept, colouring="entropy", pinned=None)
        await until(pilot, lambda: engine.kept[-1:] == [now], "further settings")

    launch = replace(LAUNCH, kept=kept, seed_text="jack ", speed=40.0, resume="/runs/nietzsche")
    drive(scenario, launch=launch)


def test_settings_that_cannot_be_read_are_said() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await until_said(pilot, "screen.json is damaged.")

    drive(scenario, launch=replace(LAUNCH, kept_note="screen.json is damaged."))


def one_line(text: str) -> str:
    """What a pane says, without its borders, line breaks and the end of its bar, wherever that is."""
    return " ".join(re.split(r"[\s│╭╮╰╯─▁-█]+", text))


def pane(pilot: Pilot[None]) -> TrainingPane:
    return pilot.app.screen_stack[0].query_one(TrainingPane)


@pytest.fixture(autouse=True)
def quick_chart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.widgets.training.loss_chart.REDRAW_SECONDS", 0.02)


# Going on


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_history_is_on_the_screen_before_anything_compiles(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, Stage("compiling the training step"))
        await until_shown(pilot, "compiling the training step", "1.4321", "1.5500", "6/24", "60/264", part=pane(pilot))

    drive(scenario, size=size, launch=LAUNCH)


def test_without_logged_steps_loss_and_rate_are_unknown() -> None:
    past = history(HELD_OUT, replace(PLACE, loss=math.nan, rate=math.nan), logged=False)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(past)
        assert "nan" not in await until_shown(pilot, "1.8125", "60/264", part=pane(pilot))

    drive(scenario, launch=LAUNCH)


def test_the_curve_and_the_table_of_epochs_are_those_of_the_run() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST)
        chart = pilot.app.screen.query_one(LossChart)
        await until(pilot, lambda: points(chart) >= 5, "a point for each epoch")
        text = await until_shown(pilot, "1.5432", part=pane(pilot))
        rows = {match[1]: match[0] for match in re.finditer(r" +(\d) +1\.7021 .*", text)}
        assert ["best" in row for row in rows.values()] == [False, False, False, True, False]

    drive(scenario, launch=LAUNCH)


def test_the_log_says_where_the_run_continues_and_what_is_not_exact() -> None:
    notice = "Training continues, but not bit-exactly: jax 0.10.0 is now 0.11.0."

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(history(HELD_OUT, PLACE, notes=["A checkpoint is damaged. It is skipped."]), CORPUS)
        engine.tell(replace(RESUMED, notices=(notice,)))
        await until(pilot, lambda: notice in one_line(widget_text(pane(pilot))), "the notice")
        text = one_line(widget_text(pane(pilot)))
        assert "resumed at step 1,380, after 5 epochs" in text
        assert "A checkpoint is damaged. It is skipped." in text

    drive(scenario, launch=LAUNCH)


def test_new_epochs_are_compared_with_those_before() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, CORPUS, RESUMED, COMPILED, progress(6, STEPS), epoch_end(6, 1.56))
        engine.tell(progress(7, STEPS), epoch_end(7, 1.5))

        def row(epoch: int) -> str:
            return (re.findall(rf" {epoch} +1\.7021.*", widget_text(pane(pilot))) or [""])[0]

        await until(pilot, lambda: row(7), "the last row of the table")
        assert "best" not in row(6)
        assert "best" in row(7)

    drive(scenario, launch=LAUNCH)


def test_a_finished_run_says_so_and_shows_its_curve() -> None:
    past = history([1.9 - epoch / 100 for epoch in range(1, 25)], progress(24, STEPS))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(past, CORPUS, replace(RESUMED, epoch=24, step=24 * STEPS), FINISHED)
        await until_shown(pilot, "Training · finished", "24/24", "264/264", part=pane(pilot))
        told = "Training is complete. Writing with the best weights."
        await until(pilot, lambda: told in one_line(widget_text(pane(pilot))), told)
        chart = pilot.app.screen.query_one(LossChart)
        await until(pilot, lambda: points(chart) > 9, "the points of the epochs")

    drive(scenario, launch=LAUNCH)


def test_a_run_that_cannot_go_on_shows_its_past_and_the_reason() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, EngineFailed("The text is not the one that the run has learned.", ""))
        await until_shown(pilot, "The text is not the one that the run has learned.", "could not start")
        await until_shown(pilot, "Nothing was trained.")

    drive(scenario, launch=LAUNCH)


def test_nothing_is_known_of_the_time_left_before_the_first_steps() -> None:
    view = TrainingView(FAST, "fast")
    view.begin_with(PAST.folder)
    view.apply_all(PAST.events)
    view.end_history()
    assert view.phase == "preparing"
    assert view.seconds_left != view.seconds_left
    assert view.epochs_done == pytest.approx(5 + 60 / STEPS)
    assert view.run == "/runs/nietzsche"


# Going back


def learned() -> TrainingView:
    view = TrainingView(FAST, "fast")
    for event in (
        CORPUS,
        COMPILED,
        epoch_end(1, 1.9),
        progress(2, STEPS, seconds=1.0),
        epoch_end(2, 1.8),
        epoch_end(3, 1.7),
        progress(4, 100, seconds=3.0),
    ):
        view.apply(event)
    return view


def test_epochs_after_a_rollback_do_not_count() -> None:
    view = learned()
    assert view.best is not None
    assert view.best.epoch == 3
    view.apply(BACK)
    assert [end.epoch for end in view.epoch_ends] == [1, 2]
    assert view.best is not None
    assert view.best.epoch == 3, "its weights are still the best"
    assert view.progress is not None
    assert (view.progress.epoch, view.progress.step, view.progress.step_in_epoch) == (3, BACK.to_step, 44)
    assert view.epochs_done == pytest.approx(2 + 44 / STEPS)


def test_time_left_is_measured_anew_after_going_back() -> None:
    view = learned()
    assert view.seconds_left == view.seconds_left
    view.apply(BACK)
    assert view.seconds_left != view.seconds_left
    view.apply(progress(3, 60, seconds=4.0))
    view.apply(progress(3, 140, seconds=5.0))
    assert view.epoch_seconds_left == pytest.approx((STEPS - 140) / 80)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_a_rollback_is_reported_in_plain_words(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(3, 264), progress(4, 100), BACK)
        told = (
            "Training diverged at step 892: the loss jumped from 1.40 to 6.20. It continues from the good weights of "
            "step 572, at half the rate that went well: 0.5 times the recipe's."
        )

        def shown() -> str:
            return one_line(widget_text(pilot.app.screen))

        if size == NARROW:  # where the log has no room for it
            await until_said(pilot, told)
        else:
            await until(pilot, lambda: told in shown(), told)
        await until_shown(pilot, "epoch 3 of 24")

    drive(scenario, size=size, launch=LAUNCH)


def test_the_chart_drops_what_was_rolled_back() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        chart = pilot.app.screen.query_one(LossChart)
        engine.tell(CORPUS, COMPILED)
        for epoch in (1, 2, 3):
            engine.tell(progress(epoch, STEPS, loss=2 - epoch / 10), epoch_end(epoch, 2 - epoch / 10))
            await until_shown(pilot, f"epoch {epoch} of 24")
        await until(pilot, lambda: points(chart) == 3, "three points")
        engine.tell(replace(BACK, to_step=2 * STEPS, to_epoch=2))
        await until(pilot, lambda: points(chart) == 2, "two points")

    drive(scenario, launch=LAUNCH)


def test_the_rate_shown_is_that_of_the_next_steps() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(3, 264), BACK, replace(progress(3, 50), rate=0.00491))
        await until_shown(pilot, "0.00491", part=pane(pilot))

    drive(scenario, launch=LAUNCH)


def test_the_end_after_repeated_divergence_says_why_and_what_is_kept() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(3, 264), BACK)
        engine.tell(replace(FINISHED, reason="diverged", epoch=2))
        await until_shown(pilot, "Training · diverged", part=pane(pilot))
        told = (
            "Training diverged repeatedly and was stopped. The best weights are kept and write from now on. "
            "A lower --rate may do better."
        )
        await until(pilot, lambda: told in one_line(widget_text(pane(pilot))), told)

    drive(scenario, launch=LAUNCH)
