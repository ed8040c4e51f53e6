"""Reads runs to be compared; they are only read. Nothing here imports JAX."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from model.recipe import Recipe
from model.runs.checkpoint import Manifest
from model.runs.continuing.edited_recipe import as_described
from model.runs.folder import Run
from model.runs.housekeeping.compared_run import ComparedRun, unlike_names
from model.runs.housekeeping.kept_view import kept_view
from model.runs.housekeeping.run_states import BUSY
from model.runs.housekeeping.summing_up import sum_up
from model.runs.kept import best_weights
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
    summary = sum_up(run)
    with suppress(RunError):  # the summary says so
        view = kept_view(run, STEPS_READ, in_use=summary.state in BUSY).view
    with suppress(RunError):
        facts = run.facts()
    manifest = _manifest(run)
    corpus = view.corpus
    return ComparedRun(
        name=name,
        summary=summary,
        view=view,
        recipe=_recipe(facts, manifest),
        begun_from=facts.begun_from.run if facts and facts.begun_from else None,
        characters=corpus.characters if corpus else manifest.corpus.characters if manifest else None,
        digest=(manifest.corpus.digest or None) if manifest else None,
        alphabet=tuple(map(manifest.tokenizer.text_of, range(len(manifest.tokenizer)))) if manifest else (),
        parts=manifest.tokenizer.parts if manifest else (),
        parameters=view.compiled.parameters if view.compiled else None,
    )


def _recipe(facts: RunFacts | None, manifest: Manifest | None) -> Recipe | None:
    """The recipe that the run is trained with, not what else its recipe.toml may say by now."""
    if facts is None or manifest is None:
        return facts.recipe if facts else None
    return as_described(manifest.read_recipe(), facts.recipe)


def _manifest(run: Run) -> Manifest | None:
    """That of the best checkpoint, or of another sound one."""
    return next((each.manifest for each in best_weights(run) if each.manifest), None)
