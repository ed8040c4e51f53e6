"""What is saved on a key, and what is not saved: said for as long as it lasts, and once more on the way out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from model.training.events import Event, Saved, SaveFailed
from model.training.steering.training_commands import Save
from tests.tui.driving import drive, leave, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress
from tui.keys.key_commands import PauseTraining
from tui.screens.main import MainScreen
from tui.screens.quit import QuitScreen
from tui.views import quantities
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.training_pane import TrainingPane

FULL = SaveFailed("/runs/x/metrics.jsonl cannot be written to: No space left on device.")
SIZES = pytest.mark.parametrize("size", [(120, 40), (80, 24), (40, 12)])


async def learning(pilot: Pilot[None], engine: FakeEngine) -> TrainingPane:
    """The pane when the first steps are done."""
    engine.tell(CORPUS, COMPILED, progress(1, 8))
    await until_shown(pilot, "epoch 1 of 24")
    return pilot.app.screen.query_one(TrainingPane)


# Saving on a key


def test_k_says_saved_when_it_is_on_the_disk() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        await pilot.press("k")
        await until(pilot, lambda: engine.commands == [Save()], "the command")
        engine.tell(Saved("/runs/x/checkpoints/step-7", 7))
        await until_shown(pilot, "saved at step 7")
        assert not pilot.app._notifications, "that was saved before the key"
        engine.tell(Saved("/runs/x/checkpoints/step-8", 8))
        await until_shown(pilot, "Saved.")
        assert len(pilot.app._notifications) == 1
        engine.tell(Saved("/runs/x/checkpoints/step-99", 99))
        await until_shown(pilot, "saved at step 99")
        assert len(pilot.app._notifications) == 1

    drive(scenario)


def test_k_saves_while_training_is_paused() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        await pilot.press("p", "k")
        await until(pilot, lambda: engine.commands == [PauseTraining(True), Save()], "both commands")
        engine.tell(Saved("/runs/x/checkpoints/step-8", 8))
        await until_shown(pilot, "Saved.", "Training · paused")

    drive(scenario)


def test_k_says_why_it_was_not_saved() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        await pilot.press("k")
        engine.tell(FULL)
        await until_shown(pilot, "Not saved. /runs/x/metrics.jsonl")
        await pilot.press("k")
        await until_shown(pilot, "Saving fails: No space left on device.")

    drive(scenario)


def test_k_has_nothing_to_save_before_the_first_step_and_after_the_last() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await pilot.press("k")
        await until_shown(pilot, "There is nothing new to save yet.")
        engine.tell(CORPUS, COMPILED, progress(24, 264), FINISHED)
        await until_shown(pilot, "Training · finished")
        await pilot.press("k")
        await until_said(pilot, "Training is complete. Its last checkpoint is saved.")
        assert engine.commands == []

    drive(scenario)


def test_k_says_that_a_run_is_not_kept() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(SaveFailed("No run can be made in /x: Permission denied."), CORPUS)
        engine.tell(replace(COMPILED, run=None), progress(1, 8))
        await until_shown(pilot, "epoch 1 of 24")
        await pilot.press("k")
        await until_said(pilot, "This run cannot be saved. No run can be made in /x")
        assert engine.commands == []

    drive(scenario)


# What is not saved


@SIZES
def test_failed_saves_stay_visible_until_they_succeed(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = await learning(pilot, engine)

        def complains() -> bool:
            pilot.app.clear_notifications()  # they pass, and cover the whole pane of the smallest screen
            return re.search(r"not saved since \d\d:\d\d: No space left", widget_text(pane)) is not None

        engine.tell(FULL)
        await until(pilot, complains, "the complaint")
        for step in range(9, 100, 9):
            engine.tell(progress(1, step))
        await until(pilot, lambda: pilot.app.main.view.progress.step == 99, "the last progress")
        await until(pilot, complains, "the same complaint")
        engine.tell(Saved("/runs/x/checkpoints/step-99", 99))
        await until(pilot, lambda: "Training" in widget_text(pane) and not complains(), "no complaint")

    drive(scenario, size=size)


def test_the_time_is_that_of_the_first_failure() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = await learning(pilot, engine)
        engine.tell(FULL)
        await until_shown(pilot, "No space left on device", part=pane)
        pane._unsaved_since = "12:41"
        engine.tell(SaveFailed("The checkpoint /runs/x/a could not be written: Input/output error. Free some room."))
        await until_shown(pilot, "not saved since 12:41: Input/output error", part=pane)

    drive(scenario)


def test_the_same_failure_is_logged_once() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = await learning(pilot, engine)
        for step in (100, 200, 300):
            engine.tell(SaveFailed(f"The checkpoint /x/step-{step} could not be written: No space left on device."))
            engine.tell(Saved("/x", step))
        await until_shown(pilot, "saved at step 300", part=pane)
        alarms = [entry.text for entry in pane.query_one(EventLog)._entries if entry.kind == "alarm"]
        assert alarms == ["The checkpoint /x/step-100 could not be written: No space left on device."]

    drive(scenario)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("/runs/a/metrics.jsonl cannot be written to: Read-only file system.", "Read-only file system"),
        (
            "The checkpoint /x/y.safetensors could not be written: No space left on device. See that its folder is "
            "there, writable and not full; earlier checkpoints are untouched.",
            "No space left on device",
        ),
        (
            "No run can be made in /x: Permission denied. Choose another folder with --runs.",
            "Permission denied",
        ),
        (
            "The weights are no numbers any more, so they are not saved; earlier ones are kept.",
            "The weights are no numbers any more, so they are not saved; earlier ones are kept",
        ),
        ("Saving failed unexpectedly: ValueError: no such thing.", "no such thing"),
    ],
)
def test_the_reason_is_the_systems_own_words(sentence: str, reason: str) -> None:
    assert quantities.reason(sentence) == reason


# On the way out


@pytest.mark.parametrize("key", ["q", "ctrl+q"])
def test_quitting_asks_once_while_saving_fails(key: str) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        engine.tell(FULL)
        await until_shown(pilot, "not saved since")
        await pilot.press(key)
        await until_shown(pilot, "Not everything is saved", "No space left on device", "esc stay")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, MainScreen), "the main screen")
        assert engine.stops == []
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.screen, QuitScreen), "the question")
        await leave(pilot, key)

    app, engine = drive(scenario)
    assert app.return_code == 0
    assert engine.stops


@SIZES
def test_the_quit_dialog_fits_on_every_screen(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        engine.tell(
            SaveFailed(f"The checkpoint /{'x' * 200} could not be written: No space left on device. Make room.")
        )
        await until(pilot, lambda: pilot.app.main.view.unsaved, "the failure")
        await pilot.press("q")
        await until_shown(pilot, "Saving fails: No space left", "esc stay", "q quit any")

    drive(scenario, size=size)


REMOVED = (
    "The folder of the run nietzsche-1 was removed, with all that was saved in it, so nothing more is saved. "
    f"To save again, put the folder back, or make an empty one: mkdir -p /home/user/{'long/' * 12}nietzsche-1"
)


@pytest.mark.parametrize("size", [(120, 40), (80, 24)])
def test_of_a_removed_folder_the_dialog_says_all_that_is_lost_and_what_to_type(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        pane = await learning(pilot, engine)
        engine.tell(epoch_end(1, 1.9), Saved("/runs/x/checkpoints/step-264", 264), SaveFailed(REMOVED, on_disk=0))
        await until_shown(pilot, "not saved since", "The folder of the run nietzsche-1 was", part=pane)
        await pilot.press("q")
        await until_shown(pilot, "Epoch 1 was trained and not kept", "q quit anyway")
        dialog = widget_text(pilot.app.screen.query_one(".dialog"))
        assert "".join(REMOVED.split()) in re.sub(r"[\s│]+", "", dialog)
        assert "nietzsche-1." not in dialog
        await pilot.press("escape")
        engine.tell(Saved("/runs/x/checkpoints/step-300", 300))
        await until_shown(pilot, "saved at step 300")
        await until(pilot, lambda: not any("mkdir" in each.message for each in pilot.app._notifications), "no notice")

    drive(scenario, size=size)


def test_quitting_asks_nothing_if_the_save_succeeded_later() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        engine.tell(FULL, Saved("/x", 8))
        await until_shown(pilot, "saved at step 8")
        await leave(pilot, "q")

    assert drive(scenario)[0].return_code == 0


def test_quitting_asks_nothing_before_there_is_anything_to_lose() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(SaveFailed("No run can be made in /x: Permission denied."), CORPUS)
        await until_shown(pilot, "not saved since")
        await leave(pilot, "q")

    assert drive(scenario)[0].return_code == 0


def test_a_save_while_quitting_counts_in_the_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    last: list[Event] = [FULL]
    stop = FakeEngine.stop

    def save_and_stop(engine: FakeEngine, timeout: float) -> None:
        engine.tell(*last)
        stop(engine, timeout)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await learning(pilot, engine)
        await leave(pilot, "q")

    monkeypatch.setattr(FakeEngine, "stop", save_and_stop)
    assert drive(scenario)[0].main.view.save_failure == FULL.reason
    last.append(Saved("/x", 8))
    assert drive(scenario)[0].main.view.save_failure is None


def test_a_signal_quits_without_a_question() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        from tui.terminal.signals import _end

        await learning(pilot, engine)
        engine.tell(FULL)
        await until_shown(pilot, "not saved since")
        _end(pilot.app, 143)
        await until(pilot, lambda: pilot.app.return_code is not None, "the end")

    assert drive(scenario)[0].return_code == 143
