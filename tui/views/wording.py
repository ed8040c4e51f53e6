"""What a run does, in words: the title above its numbers, and what the log says when it changes. Pure."""

from __future__ import annotations

from tui.views import quantities
from tui.views.run_state import Standing
from tui.views.training_view import TrainingView

REASONS = {"epochs": "all epochs done", "time": "the time is up", "stopped": "stopped", "diverged": "given up"}
"""Why a run ends, by the reason that it gives."""


def title(view: TrainingView, dot: str, now: float) -> str:
    """'Learning · epoch 3 of 16', or 'Watching · …' where another program trains the run.

    Args:
        view: all that is known of it.
        dot: the sign between two facts.
        now: by `time.monotonic`.
    """
    words = ["Learning", _of_phase(view, dot)] if view.standing is None else ["Watching", _elsewhere(view, now)]
    return f" {dot} ".join(filter(None, words))


def change(before: Standing | None, standing: Standing, now: float) -> str | None:
    """What is worth saying of a run that is trained elsewhere, in a sentence that fits a narrow screen."""
    was = before.state if before else "waiting"
    match standing.state:
        case "silent":
            return f"No news for {quantities.span(now - standing.since)}: it may have been killed, or be out of reach."
        case "gone":
            return "Its folder is gone; the weights that were read of it still write."
        case "restarted":
            return "It was started again."
        case _ if was == "silent":
            return "There is news of it again."
        case _ if was == "gone":
            return "Its folder is back."
    return None


def _of_phase(view: TrainingView, dot: str) -> str:
    match view.phase:
        case "preparing":
            return ""
        case "training":
            return f"epoch {view.epoch} of {view.epochs}" + f" {dot} hold" * view.hold_asked
        case "waiting":
            return "waits for the showing"
        case "finished" if view.finished and view.finished.reason == "diverged":
            return "given up"
        case phase:
            return phase


def _elsewhere(view: TrainingView, now: float) -> str:
    assert view.standing is not None
    match view.standing.state:
        case "waiting":
            return "waits for its first step"
        case "training":
            return f"epoch {view.epoch} of {view.epochs}" if view.epoch else "training"
        case "silent":
            return f"no news for {quantities.span(now - view.standing.since)}"
        case "finished":
            return f"ended ({REASONS.get(view.finished.reason, 'over')})" if view.finished else "ended"
        case state:
            return state
