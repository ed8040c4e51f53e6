"""Every key in every state of the program does something or says why not, in one true sentence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from textual.app import App
from textual.pilot import Pilot
from textual.widgets._toast import Toast

from model.sampling import Sampling
from tests.tui.driving import drawn, drive, screen_text, until, until_shown
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, FakeEngine, epoch_end, progress, written
from tui.engine.messages import EngineFailed
from tui.engine.writing.items import Item, SampleEnd, SampleStart, Seed
from tui.keys.action import Action
from tui.keys.keymap import BY_ID
from tui.keys.refusals import Situation, refusal
from tui.launch import Launch

SAMPLE: list[Item] = [SampleStart(1, Sampling(0.5), 2, 4), Seed("seed ", ()), *written("and text\n" * 60)]
STATES = (
    "preparing",
    "training",
    "paused",
    "watching",
    *(pytest.param(state, marks=pytest.mark.slow) for state in ("complete", "failed start", "failed later")),
)
NOT_PRESSED = {"quit"}
"""It ends the program; `test_main` and `test_unsaved` press it."""


async def bring_into(state: str, pilot: Pilot[None], engine: FakeEngine) -> None:
    """Let the engine say what leads to a state."""
    if state == "failed start":
        engine.tell(EngineFailed("There is no file.", ""))
        await until_shown(pilot, "There is no file.")
        await pilot.press("escape")
    elif state not in ("preparing", "watching"):
        engine.tell(CORPUS, COMPILED, progress(1, 8), progress(1, 264), epoch_end(1, 1.9))
        engine.write(SAMPLE)
        await until_shown(pilot, "and text")
    if state == "paused":
        await pilot.press("p", "space")
    elif state == "complete":
        engine.write([SampleEnd("a key (g)")])
        engine.tell(FINISHED)
        await until_shown(pilot, "finished")
    elif state == "failed later":
        engine.tell(EngineFailed("The disk is gone.", ""))
        await until_shown(pilot, "The disk is gone.")
        await pilot.press("escape")
    await drawn(pilot)


def working(app: App[object]) -> bool:
    """Whether what a key has begun is not over yet: a dialog may still open."""
    return any(not worker.is_finished for worker in app.workers)


@pytest.mark.parametrize("state", STATES)
def test_every_key_does_something_or_says_why_not(state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a text is saved into the current folder, where no run is kept

    async def scenario(pilot: Pilot[None], engine: FakeEngine) -> None:
        await bring_into(state, pilot, engine)
        app = pilot.app
        for action in BY_ID.values():
            for key in action.keys:
                if action.id in NOT_PRESSED:
                    continue
                app.clear_notifications()
                await until(pilot, lambda: not app.screen.query(Toast), "no notices")
                before, sent, theme = screen_text(app), len(engine.commands), app.theme

                def answered(before: str = before, sent: int = sent, theme: str = theme) -> bool:
                    changed = screen_text(app) != before or app.theme != theme
                    return changed or len(engine.commands) > sent or bool(app.screen.query(Toast))

                await pilot.press(key)
                await until(pilot, answered, f"an answer to {key} ({action.id}) while {state}")
                await until(pilot, lambda: app.screen is not app.main or not working(app), f"the end of {action.id}")
                while app.screen is not app.main:
                    await pilot.press("escape")
                    await drawn(pilot)

    launch = Launch(ascii=False, watch="run" if state == "watching" else None)
    drive(scenario, size=(80, 24), launch=launch)


SENTENCES: list[tuple[str, Situation, str | None]] = [
    ("hold", Situation("finished", "epochs"), "Training is complete."),
    ("hold", Situation("finished", "time"), "Training has ended: its time limit is reached."),
    ("pause-training", Situation("finished", "diverged"), "Training has stopped, because it diverged repeatedly."),
    ("pause-training", Situation("finished", "stopped"), "Training has ended."),
    ("pause-training", Situation("failed", written=False), "Training did not start."),
    ("pause-training", Situation("failed"), "Training has stopped because of an error."),
    ("pause-training", Situation(watching=True), None),
    (
        "halve-rate",
        Situation(watching=True, takes_requests=False),
        "No program trains this run now that takes requests.",
    ),
    ("hold", Situation(watching=True), "Only the screen that trains this run can let it wait for samples."),
    ("pause-training", Situation("preparing", written=False), None),
    ("learn-on", Situation(), "When training has ended, L lets it learn on."),
    ("learn-on", Situation("preparing", written=False), "When training has ended, L lets it learn on."),
    ("learn-on", Situation("finished", "epochs"), None),
    ("learn-on", Situation("finished", "epochs", kept=False), "This run is not kept, so that it cannot learn on."),
    ("learn-on", Situation("failed"), "Training has stopped because of an error."),
    ("write-one", Situation(), "Pause writing first, with the space bar."),
    ("write-one", Situation(writing_paused=True), None),
    (
        "write-one",
        Situation(writing_paused=True, writing=False),
        "This sample is complete. Press g to start a new one.",
    ),
    ("write-one", Situation(writing_paused=True, written=False), "The first weights are not ready yet."),
    (
        "write-now",
        Situation("failed", written=False),
        "Nothing can be written, because the start failed. N begins a run, R opens one.",
    ),
    ("write-now", Situation("failed"), None),
    ("reseed", Situation("finished", "epochs"), None),
    ("copy", Situation("preparing", written=False), "There is no text yet."),
    ("odds", Situation("preparing", written=False), None),
    ("colour", Situation("failed"), None),
    ("units", Situation("preparing", written=False), "The first weights are not ready yet."),
    ("units", Situation(writer_failed=True), "Writing has stopped because of an error."),
    ("score", Situation("preparing", written=False), "The first weights are not ready yet."),
    ("cursor-back", Situation(), "Pause writing first, with the space bar."),
    ("cursor-back", Situation(writing_paused=True), None),
    ("cursor-on", Situation(writing_paused=True, selected_written=False), "There is no text yet."),
    (
        "cursor-back",
        Situation(writing_paused=True, known=False),
        "The odds of this text are not known: another program has written it.",
    ),
    (
        "choose",
        Situation(writing_paused=True, cursor_placed=False),
        "Place the cursor first: pause writing with the space bar, then press left.",
    ),
    ("undo", Situation(undo=False), "There is no branch to undo."),
    ("redo", Situation(redo=False), "There is no branch to redo."),
    ("live", Situation(cursor_placed=False), "Nothing is open here."),
    ("copy", Situation("failed", written=False), "There is no text."),
    ("chart", Situation(chart_shown=False), "There is no room for the loss chart in this window."),
    ("chart", Situation("preparing", charted=False), "The loss chart appears with the first training step."),
]


@pytest.mark.parametrize(("identifier", "situation", "sentence"), SENTENCES)
def test_what_a_key_cannot_do_is_said_as_it_is(identifier: str, situation: Situation, sentence: str | None) -> None:
    assert refusal(BY_ID[identifier], situation) == sentence


def test_only_a_key_begins_the_next_sample_where_training_is_over_and_weights_have_written() -> None:
    ended = [Situation(phase, writing=False) for phase in ("finished", "failed")]
    assert all(each.awaits_key for each in ended)
    assert not any(replace(each, written=False).awaits_key for each in ended), "weights are loading, or there are none"
    assert not any(each.awaits_key for each in (Situation("finished"), Situation(writing=False)))


@pytest.mark.parametrize("action", BY_ID.values(), ids=lambda action: action.id)
def test_while_training_and_writing_only_what_needs_a_pause_or_the_end_is_refused(action: Action) -> None:
    refused = action.id in ("write-one", "cursor-back", "cursor-on", "learn-on")
    assert (refusal(action, Situation()) is None) is not refused


@pytest.mark.parametrize("action", BY_ID.values(), ids=lambda action: action.id)
def test_a_watched_run_refuses_only_what_nobody_can_be_asked_for(action: Action) -> None:
    now = replace(Situation(writing_paused=True), watching=True)
    assert (refusal(action, now) is not None) is (action.id in ("hold", "learn-on"))
