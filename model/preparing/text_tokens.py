"""How many tokens a text has, before a run begins: exactly for characters, otherwise from the beginning of the text."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from corpora.corpus import Corpus
from model.recipe import Recipe
from model.tokens.tokenizer_kinds import class_of

_LOOKED_AT = 500_000
"""Characters of a text in which longer tokens are counted: it takes a fifth of a second."""


class TextTokens(NamedTuple):
    """A text as tokens, as far as costs depend on them."""

    distinct: int
    longer: int
    """Those of the distinct ones that have several characters."""
    training: np.ndarray
    """As many integers as there are tokens to train on, (N,)."""
    held_out: int
    """Tokens that are held out."""


def tokens_of(corpus: Corpus, recipe: Recipe) -> TextTokens:
    """The tokens of a text; about, unless they are characters."""
    training, held_out = corpus.split(recipe.held_out)
    distinct = len(corpus.alphabet)
    if recipe.tokens == "characters":
        return TextTokens(distinct, 0, training, len(held_out))
    beginning = replace(corpus, ids=training[:_LOOKED_AT])
    tokenizer = class_of(recipe.tokens).train(beginning, replace(recipe, held_out=0.0))
    share = len(tokenizer.read(beginning)[0]) / max(1, len(beginning))
    longer = len(tokenizer) - distinct
    return TextTokens(len(tokenizer), longer, training[: round(share * len(training))], round(share * len(held_out)))
