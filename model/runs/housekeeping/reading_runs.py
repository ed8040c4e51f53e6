"""Reads runs to be compared; they are only read. Nothing here imports JAX."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from model.runs.checkpoint import CheckpointError, Manifest, load_manifest
from model.runs.folder import Run
from model.runs.housekeeping.compared_run import ComparedRun, unlike_names
from model.runs.housekeeping.summing_up import sum_up
from model.runs.run_facts import RunError, RunFacts
from model.runs.run_view import RunView

STEPS_READ = 2048
"""Logged steps of a run that are read for its curve, at most: more than a screen has columns of dots."""


def read_runs(runs: Sequence[Run]) -> list[ComparedRun]:
    """What is known of each run; a damaged one has a problem."""
    names = unlike_names([run.folder for run in runs])
    return [read_run(run, name) for run, name in zip(runs, names, strict=True)]


def read_run(run: Run, name: str) -> ComparedRun:
    """What is known of a run, under this name."""
    facts: RunFacts | None = None
    view = RunView()
    with suppress(RunError):  # the summary says so
        view = run.view(STEPS_READ)
    with suppress(RunError):
        facts = run.facts()
    manifest = _manifest(run)
    corpus = view.corpus
    return ComparedRun(
        name=name,
        summary=sum_up(run),
        view=view,
        recipe=facts.recipe if facts else None,
        begun_from=facts.begun_from.run if facts and facts.begun_from else None,
        characters=corpus.characters if corpus else manifest.corpus.characters if manifest else None,
        digest=(manifest.corpus.digest or None) if manifest else None,
        alphabet=tuple(map(manifest.tokenizer.text_of, range(len(manifest.tokenizer)))) if manifest else (),
        parameters=view.compiled.parameters if view.compiled else None,
    )


def _manifest(run: Run) -> Manifest | None:
    """That of the best checkpoint, or of another sound one."""
    for path in (run.best_checkpoint, *run.checkpoints()):
        with suppress(CheckpointError, OSError):
            if not run.is_foreign(path):
                return load_manifest(path)
    return None
