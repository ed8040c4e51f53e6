"""A recipe.toml that was edited by hand: what of it can be obeyed is, and the rest is refused.

Checkpoints keep the recipe that trained them. What only decides how long to train and how to write may differ from it.
Nothing here imports JAX.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace

from corpora.safe_text import enumerated, shown
from model.options.field_types import spelled_out
from model.options.fields import option_of
from model.options.recipe_file import to_plain
from model.options.shell_command import typed
from model.recipe import Recipe
from model.runs.checkpoint import NETWORK, Checkpoint
from model.runs.folder import Run
from model.runs.run_facts import RECIPE, RunError, RunFacts
from model.sampling import SETTINGS

WRITING = (
    "temperatures",
    *(each.name for each in SETTINGS if each.name != "temperature"),
    "seed_length",
    "sample_length",
    "chain_samples",
)
"""The recipe's fields that only decide how samples are written."""

OBEYED = ("epochs", *WRITING)
"""The fields that may be edited."""


def as_described(trained: Recipe, described: Recipe) -> Recipe:
    """The recipe that trained a state, with what recipe.toml may change.

    Args:
        trained: that of the state.
        described: that of recipe.toml.
    """
    return replace(trained, **{name: getattr(described, name) for name in OBEYED})


def refuse_edits(run: Run, facts: RunFacts, trained: Recipe, only: tuple[str, ...] | None = None) -> None:
    """Raise RunError where recipe.toml differs from the recipe that trained a state in what cannot be obeyed.

    Args:
        run: whose recipe.toml it is.
        facts: what that says.
        trained: the recipe in the state.
        only: the fields that matter; None for all.
    """
    described = facts.recipe
    edited = [
        each.name
        for each in fields(Recipe)
        if each.name not in OBEYED
        and (only is None or each.name in only)
        and getattr(described, each.name) != getattr(trained, each.name)
    ]
    if not edited:
        return
    says, was = _listed(described, edited), _listed(trained, edited)
    useful = [name for name in edited if name not in described.without]
    options = [part for name in useful for part in _option(name, getattr(described, name))]
    others = any(name in NETWORK for name in edited)  # other weights are needed
    begin = (*facts.corpus_spec, "--recipe", facts.recipe_name) if others else ("--from", run.reference)
    raise RunError(
        f"recipe.toml of the run {shown(run.name)} says {says}, but the run was trained with {was}. Put that back, or "
        f"begin another run: {typed('charlstm', 'train', *begin, *options)}"
    )


def with_writing_settings(run: Run, weights: Checkpoint, note: Callable[[str], object]) -> Checkpoint:
    """Weights that write as the run's recipe.toml says now.

    Args:
        run: whose weights they are.
        weights: with the settings that they were saved with.
        note: called with a sentence where recipe.toml is damaged; those settings stay then.
    """
    if not os.path.lexists(run.folder / RECIPE):
        return weights
    try:
        described = to_plain(run.facts().recipe)
    except RunError as error:
        note(f"{error} The weights write with the settings that they were saved with.")
        return weights
    recipe = {**weights.manifest.recipe, **{name: described[name] for name in WRITING}}
    return replace(weights, manifest=replace(weights.manifest, recipe=recipe))


def _listed(recipe: Recipe, names: list[str]) -> str:
    return enumerated(f"{name} {_exactly(getattr(recipe, name)) or 'not given'}" for name in names)


def _option(name: str, value: object) -> list[str]:
    if isinstance(value, bool):
        return [option_of(name) if value else option_of(f"no_{name}")]
    return [f"{option_of(name)}="] if value == "" else [option_of(name), *_exactly(value).split()]


def _exactly(value: object) -> str:
    """A value as people write it, in all of its digits."""
    if isinstance(value, float) and float(spelled_out(value)) != value:
        return repr(value)
    return spelled_out(value) or "''"
