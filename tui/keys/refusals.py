"""Why a key does nothing now: one true sentence for each key and state of the program. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from tui.keys.action import ODDS, TEMPERATURE, TRAINING, WRITING, Action
from tui.keys.keymap import NOT_ASKED
from tui.views.training_view import Phase

_STEERS_TRAINING = ("pause-training", "hold", "checkpoint", "halve-rate", "double-rate", "stop-after-epoch")

_ENDINGS = {
    "epochs": "Training is complete.",
    "time": "Training has ended: its time limit is reached.",
    "diverged": "Training has stopped, because it diverged repeatedly.",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """What decides whether a key can do something."""

    phase: Phase = "training"
    ending: str = ""
    """Why training has ended, as in `model.training.events.Finished`."""
    last_epoch: bool = False
    """Whether training ends with the epoch in progress, by the recipe."""
    watching: bool = False
    """Whether another program trains the run."""
    takes_requests: bool = True
    """Whether that program can be asked for something."""
    kept: bool = True
    """Whether the run has a folder."""
    charted: bool = True
    """Whether there are losses to draw."""
    chart_shown: bool = True
    """Whether the window has room for the chart."""
    written: bool = True
    """Whether there is any text."""
    writing: bool = True
    """Whether a sample is in progress."""
    writing_paused: bool = False
    epochs: int = 1
    """How many have ended."""
    seeded: bool = True
    """Whether a seed is shown or pinned."""
    streams: int = 4
    """How many there are."""
    several_fit: bool = True
    """Whether the window has room for more than one."""
    selected_written: bool = True
    """Whether the selected one has any text."""
    writer_failed: bool = False
    """Whether writing has stopped because of an error."""
    known: bool = True
    """Whether the odds of the selected text are known: it was written here."""
    cursor_placed: bool = True
    undo: bool = True
    """Whether there is a text that undo returns to."""
    redo: bool = True
    baseline_fits: bool = True
    """Whether there is room for another text below the streams."""
    baseline_shown: bool = False

    @property
    def awaits_key(self) -> bool:
        """Whether only a key begins the next sample."""
        return self.phase in ("finished", "failed") and self.written and not self.writing


def refusal(action: Action, now: Situation) -> str | None:
    """Why `action` does nothing now, in a sentence; None where it works."""
    not_started = now.phase == "failed" and not now.written
    if now.writer_failed and (
        action.group in (TEMPERATURE, WRITING)
        or action.id in ("same-for-all", "hold", "odds", "units", "cursor-back", "cursor-on", "choose", "undo", "redo")
    ):
        return "Writing has stopped because of an error."
    if action.id in _STEERS_TRAINING:
        if action.id == "stop-after-epoch" and now.last_epoch and now.phase in ("training", "paused", "waiting"):
            return "This is the last epoch anyway."
        return _of_training(action, now)
    match action.id:
        case "learn-on":
            return _of_learning_on(now)
        case "chart" if not now.charted:
            return (
                "There is no loss to draw." if not_started else "The loss chart appears with the first training step."
            )
        case "chart" if not now.chart_shown:
            return "There is no room for the loss chart in this window."
        case "copy" | "save" | "up" | "down" | "page-up" | "page-down" | "home" | "end" if not now.written:
            return "There is no text." if not_started else "There is no text yet."
        case "copy" | "save" | "up" | "down" | "page-up" | "page-down" | "home" | "end" if not now.selected_written:
            return "The selected stream has no text yet."
        case "next-stream" | "previous-stream" | "same-for-all" | "zoom" if now.streams == 1:
            return "This recipe writes one stream."
        case "zoom" if not now.several_fit:
            return "There is no room for more than one stream in this window."
        case "baseline" if not now.written and not not_started:
            return "There is no text yet."
        case "baseline" if not now.baseline_fits:
            return "There is no room for another text here. Close the odds (o), or enlarge the window."
        case "score" | "units" if not now.written and not not_started:
            return "The first weights are not ready yet."
        case "epoch-before" | "epoch-after" | "first-epoch" | "last-epoch" if not now.epochs:
            return "No epoch was trained." if not_started else "No epoch is complete yet."
        case "pin" if not now.seeded and not not_started:
            return "There is no seed yet. Press e to type one."
        case "write-one" if not not_started:
            return _of_one_character(now)
        case "cursor-back" | "cursor-on" | "choose" | "undo" | "redo" | "live" if not not_started:
            return _of_branching(action.id, now)
    if not_started and action.group in (TEMPERATURE, WRITING, TRAINING, ODDS):
        return "Nothing can be written, because the start failed. N begins a run, R opens one."
    return None


def _of_training(action: Action, now: Situation) -> str | None:
    if now.watching and now.phase != "finished":
        if action.id in NOT_ASKED:
            return "Only the screen that trains this run can let it wait for samples."
        if not now.takes_requests:
            return "No program trains this run now that takes requests."
        return None
    if now.phase == "failed":
        return "Training has stopped because of an error." if now.written else "Training did not start."
    if now.phase == "finished":
        return _ENDINGS.get(now.ending, "Training has ended.")
    return None


def _of_learning_on(now: Situation) -> str | None:
    if now.phase == "failed":
        return "Training has stopped because of an error." if now.written else "Training did not start."
    if now.phase != "finished":
        return "When training has ended, L lets it learn on."
    return None if now.kept else "This run is not kept, so that it cannot learn on."


def _of_branching(identifier: str, now: Situation) -> str | None:
    match identifier:
        case "undo" if not now.undo:
            return "There is no branch to undo."
        case "redo" if not now.redo:
            return "There is no branch to redo."
        case "live" if not (now.cursor_placed or now.baseline_shown):
            return "Nothing is open here."
        case "choose" if not now.cursor_placed:
            return "Place the cursor first: pause writing with the space bar, then press left."
        case "cursor-back" | "cursor-on" if not now.writing_paused:
            return "Pause writing first, with the space bar."
        case "cursor-back" | "cursor-on" if not now.selected_written:
            return "There is no text yet."
        case "cursor-back" | "cursor-on" if not now.known:
            return "The odds of this text are not known: another program has written it."
    return None


def _of_one_character(now: Situation) -> str | None:
    if not now.writing_paused:
        return "Pause writing first, with the space bar."
    if not now.written:
        return "The first weights are not ready yet."
    return None if now.writing else "This sample is complete. Press g to start a new one."
