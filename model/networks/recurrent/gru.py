"""The GRU: gates that decide what of the last output stays, and what of it a new one sees.

Source: Cho et al. (2014), with the reset gate after the product, as in Keras and in cuDNN:
    z, r = sigmoid(x W_zr + h U_zr + b_zr),  g = tanh(x W_g + b_g + r (h U_g + c)),  h' = z h + (1 - z) g
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.recurrent.output_recurrence import Cell, OutputLayer
from model.networks.recurrent.recurrent_network import RecurrentNetwork
from model.recipe import Recipe


def _advance(zx: Array, zh: Array, h: Array) -> tuple[tuple[Array, Array], Array]:
    (x_z, x_r, x_g), (h_z, h_r, h_g) = jnp.split(zx, 3, axis=-1), jnp.split(zh, 3, axis=-1)
    z, r = jax.nn.sigmoid(x_z + h_z), jax.nn.sigmoid(x_r + h_r)
    g = jnp.tanh(x_g + r * h_g)
    return (jnp.concatenate([z, r, g], axis=-1), h_g), z * h + (1 - z) * g


def _back(kept: tuple[Array, Array], before: Array, after: Array, dh: Array) -> tuple[Array, Array, Array]:
    z, r, g = jnp.split(kept[0], 3, axis=-1)
    h_g = kept[1]
    dz = dh * (before - g) * z * (1 - z)
    dg = dh * (1 - z) * (1 - g * g)
    dr = dg * h_g * r * (1 - r)
    return jnp.concatenate([dz, dr, dg], axis=-1), jnp.concatenate([dz, dr, dg * r], axis=-1), dh * z


class GRULayer(OutputLayer):
    """A layer of a GRU: its blocks are z, r and g, and `bh` (H,) is c, the bias inside of the reset gate's bracket."""

    blocks, cell = 3, Cell(_advance, _back)

    def __init__(self, inputs: int, recipe: Recipe, rng: np.random.Generator, *, gated: bool) -> None:
        super().__init__(inputs, recipe, rng, gated=gated)
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
