"""Sums a run up for a listing, with work that does not grow with its number of steps. Nothing here imports JAX."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from corpora.catalogue import catalogue
from corpora.safe_text import shown
from model.options.shell_command import typed
from model.runs.checkpoint import Manifest
from model.runs.continuing.edited_recipe import refuse_edits
from model.runs.folder import Run
from model.runs.housekeeping.epoch_time import seconds_an_epoch
from model.runs.housekeeping.kept_view import KeptView, kept_view
from model.runs.housekeeping.run_states import BUSY, RunState, state_of
from model.runs.housekeeping.run_summary import RunSummary
from model.runs.run_facts import RunError, RunFacts
from model.runs.run_view import RunView

LOSSES = 48
"""Of a summary's curve, at most."""
_STEPS_READ = 4 * LOSSES
"""Logged steps that are read for it."""


def sum_up(run: Run, program: Sequence[str] = ("charlstm", "train")) -> RunSummary:
    """What a listing says of a run. A folder that is not a sound run has a `problem`.

    Args:
        run: only read.
        program: the command that resumes it, for what it needs.
    """
    updated, in_use = run.trained_at(), run.in_use  # before what they tell of: then it is no older than they are
    facts, kept, problem = None, KeptView(RunView(), 0, None), None
    try:
        kept = kept_view(run, _STEPS_READ, in_use=in_use)
        facts = run.facts()
    except RunError as error:
        problem = str(error)
    edited = _edits(run, facts, kept.newest) if facts and kept.newest else None
    view, epochs = kept.view, facts.recipe.epochs if facts else None
    state: RunState = "damaged" if problem else state_of(view, epochs, in_use=in_use, done=kept.epoch)
    return RunSummary(
        name=run.name,
        folder=run.folder,
        corpus=facts.corpus if facts else None,
        recipe=facts.recipe_name if facts else None,
        kind=facts.kind if facts else (),
        network=facts.recipe.network if facts else None,
        tokens=facts.recipe.tokens if facts else None,
        epoch=kept.epoch,
        epochs=epochs,
        best_held_out=kept.best_held_out,
        updated=updated,
        size=size_of(run.folder),
        problem=problem,
        state=state,
        unkept=kept.unkept,
        edited=edited is not None,
        needs=(edited or _needs(run, facts, program)) if facts and state not in BUSY else None,
        seconds_an_epoch=seconds_an_epoch(view),
        trained=view.epochs_done,
        losses=tuple(loss for _, loss in view.training_curve(LOSSES)),
    )


def still_true(summary: RunSummary, run: Run) -> bool:
    """Whether nothing was trained, begun or ended since a run was summed up: it only looks at the times of files."""
    return summary.problem is None and summary.updated == run.trained_at() and (summary.state in BUSY) == run.in_use


def _edits(run: Run, facts: RunFacts, newest: Manifest) -> str | None:
    """What of recipe.toml cannot be obeyed."""
    try:
        refuse_edits(run, facts, newest.read_recipe())
    except RunError as error:
        return str(error)
    return None


def _needs(run: Run, facts: RunFacts, program: Sequence[str]) -> str | None:
    """What resuming needs beside the run: its text, where that is not where it was."""
    again = typed(*program, "TEXT", "--resume", run.reference)
    if "-" in facts.corpus_spec:
        return f"It was trained on standard input. To open it, give the text again: {again}"
    for each in facts.corpus_spec:
        if os.path.isabs(each) and each not in catalogue() and not os.path.lexists(each):
            return f"Its text {shown(each)} is not there. To open it, say where it is: {again}"
    return None


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder; links are not followed."""
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                status = os.lstat(os.path.join(place, name))
                size += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return size
