"""What a run has trained that is not on the disk, in words. Pure, without JAX."""

from __future__ import annotations

from model.runs.run_view import RunView

TO_SAVE_AGAIN = " To save again, "
"""Before advice that is true only while the program tries to save."""


def unkept(view: RunView, kept: int | None) -> str:
    """What was trained after the newest state on the disk: 'Epochs 5 to 7 were trained and not kept'.

    It is empty where all is kept.

    Args:
        view: of all that was trained.
        kept: optimiser steps of that state; None where there is none.
    """
    trained, kept = trained_steps(view), kept or 0
    if trained <= kept:
        return ""
    ends = [end for end in view.epoch_ends if end.step > kept and end.epoch <= view.whole_epochs]
    if not ends:
        what = f"Steps {kept + 1:,} to {trained:,} were" if kept + 1 < trained else f"Step {trained:,} was"
        return f"{what} trained and not kept"
    first, last = ends[0].epoch, ends[-1].epoch
    what = f"Epochs {first:,} to {last:,}" if last > first else f"Epoch {last:,}"
    part = " and part of the next" if trained > ends[-1].step else ""
    return f"{what}{part} {'were' if part or last > first else 'was'} trained and not kept"


def after_the_end(failure: str) -> str:
    """Why the last save failed, without what would have helped while it could be tried again.

    >>> after_the_end("The folder was removed, so nothing more is saved. To save again, make an empty one: mkdir /x")
    'The folder was removed, so nothing more is saved.'
    """
    return failure.partition(TO_SAVE_AGAIN)[0]


def trained_steps(view: RunView) -> int:
    """Optimiser steps done, kept or not."""
    return max(view.progress.step if view.progress else 0, view.epoch_end.step if view.epoch_end else 0)
