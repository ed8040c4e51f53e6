"""A network's parameters for other tokens than those it was trained on. NumPy only."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from model.networks.network_kinds import parameter_shapes
from model.recipe import Recipe


def for_other_tokens(arrays: Mapping[str, np.ndarray], recipe: Recipe, known: np.ndarray) -> dict[str, np.ndarray]:
    """The parameters with their rows and columns of tokens in another order, some left out and some new.

    A new token gets the mean of all tokens before in every parameter, so that it takes at most one token's share of the
    probability, and what the network knows of the others stays.
    Source: Hewitt (2021), Initializing New Word Embeddings for Pretrained Language Models.

    Args:
        arrays: those of a checkpoint, by name; only the parameters are taken.
        recipe: of the network.
        known: the id before of every token, integers (V,); -1 for a new one.
    """
    # An axis is one of tokens if it grows with them: so no kind of network needs to tell.
    fewer, more = parameter_shapes(recipe, len(known)), parameter_shapes(recipe, len(known) + 1)
    found = {name: arrays[name] for name in fewer}
    for name, array in found.items():
        for axis, (less, greater) in enumerate(zip(fewer[name], more[name], strict=True)):
            if less != greater:
                mean = array.mean(axis, keepdims=True, dtype=np.float64).astype(array.dtype)
                array = np.take(np.concatenate([array, mean], axis), known, axis)  # -1 is the mean, at the end
        found[name] = np.ascontiguousarray(array)
    return found
