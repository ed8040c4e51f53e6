"""A text as a recipe reads it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import BinaryIO

from corpora import Corpus, open_corpus
from corpora.progress import Tell
from model.recipe import Recipe


def open_recipe_text(
    spec: str | Sequence[str], recipe: Recipe, progress: Tell | None = None, stdin: BinaryIO | None = None
) -> Corpus:
    """The text that `spec` names, cleaned as the recipe wants it; the arguments are those of `corpora.open_corpus`.

    Raises:
        CorpusError: it cannot be opened.
    """
    return open_corpus(spec, recipe.read_as, progress=progress, stdin=stdin)


def as_found(recipe: Recipe, corpus: Corpus) -> Recipe:
    """The recipe with the encoding that was guessed for a text of one file, which is read so whenever it is opened."""
    encoding = corpus.encoding
    guessed = encoding is not None and encoding.guess is not None and len(corpus.files) == 1
    return replace(recipe, encoding=encoding.codec) if encoding and guessed else recipe
