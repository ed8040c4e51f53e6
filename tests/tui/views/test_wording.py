"""What a run is doing, in words: the title of its pane, and what the log says of a watched run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from model.recipe import FAST
from model.training.events import Event, Paused, Unpaused
from tests.tui.fake_engine import COMPILED, CORPUS, FINISHED, epoch_end, progress
from tui.views.run_state import RunState, State
from tui.views.training_view import TrainingView
from tui.views.wording import change, titles

BEGUN = (CORPUS, COMPILED, progress(3, 8))
DIVERGED = replace(FINISHED, reason="diverged")


def view(*events: Event, watched: State | None = None, **asked: bool) -> TrainingView:
    run = TrainingView(FAST, "fast", RunState(watched, 100.0) if watched else None)
    for event in events:
        run.apply(event)
    for name, value in asked.items():
        setattr(run, name, value)
    return run


@pytest.mark.parametrize(
    ("run", "words"),
    [
        (view(), "Training"),
        (view(pause_asked=True), "Training · paused"),
        (view(*BEGUN), "Training · epoch 3 of 24"),
        (view(*BEGUN, hold_asked=True), "Training · epoch 3 of 24 · hold"),
        (view(*BEGUN, pause_asked=True), "Training · paused"),
        (view(*BEGUN, Paused(8)), "Training · paused"),
        (view(*BEGUN, Paused(8), Unpaused(8)), "Training · epoch 3 of 24"),
        (view(*BEGUN, Paused(8, showing=True)), "Training · waits for the samples"),
        (view(*BEGUN, progress(3, 264), epoch_end(3, 1.9), hold_asked=True), "Training · waits for the samples"),
        (view(*BEGUN, Paused(8, showing=True), writing_paused=True), "Training · waits: resume writing (space)"),
        (view(*BEGUN, FINISHED), "Training · finished · L learn on"),
        (view(CORPUS, replace(COMPILED, run=None), progress(3, 8), FINISHED), "Training · finished"),
        (view(*BEGUN, DIVERGED), "Training · diverged · L learn on"),
        (
            view(*BEGUN, replace(FINISHED, reason="time", epoch=2)),
            "Training · unfinished (time limit reached) · L learn on",
        ),
        (view(watched="waiting"), "Watching · waits for its start"),
        (view(watched="training"), "Watching · training"),
        (view(*BEGUN, watched="training"), "Watching · epoch 3 of 24"),
        (view(*BEGUN, watched="silent"), "Watching · no news for 2 min"),
        (view(*BEGUN, watched="showing"), "Watching · waits for the samples"),
        (view(*BEGUN, FINISHED, watched="finished"), "Watching · finished"),
        (view(*BEGUN, watched="gone"), "Watching · gone"),
    ],
)
def test_the_title_says_what_the_run_is_doing(run: TrainingView, words: str) -> None:
    assert titles(run, "·", 250.0)[0] == words


def test_in_a_narrow_pane_the_title_keeps_the_state_and_the_key() -> None:
    stopped = view(*BEGUN, replace(FINISHED, reason="time", epoch=2))
    assert titles(stopped, "·", 250.0)[1:] == [
        "Training · unfinished · L learn on",
        "unfinished (time limit reached) · L learn on",
        "unfinished · L learn on",
        "unfinished",
    ]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("training", "silent", "No news for 2 min: the run may have been killed, or its folder cannot be reached."),
        ("training", "gone", "The run's folder is gone. The weights read so far still write."),
        ("finished", "restarted", "The run was started again."),
        ("silent", "training", "There is news of the run again."),
        ("gone", "paused", "The run's folder is back."),
        ("training", "paused", None),
        (None, "training", None),
    ],
)
def test_the_log_says_only_what_is_news(before: State | None, after: State, sentence: str | None) -> None:
    was = RunState(before, 0.0) if before else None
    assert change(was, RunState(after, 100.0), 250.0) == sentence
