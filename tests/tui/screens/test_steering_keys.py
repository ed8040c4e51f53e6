"""Keys that steer training: the learning rate, and a stop after the epoch."""

from __future__ import annotations

from textual.pilot import Pilot

from model.training.events import Paused, RateScaled, StopPlanned, Unpaused
from model.training.steering.training_commands import ScaleRate, StopAfterEpoch
from tests.tui.driving import drive, until, until_said, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, STEPS, FakeEngine, epoch_end, progress
from tui.keys.key_commands import PauseTraining


def test_the_rate_is_halved_and_doubled_and_the_log_says_from_which_step_on() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, 8))
        await pilot.press("left_parenthesis", "right_parenthesis")
        await until(pilot, lambda: len(engine.commands) == 2, "both commands")
        assert engine.commands == [ScaleRate(0.5), ScaleRate(2.0)]
        engine.tell(RateScaled(1234, 0.5, 0.25))
        await until_shown(pilot, "learning rate halved at step 1,234: now 0.25")
        engine.tell(RateScaled(1240, 4.0, 1.0))
        await until_shown(pilot, "multiplied by 4 at step 1,240:", "now the recipe's again")

    drive(scenario)


def test_a_rate_that_is_changed_before_the_first_step_says_so_at_once() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("left_parenthesis")
        await until_said(pilot, "The learning rate will be halved from the first step on.")

    drive(scenario)


def test_a_stop_after_the_epoch_is_taken_back_by_the_same_key() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(3, 8))
        await until_shown(pilot, "epoch 3 of 24")
        await pilot.press("E")
        engine.tell(StopPlanned(2 * STEPS + 8, 3))
        await until_shown(pilot, "epoch 3 of 24 · the last", "training stops after epoch 3")
        await pilot.press("E")
        engine.tell(StopPlanned(2 * STEPS + 9, None))
        await until_shown(pilot, "training goes on after this epoch")
        assert engine.commands == [StopAfterEpoch(True), StopAfterEpoch(False)]

    drive(scenario)


def test_only_what_another_program_asks_for_turns_a_planned_stop_round() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(3, 8))
        await until_shown(pilot, "epoch 3 of 24")
        await pilot.press("E", "E")
        engine.tell(StopPlanned(700, 3))  # a late answer to the first key
        await until_shown(pilot, "training stops after epoch 3")
        await pilot.press("E")
        engine.tell(StopPlanned(701, None, asked=True))
        await until_shown(pilot, "training goes on after this epoch")
        await pilot.press("E")
        assert engine.commands == [StopAfterEpoch(each) for each in (True, False, True, True)]

    drive(scenario)


def test_only_what_another_program_asks_for_turns_a_pause_round() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(3, 8))
        await until_shown(pilot, "epoch 3 of 24")
        await pilot.press("p", "p")
        engine.tell(Paused(700), Unpaused(700), Paused(701))  # late answers, and the last one is still to come
        await until_shown(pilot, "paused at step 701")
        await pilot.press("p")
        engine.tell(Unpaused(701, asked=True))
        await until_shown(pilot, "resumed at step 701")
        await pilot.press("p")
        engine.tell(Paused(702, showing=True, asked=True))  # another program resumes; the samples are still waited for
        await until_shown(pilot, "waits for the samples")
        await pilot.press("p")
        assert engine.commands == [PauseTraining(each) for each in (True, False, True, True, True)]

    drive(scenario)


def test_the_last_epoch_and_a_finished_run_need_no_stop() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(24, 8))
        await until_shown(pilot, "epoch 24 of 24")
        await pilot.press("E")
        await until_said(pilot, "This is the last epoch anyway.")
        engine.tell(FINISHED)
        await until_shown(pilot, "finished")
        await pilot.press("E")
        await until_said(pilot, "Training is complete.")
        assert engine.commands == []

    drive(scenario)


def test_n_shows_every_loss_in_another_unit() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(1, STEPS), epoch_end(1, 1.9), progress(2, 8))
        await until_shown(pilot, "nats/char", "1.9000", "bits/char")
        await pilot.press("n")
        await until_said(pilot, "Losses are shown in bits per character.")
        pilot.app.clear_notifications()
        shown = await until_shown(pilot, "2.456", "perpl.", "perplexity", "2.74 bits: about 7 likely characters")
        assert "1.9000" not in shown
        await pilot.press("n")
        await until_shown(pilot, "5.485")
        await pilot.press("n")
        await until_shown(pilot, "1.9000")

    drive(scenario, size=(140, 44))
