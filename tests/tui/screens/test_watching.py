"""A run that is trained elsewhere on the screen: what it does, what no key here reaches, and what is written where."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from textual.pilot import Pilot

from model.recipe import FAST
from model.sampling import Sampling
from model.training.events import Paused, Resumed, Saved, StopPlanned, Unpaused
from model.training.steering.training_commands import SampleNow, Save, ScaleRate, StopAfterEpoch
from tests.tui.driving import drawn, drive, screen_text, until, until_said, until_shown, widget_text
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, STEPS, FakeEngine, epoch_end, progress, written
from tests.tui.screens.test_resuming_screen import HELD_OUT, PAST, history, one_line, points
from tui.engine.messages import LOADING, Note, RunHistory, RunStateChanged, Stage
from tui.engine.writing.items import SampleEnd, SampleStart, SamplingChange, Seed
from tui.keys.key_commands import PauseTraining, WriteNow
from tui.launch import Launch
from tui.views.run_state import RunState, State
from tui.views.runs.exit_summary import summary
from tui.widgets.footer import KeyFooter
from tui.widgets.training.event_log import EventLog
from tui.widgets.training.loss_chart import LossChart
from tui.widgets.training.training_pane import TrainingPane

WIDE, NARROW = (120, 40), (80, 24)
LAUNCH = Launch(ascii=False, recipe=replace(FAST, epochs=24), watch="/runs/nietzsche", name="nietzsche")


def pane(pilot: Pilot[None]) -> TrainingPane:
    return pilot.app.screen_stack[0].query_one(TrainingPane)


def stands(state: State, silent: float = 0.0, *, requests: bool = False) -> RunStateChanged:
    return RunStateChanged(RunState(state, time.monotonic() - silent, requests))


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_title_says_what_the_run_does(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(Stage("waiting for its first step"), stands("waiting"))
        await until_shown(pilot, "Watching · waits for its start", part=pane(pilot))
        engine.tell(PAST, stands("training"))
        await until_shown(pilot, "Watching · epoch 6 of 24", "1.4321", part=pane(pilot))
        engine.tell(Paused(1400), stands("paused"))
        await until_shown(pilot, "Watching · paused", part=pane(pilot))
        engine.tell(Unpaused(1400), progress(6, 80), stands("training"))
        await until_shown(pilot, "Watching · epoch 6 of 24", part=pane(pilot))
        engine.tell(stands("silent", 125.0))
        await until_shown(pilot, "Watching · no news for 2 min", part=pane(pilot))
        engine.tell(stands("restarted"))
        await until_shown(pilot, "Watching · restarted", part=pane(pilot))
        engine.tell(stands("gone"))
        await until_shown(pilot, "Watching · gone", part=pane(pilot))
        engine.tell(progress(24, STEPS), FINISHED, stands("finished"))
        await until_shown(pilot, "Watching · finished", "24/24", part=pane(pilot))

    drive(scenario, size=size, launch=LAUNCH)


def test_what_happened_is_in_the_log_with_its_time() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        log = pilot.app.screen.query_one(EventLog)
        resumed = Resumed(epoch=5, step=5 * STEPS, best_held_out=1.5, notices=())
        for messages, sentence in (
            ((Paused(1400), stands("paused")), "paused at step 1,400"),
            ((Unpaused(1400), stands("training")), "resumed at step 1,400"),
            ((stands("silent", 50.0),), "s: the run may have been killed, or its folder cannot be"),
            ((resumed, stands("restarted")), "resumed at step 1,320, after 5 epochs"),
            ((), "The run was started again."),
            ((stands("gone"),), "The run's folder is gone. The weights read so far still write."),
            ((stands("training"),), "The run's folder is back."),
            ((stands("silent", 3.0), stands("training")), "There is news of the run again."),
            ((Note("Random seeds are stretches of its text."),), "Random seeds are stretches of its text."),
        ):
            engine.tell(*messages)

            def said(sentence: str = sentence) -> bool:
                return sentence in one_line(widget_text(log))

            await until(pilot, said, sentence)
        assert all(row[:2].isdigit() and row[2] == ":" for row in [widget_text(log).split("\n")[0]])

    drive(scenario, size=WIDE, launch=LAUNCH)


def test_on_a_low_screen_only_what_is_amiss_pops_up() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, stands("training"), Note("All is well with the seeds."))
        await until_shown(pilot, "All is well with the seeds.", part=pane(pilot))
        assert screen_text(pilot.app).count("All is well") == 1
        engine.tell(Note("A checkpoint is damaged.", warning=True))
        await until(pilot, lambda: screen_text(pilot.app).count("A checkpoint is damaged.") == 2, "the log and a toast")

    drive(scenario, size=NARROW, launch=LAUNCH)


def test_the_time_of_a_silence_grows() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, stands("silent", 5.0))
        await until_shown(pilot, "no news for", part=pane(pilot))

        def seconds() -> int:
            return int(re.findall(r"no news for (\d+) s", widget_text(pane(pilot)))[0])

        at_first = seconds()
        assert at_first >= 5
        await until(pilot, lambda: seconds() > at_first, "a longer time")

    drive(scenario, launch=LAUNCH)


def test_a_silent_run_has_no_time_left() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(2, 8, seconds=1.0), stands("training"))
        await until_shown(pilot, "8/264", part=pane(pilot))
        engine.tell(progress(2, 108, seconds=2.0))
        await until_shown(pilot, " left", part=pane(pilot))
        engine.tell(stands("silent", 50.0))
        await until(pilot, lambda: " left" not in widget_text(pane(pilot)), "no time left")

    drive(scenario, launch=LAUNCH)


def test_the_chart_of_a_restarted_run_shows_only_what_still_counts() -> None:
    again = history(HELD_OUT[:2], progress(3, 20))

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        chart = pilot.app.screen.query_one(LossChart)
        engine.tell(PAST, stands("training"))
        await until(pilot, lambda: points(chart) >= 5, "a point for each epoch")
        engine.tell(again, stands("restarted"))
        await until(pilot, lambda: points(chart) == 2, "two points")
        await until_shown(pilot, "3/24", "20/264", part=pane(pilot))
        log = one_line(widget_text(pilot.app.screen.query_one(EventLog)))
        assert log.count("1.7021") == 2
        engine.tell(epoch_end(3, 1.4))
        await until_shown(pilot, "1.4000", part=pane(pilot))
        assert pilot.app.main.view.best.epoch == 3  # type: ignore[attr-defined]

    drive(scenario, launch=LAUNCH)


def test_a_run_resumed_after_its_end_is_no_longer_finished() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(CORPUS, COMPILED, progress(2, 8), replace(FINISHED, reason="stopped"), stands("finished"))
        await until_shown(pilot, "Watching · unfinished (stopped)", "b newest weights")
        engine.tell(CORPUS, Resumed(1, 272, None, ()), stands("restarted"), progress(2, 9), stands("training"))
        await until_shown(pilot, "Watching · epoch 2 of 24", "b best weights")

    drive(scenario, size=(240, 40), launch=LAUNCH)


def test_keys_ask_the_program_that_trains_if_it_takes_requests() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, stands("training"))
        for key in "pEk(":  # each of them says it
            pilot.app.clear_notifications()
            await pilot.press(key)
            await until_said(pilot, "No program trains this run now that takes requests.")
        await pilot.press("g")
        await until(pilot, lambda: engine.commands == [WriteNow()], "a sample that is written here, and nothing else")
        engine.tell(stands("training", requests=True))
        await until(pilot, lambda: pilot.app.main.takes_requests, "the news")
        for key in "pEk(g":
            await pilot.press(key)
        asked = [PauseTraining(True), StopAfterEpoch(True), Save(), ScaleRate(0.5), SampleNow()]
        await until(pilot, lambda: engine.commands[1:] == asked, "requests")
        engine.tell(Paused(1400), StopPlanned(1400, 6), stands("paused", requests=True))
        await until_shown(pilot, "resume training", "do not stop", part=pilot.app.screen.query_one(KeyFooter))
        await pilot.press("p", "E")
        await until(
            pilot, lambda: engine.commands[-2:] == [PauseTraining(False), StopAfterEpoch(False)], "the way back"
        )
        await pilot.press("h")
        await until_said(pilot, "Only the screen that trains this run can let it wait for samples.")

    drive(scenario, size=(240, 40), launch=LAUNCH)


def test_what_nobody_can_be_asked_for_is_neither_in_the_footer_nor_in_the_help() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        footer = widget_text(pilot.app.screen.query_one(KeyFooter))
        assert "g write now" in footer
        assert not any(label in footer for label in ("pause training", "wait", "checkpoint"))
        await pilot.press("question_mark")
        text = one_line(await until_shown(pilot, "esc closes"))
        assert "the run continues without this program" in text
        assert "in the current folder" in text
        assert "Another program trains this run." in text
        assert "Ask the program that trains to pause or resume." in text
        assert "training waits until its samples are written" not in text

    drive(scenario, size=(240, 120), launch=LAUNCH)


def test_a_sample_is_saved_beside_the_shell_and_not_in_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, here = tmp_path / "run", tmp_path / "here"
    run.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(RunHistory(str(run), PAST.events), stands("training"))
        engine.write([SampleStart(1, Sampling(0.5), 0, 0), Seed("a seed", ()), *written(" and more")])
        await until_shown(pilot, "and more")
        await pilot.press("w")
        await until_shown(pilot, "Saved to")

    drive(scenario, launch=replace(LAUNCH, watch=str(run)))
    assert [path.read_text() for path in here.iterdir()] == ["a seed and more\n"]
    assert list(run.iterdir()) == []


def test_a_stored_sample_has_its_own_heading_and_changes_no_setting() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.write([SampleStart(3, Sampling(1.0), 0, 0), Seed("", ()), *written("mine"), SampleEnd("the next epoch")])
        await until_shown(pilot, "mine", "▸ 1.00 ━")
        items = [SampleStart(3, Sampling(0.3), 2, 4, elsewhere=True), Seed("a seed ", ()), *written("of theirs")]
        engine.write([*items, SamplingChange(Sampling(0.4)), *written(" too"), SampleEnd("the next epoch")])
        text = await until_shown(pilot, "── stored, epoch 3 · 0.30 ──", "of theirs ▸0.40  too")
        assert "▸ 1.00 ━" in text
        assert "waits for the next epoch" in text
        engine.write([SampleStart(3, Sampling(0.6), 0, 0), Seed("", ()), *written("mine again")])
        await until_shown(pilot, "mine again", "▸ 0.60 ━")

    drive(scenario, launch=LAUNCH)


def test_weights_that_are_being_loaded_are_not_waited_for() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(Stage("waiting for its first step"), stands("waiting"))
        await until_shown(pilot, "Writing · waits for the first weights")
        engine.tell(PAST, stands("training"), Stage(LOADING))
        await until_shown(pilot, "Writing · loads the weights")
        engine.write([SampleStart(3, Sampling(1.0), 0, 0), Seed("", ()), *written("text")])
        await until_shown(pilot, "Writing · epoch 3 ─")

    drive(scenario, launch=LAUNCH)


def test_the_step_saved_by_a_watched_run_is_shown() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, stands("training"), Saved("/runs/nietzsche/checkpoints/step-1", 1380))
        await until_shown(pilot, "saved at step 1,380", part=pane(pilot))

    drive(scenario, launch=LAUNCH)


@pytest.mark.parametrize("size", [(40, 12), (60, 20), NARROW, WIDE])
def test_a_silent_run_fits_on_every_screen(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, stands("silent", 7500.0))
        await until_shown(pilot, "Watching · no news for 2 h")
        await drawn(pilot)
        assert "q quit" in screen_text(pilot.app)

    drive(scenario, size=size, launch=LAUNCH)


def test_the_last_words_on_the_shell_invite_to_watch_on() -> None:
    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        engine.tell(PAST, stands("training"))
        await until_shown(pilot, "Watching · epoch 6 of 24")
        engine.tell(Saved("/runs/nietzsche/checkpoints/step-1", 1380))
        await until_shown(pilot, "saved at step 1,380")

    app, _ = drive(scenario, launch=LAUNCH)
    assert summary(app.main.view, "nietzsche")[-1] == "To watch it: charlstm-tui --watch nietzsche"
    app.main.view.apply(replace(FINISHED, reason="stopped"))
    assert summary(app.main.view, "nietzsche")[-1] == "To resume it: charlstm-tui --resume nietzsche"
