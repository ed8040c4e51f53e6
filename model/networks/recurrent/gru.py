"""The GRU (Cho et al., 2014): see `gru_cell` for its formulas."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.recurrent.gru_cell import GRU_CELL
from model.networks.recurrent.output_recurrence import OutputLayer
from model.networks.recurrent.recurrent_network import RecurrentNetwork
from model.recipe import Recipe


class GRULayer(OutputLayer):
    """A layer of a GRU: its blocks are z, r and g, and `bh` (H,) is c, the bias inside of the reset gate's bracket."""

    blocks, lasting, cell = 3, 0, GRU_CELL

    def __init__(self, inputs: int, recipe: Recipe, rng: np.random.Generator, gated: int = 0) -> None:
        super().__init__(inputs, recipe, rng, gated)
        self.bh = nnx.Param(np.zeros(recipe.hidden, np.float32))

    @classmethod
    def shapes(cls, recipe: Recipe, inputs: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter but the gates."""
        return super().shapes(recipe, inputs) | {"bh": (recipe.hidden,)}

    @property
    def output_bias(self) -> Array:
        """c, and zeros for the gates."""
        bh = self.bh[...]
        return jnp.concatenate([jnp.zeros(2 * len(bh), bh.dtype), bh])


class GRU(RecurrentNetwork):
    """Layers of GRU units."""

    layer = GRULayer
