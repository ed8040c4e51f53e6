"""How long a run's epochs take, for estimates. Nothing here imports JAX."""

from __future__ import annotations

from itertools import pairwise

from model.runs.run_view import RunView

_ENOUGH = 3
"""Ends of epochs from which the time between two of them is known well."""


def seconds_an_epoch(view: RunView) -> float | None:
    """Training time an epoch; None before the first step.

    With a few epochs it is the median from end to end, as the first epoch has compiled too. Before, it is the mean.
    """
    ends, steps = view.epoch_ends, view.steps_per_epoch or 1
    if len(ends) >= _ENOUGH:
        paces = sorted((b.seconds - a.seconds) / max(1, b.step - a.step) for a, b in pairwise(ends))
        return steps * (paces[(len(paces) - 1) // 2] + paces[len(paces) // 2]) / 2
    done = view.epochs_done
    return view.progress.seconds / done if view.progress and done else None
