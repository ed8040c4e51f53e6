"""What a run is doing, in words: the title above its numbers, and what the log says when that changes. Pure."""

from __future__ import annotations

from model.runs.housekeeping.run_states import ended, why
from model.runs.housekeeping.spelled_times import span
from tui.views.run_state import RunState
from tui.views.training_view import TrainingView


def titles(view: TrainingView, dot: str, now: float) -> list[str]:
    """'Training · epoch 3 of 16', or 'Watching · …' where another program trains the run; and shorter.

    Args:
        view: all that is known of it.
        dot: the sign between two facts.
        now: by `time.monotonic`.
    """
    between = f" {dot} "
    name, state = ("Watching", _watched(view, dot, now)) if view.watched else ("Training", _of_phase(view, dot))
    if not state:
        return [name]
    short = state.replace(why(view), "")
    named = [f"{name}{between}{each}" for each in (state, short)]
    return [*named, state, short, short.partition(between)[0]]


def change(before: RunState | None, run_state: RunState, now: float) -> str | None:
    """A sentence about a watched run's new state, or None if it needs no words."""
    was = before.state if before else "waiting"
    if before and was == run_state.state:
        return None
    match run_state.state:
        case "silent":
            silence = span(now - run_state.since)
            return f"No news for {silence}: the run may have been killed, or its folder cannot be reached."
        case "gone":
            return "The run's folder is gone. The weights read so far still write."
        case "restarted":
            return "The run was started again."
        case _ if was == "silent":
            return "There is news of the run again."
        case _ if was == "gone":
            return "The run's folder is back."
    return None


def _of_phase(view: TrainingView, dot: str) -> str:
    match view.phase:
        case "preparing":
            return "paused" if view.pause_asked else ""
        case "training":
            signs = ["hold"] * view.hold_asked + ["the last"] * (view.steering.last_epoch == view.epoch)
            return f" {dot} ".join([f"epoch {view.epoch} of {view.epochs}", *signs])
        case "waiting":
            return "waits: resume writing (space)" if view.writing_paused else "waits for the samples"
        case "finished":
            return _ended(view, dot)
        case phase:
            return phase


def _watched(view: TrainingView, dot: str, now: float) -> str:
    assert view.run_state is not None
    match view.run_state.state:
        case "waiting":
            return "waits for its start"
        case "training":
            return f"epoch {view.epoch} of {view.epochs}" if view.epoch else "training"
        case "silent":
            return f"no news for {span(now - view.run_state.since)}"
        case "showing":
            return "waits for the samples"
        case "finished":
            return _ended(view, dot)
        case state:
            return state


def _ended(view: TrainingView, dot: str) -> str:
    """The state of a run that is not trained any more, and the key that changes that.

    The program that trained a watched run may still have it open; then the key does nothing.
    """
    state = ended(view, view.epochs) + why(view)
    return f"{state} {dot} L learn on" if view.run and not view.watched else state
