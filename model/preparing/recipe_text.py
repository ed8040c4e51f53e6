"""A text as a recipe reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import BinaryIO

from corpora import Corpus, open_corpus
from model.recipe import Recipe

Progress = Callable[[int, int | None], None]


def open_recipe_text(
    spec: str | Sequence[str], recipe: Recipe, progress: Progress | None = None, stdin: BinaryIO | None = None
) -> Corpus:
    """The text that `spec` names, cleaned as the recipe wants it; the arguments are those of `corpora.open_corpus`.

    Raises:
        CorpusError: it cannot be opened.
    """
    return open_corpus(spec, recipe.read_as, progress=progress, stdin=stdin)
