"""What runs are doing and why they ended, in words: the one place where these are made. Nothing here imports JAX."""

from __future__ import annotations

from typing import Literal

from corpora.safe_text import counted, shown
from model.runs.run_view import RunView
from model.training.events import EpochEnd, Finished, Resumed

Ended = Literal["finished", "unfinished", "diverged"]
"""It has trained all of its epochs; it has epochs left; the same, because it diverged repeatedly."""

RunState = Literal["training", "paused", "open", "finished", "unfinished", "diverged", "damaged"]
"""A program trains it now; that program has paused; a program has it open and does not train it; it ended, see above;
it cannot be used."""

BUSY = ("training", "paused", "open")
"""The states of a run that belongs to another program."""

END_REASONS = {
    "epochs": "all epochs done",
    "time": "time limit reached",
    "stopped": "stopped",
    "diverged": "training diverged repeatedly",
}
"""Why a run ended, by `Finished.reason`."""


def epochs(number: int) -> str:
    """So many epochs, in words: 'one epoch', '2 epochs'."""
    return "one epoch" if number == 1 else f"{number} epochs"


def gone_on(event: Resumed, steps_per_epoch: int) -> str:
    """Where a run goes on, in words: 'at step 1,504, after one epoch and 524 steps'; in the first 'at step 31'."""
    done = event.epoch * steps_per_epoch
    more = f" and {counted(event.step - done, 'step')}" if 0 < done < event.step else ""
    return f"at step {event.step:,}" + (f", after {epochs(event.epoch)}{more}" if event.epoch else "")


def epoch_of(end: EpochEnd) -> str:
    """The epoch that has ended, in words: 'epoch 2'; '62% of epoch 2' where the time limit has cut it short."""
    part = "" if end.trained == 1 else f"{min(0.99, max(0.01, end.trained)):.0%} of "
    return f"{part}epoch {end.epoch}"


def trained(end: Finished, done: float) -> str:
    """How long a run has trained, in words: 'one epoch', '2 epochs and part of the next', 'part of the first epoch'.

    Args:
        end: of the run.
        done: epochs, with the part of the last one.
    """
    if done > end.epoch == 0:
        return "part of the first epoch"
    return epochs(end.epoch) + " and part of the next" * (done > end.epoch)


def best_epoch(end: Finished) -> str:
    """Where the best loss was reached: 'after epoch 2'; 'in epoch 3' where only a part of it was trained."""
    return f"{'after' if (end.best_epoch or 0) <= end.epoch else 'in'} epoch {end.best_epoch}"


def ended(view: RunView, epochs: int | None, done: int = 0) -> Ended:
    """What a run is that no program trains.

    Args:
        view: of the run.
        epochs: that it is to have; None if that is not known.
        done: whole epochs that are known to be done, where its metrics may know of fewer.
    """
    end = view.finished
    done = max(done, end.epoch if end and end.reason == "epochs" else view.whole_epochs)
    if epochs is not None and done >= epochs:
        return "finished"
    return "diverged" if end and end.reason == "diverged" else "unfinished"


def state_of(view: RunView, epochs: int | None, *, in_use: bool, done: int = 0) -> RunState:
    """What a run is doing, in a word; `in_use` says whether a program has locked it, and `done` is as in `ended`."""
    if not in_use:
        return ended(view, epochs, done)
    if view.finished:
        return "open"
    return "paused" if view.state == "paused" else "training"


def why(view: RunView) -> str:
    """Why a run ended before its last epoch, in parentheses after its state; empty where the state says it all."""
    if view.finished is None or view.finished.reason in ("epochs", "diverged"):
        return ""
    reason = view.finished.reason
    return f" ({END_REASONS.get(reason) or shown(reason)})"
