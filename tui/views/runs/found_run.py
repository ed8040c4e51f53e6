"""FoundRun: the run whose weights a new run is to begin with, as the form has found it. Pure."""

from __future__ import annotations

from typing import NamedTuple

from model.recipe import Recipe


class FoundRun(NamedTuple):
    """What stands in the form's row, looked up."""

    reference: str
    """As it was typed: a name or a folder."""
    weights: str
    """Which of its weights were asked for."""
    recipe: Recipe | None
    """Its recipe, with which the new run begins, as it was before it was fitted to its text; None where it cannot
    serve."""
    recipe_name: str = ""
    """The preset that its recipe started from."""
    settled: tuple[str, ...] = ()
    """The fields of the recipe that its weights decide."""
    words: str = ""
    """What it is, or why it cannot serve, in a sentence."""
    fitted: frozenset[str] = frozenset()
    """The fields that were fitted to its text, and will be to that of the new run."""
