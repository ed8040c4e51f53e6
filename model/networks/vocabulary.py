"""What a network has for each token of its vocabulary: the weights that predict it, and its vector where it is tied.

Shapes: `V` tokens, `H` units.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.initialisation import glorot
from model.recipe import Recipe


class Output(nnx.Module):
    """From the last layer to the logits: `w` (H, V), `b` (V,). Where tokens are tied, their vectors are `w`."""

    def __init__(self, recipe: Recipe, tokens: int, rng: np.random.Generator) -> None:
        self.w = None if recipe.tied else nnx.Param(glorot(rng, recipe.hidden, tokens))
        self.b = nnx.Param(np.zeros(tokens, np.float32))

    @staticmethod
    def shapes(recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter."""
        w = {} if recipe.tied else {"output.w": (recipe.hidden, tokens)}
        return w | {"output.b": (tokens,)}

    def expect(self, shares: np.ndarray) -> None:
        """See `model.networks.network.Network.expect`."""
        logs = np.log(shares)
        self.b[...] = jnp.asarray(logs - logs.mean(), jnp.float32)

    def __call__(self, h: Array, vectors: Array | None = None) -> Array:
        """The last layer's output (..., H) to the logits of the next token (..., V).

        All rows are one matrix, so that the gradient of `w` is one product: with many tokens, half of the time.

        Args:
            h: the output.
            vectors: of the tokens, (V, H), where they are tied.
        """
        if self.w is not None:
            w = self.w[...]
        else:
            assert vectors is not None
            w = vectors.T
        logits = h.reshape(-1, h.shape[-1]) @ w + self.b[...]
        return logits.reshape(*h.shape[:-1], logits.shape[-1])


def first_vectors(rng: np.random.Generator, tokens: int, hidden: int) -> np.ndarray:
    """First values of vectors that are read and predicted, float32 (V, H): logits begin small."""
    return (rng.standard_normal((tokens, hidden)) / np.sqrt(hidden)).astype(np.float32)


def looked_up(vectors: Array, ids: Array) -> Array:
    """What is read of tokens (...) with tied vectors (V, H): as large as other inputs, (..., H).

    Source: Press and Wolf (2017), Using the output embedding to improve language models; the factor is that of Vaswani
    et al. (2017), Attention is all you need.
    """
    return vectors[ids] * np.float32(np.sqrt(vectors.shape[-1]))
