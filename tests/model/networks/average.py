"""A second kind of network, as small as can be: a running average of the tokens' vectors, at a pace that tokens set."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array, lax

from model.networks.network import Read
from model.recipe import Recipe


class Average(nnx.Module):
    """m' = p m + (1 - p) x with the token's own x and p = sigmoid(pace); logits = m W. Its memory begins at ones."""

    def __init__(self, recipe: Recipe, tokens: int, cpu_kernels: bool) -> None:
        rng = np.random.default_rng(recipe.random_seed)
        for name, shape in self.shapes(recipe, tokens).items():
            setattr(self, name, nnx.Param(rng.normal(size=shape).astype(np.float32)))

    @staticmethod
    def shapes(recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
        return {"x": (tokens, recipe.hidden), "pace": (tokens, recipe.hidden), "w": (recipe.hidden, tokens)}

    def expect(self, shares: np.ndarray) -> None:
        """It has no number for that: it begins with what it has."""

    def begin(self, batch: int) -> Array:
        return jnp.ones((batch, self.x[...].shape[1]))

    def step(self, ids: Array, memory: Array) -> Array:
        p = jax.nn.sigmoid(self.pace[...][ids])
        return p * memory + (1 - p) * self.x[...][ids]

    def logits(self, memory: Array) -> Array:
        return memory @ self.w[...]

    def read(self, ids: Array, memory: Array, last: int | None = None) -> tuple[Array, Array]:
        def one(memory: Array, ids: Array) -> tuple[Array, Array]:
            after = self.step(ids, memory)
            return after, after

        memory, memories = lax.scan(one, memory, ids)
        return self.logits(memories if last is None else memories[-last:]), memory

    def regularise(self, recipe: Recipe, key: Array, first_lane: Array | int, lanes: int) -> Read:
        return self.read
