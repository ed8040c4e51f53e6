"""How many tokens a text has, before a run begins: exactly, unless words or pieces of a long text are counted."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from corpora.corpus import Corpus
from model.recipe import Recipe
from model.tokens.tokenizer_kinds import class_of

_COUNTED = 2_000_000
"""Characters of a training text in which longer tokens are counted: it takes a second or two."""

_BLOCKS = 8
"""Of a longer text, so many stretches are counted, evenly spread."""


class TextTokens(NamedTuple):
    """A text as tokens, as far as costs depend on them."""

    distinct: int
    longer: int
    """Words or pieces among them; not the beginnings of rare words, which are added to them."""
    training: np.ndarray
    """As many integers as there are tokens to train on, (N,)."""
    held_out: int
    """Tokens that are held out."""
    exact: bool = True
    """Whether all of the training text was counted."""


class _Counts(NamedTuple):
    distinct: int
    longer: int
    training: int
    held_out: int
    exact: bool


_newest: tuple[weakref.ref[np.ndarray], tuple[object, ...], _Counts] | None = None
"""Of the text that was counted last: while a form is filled in, other settings change more often."""


def tokens_of(corpus: Corpus, recipe: Recipe) -> TextTokens:
    """The tokens of a text; about, if they are longer than characters and the text is long."""
    training, held_out = corpus.split(recipe.held_out)
    if recipe.tokens == "characters":
        return TextTokens(len(corpus.alphabet), 0, training, len(held_out))
    counts = _counts(corpus, recipe)
    return TextTokens(counts.distinct, counts.longer, training[: counts.training], counts.held_out, counts.exact)


def _counts(corpus: Corpus, recipe: Recipe) -> _Counts:
    global _newest
    key = recipe.tokens, recipe.vocabulary, recipe.held_out, recipe.lowercase
    if _newest and _newest[0]() is corpus.ids and _newest[1] == key:
        return _newest[2]
    training, held_out = corpus.split(recipe.held_out)
    exact = len(training) <= _COUNTED
    counted = corpus
    if not exact:
        length = _COUNTED // _BLOCKS
        starts = np.linspace(0, len(training) - length, _BLOCKS).astype(np.int64).tolist()
        counted = replace(corpus, ids=np.concatenate([training[start : start + length] for start in starts]))
    tokenizer = class_of(recipe.tokens).train(counted, recipe if exact else replace(recipe, held_out=0.0))
    read = len(tokenizer.read(counted, 0, len(training) if exact else None)[0])
    share = read / max(1, min(len(training), _COUNTED))
    counts = _Counts(
        distinct=len(tokenizer),
        longer=tokenizer.learned,
        training=read if exact else round(share * len(training)),
        held_out=round(share * len(held_out)),
        exact=exact,
    )
    _newest = weakref.ref(corpus.ids), key, counts
    return counts
