"""The ladder of baselines for a text: n-gram models counted in its training part and judged on its held-out part."""

from __future__ import annotations

import math

import numpy as np

from corpora.corpus import Corpus
from corpora.errors import CharlstmError
from model.baselines.ngrams import HIGHEST, NGrams
from model.recipe import Recipe
from model.tokens.tokenizer import Tokenizer
from model.training.events import Baselines

MOST_COUNTED = 5_000_000
"""Characters of the training text that are counted, the last ones: sorting them takes some 200 MB of memory."""


class BaselineError(CharlstmError, ValueError):
    """The text is too short to count or to judge; the message says what to do."""


def count_text(corpus: Corpus, tokenizer: Tokenizer, recipe: Recipe) -> NGrams:
    """The n-gram models of the training text, or of its last MOST_COUNTED characters.

    Raises:
        BaselineError: the text is too short.
    """
    training, _ = _split(corpus, recipe)
    ids, _ = tokenizer.read(corpus, max(0, training - MOST_COUNTED), training)
    if len(ids) <= HIGHEST:
        raise BaselineError(
            f"There are {training:,} characters to count in, and baselines up to order {HIGHEST} need more than "
            f"{HIGHEST}: give a longer text, or a smaller --held-out."
        )
    return NGrams(ids, len(tokenizer))


def measure(ngrams: NGrams, corpus: Corpus, tokenizer: Tokenizer, recipe: Recipe) -> Baselines:
    """What the models reach at the very places where the network is judged: at each held-out token but the first.

    Raises:
        BaselineError: there is no held-out text, or it is too short.
    """
    training, held_out = _split(corpus, recipe)
    ids, _ = tokenizer.read(corpus, training)
    if len(ids) < 2:
        raise BaselineError(
            "Baselines are judged on held-out text, and nothing is held out here: give --held-out 0.1."
            if not recipe.held_out
            else f"The held-out text has {held_out:,} characters, and there must be something to predict: give a "
            "longer text, or a larger --held-out."
        )
    characters = int(np.sum(tokenizer.lengths[ids[1:]], dtype=np.int64))
    return Baselines(
        uniform=math.log(len(tokenizer)) * (len(ids) - 1) / characters,
        orders=tuple((ngrams.losses(ids) / characters).tolist()),
        counted=min(training, MOST_COUNTED),
        token=recipe.token,
    )


def _split(corpus: Corpus, recipe: Recipe) -> tuple[int, int]:
    """How many characters there are to train on, and held out."""
    training, held_out = map(len, corpus.split(recipe.held_out))
    return training, held_out
