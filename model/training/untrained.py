"""The network before its first step. It follows from the recipe and the tokens, so that it need not be kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from model.networks.network import Graph, Params, build
from model.recipe import Recipe
from model.tokens.beginning import token_between
from model.tokens.tokenizer import Tokenizer


def untrained(
    recipe: Recipe, tokenizer: Tokenizer, training_ids: Callable[[], np.ndarray], *, cpu_kernels: bool = False
) -> tuple[Graph, Params]:
    """The network that a run of this recipe begins with, unless it begins from another run's weights.

    Args:
        recipe: of the run; its random seed gives the first weights.
        tokenizer: of the run.
        training_ids: reads the text that is trained on, integers (N,); called only where a token may be longer than
            a character.
        cpu_kernels: as `Network.__init__` takes it.
    """
    shares = None
    if recipe.tokens != "characters":  # many: in the steps of a run, the rate could not make rare ones rare enough
        ids = training_ids()
        shares = (np.bincount(ids, minlength=len(tokenizer)) + 1) / len(ids)
    between = token_between(tokenizer, recipe)
    return build(recipe, len(tokenizer), cpu_kernels=cpu_kernels, between=between, shares=shares)
