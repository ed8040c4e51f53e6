"""KeptView: what a run looks like by what is on its disk, not by what its metrics tell. Nothing here imports JAX."""

from __future__ import annotations

import sys
from typing import NamedTuple

from model.runs.checkpoint import Manifest
from model.runs.files.long_files import MOST_STEPS
from model.runs.folder import Run
from model.runs.housekeeping.unkept import trained_steps, unkept
from model.runs.kept import Kept, best_weights, epoch_paths, kept_states
from model.runs.run_facts import RunError
from model.runs.run_view import RunView

_STEPS_READ = 64
"""Of a run's logged steps, for how far it was trained."""


class KeptView(NamedTuple):
    """A run's view, cut where its newest state ends: training would continue from there."""

    view: RunView
    epoch: int
    """Whole epochs that are kept."""
    best_held_out: float | None
    """Of the best weights that are kept, in nats per character."""
    unkept: str = ""
    """What was trained and is not on the disk, as `unkept` says it; empty for nothing."""
    newest: Manifest | None = None
    """Of the newest state, unless a program trains the run."""


def kept_view(run: Run, most_steps: int = MOST_STEPS, *, in_use: bool) -> KeptView:
    """Read what a run looks like.

    Args:
        run: only read.
        most_steps: as `Run.view` takes it.
        in_use: whether a program trains it. Its saves follow its metrics, so nothing is cut then.

    Raises:
        RunError: its metrics cannot be read.
    """
    view = run.view(most_steps)
    if in_use:
        return KeptView(view, view.whole_epochs, view.best.held_out if view.best else None)
    newest = next((each for each in kept_states(run) if each.manifest), None)
    best = next((each for each in best_weights(run) if each.manifest), None)
    step = newest.manifest.step if newest and newest.manifest else None
    lost = unkept(view, step)
    if step is None and epoch_paths(run.folder):
        lost = "No state is sound that training could resume; the weights that epochs ended with still write"
    # Metrics that are lost or damaged know less than the newest state.
    ahead = step is not None and step > trained_steps(view)
    cut = (step or 0, newest.epoch if newest else 0) if lost else (sys.maxsize, sys.maxsize)
    view.keep_only(*cut, best.manifest.step if best and best.manifest else None)
    if lost:
        view.finished = None
    epoch = newest.epoch if newest and ahead else view.whole_epochs
    return KeptView(view, epoch, _held_out(best, view), lost, newest.manifest if newest else None)


def lost_after(run: Run, step: int | None) -> str:
    """What a run has trained after this step, as `unkept` says it; empty for nothing, or if its metrics are damaged."""
    try:
        return unkept(run.view(_STEPS_READ), step)
    except RunError:
        return ""


def _held_out(best: Kept | None, view: RunView) -> float | None:
    """The held-out loss of the best weights; None where it is not known."""
    if view.best:
        return view.best.held_out
    manifest = best.manifest if best else None
    if manifest is None or manifest.cursor.step or manifest.progress.get("best_epoch") != manifest.cursor.epoch:
        return None
    return manifest.progress.get("best_held_out")
