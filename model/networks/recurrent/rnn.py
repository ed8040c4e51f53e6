"""The simple recurrent network, without gates: what it remembers is rewritten at every token.

Source: Elman (1990), Finding structure in time: h' = tanh(x W + h U + b).
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from model.networks.recurrent.output_cell import Cell
from model.networks.recurrent.output_recurrence import OutputLayer
from model.networks.recurrent.recurrent_network import RecurrentNetwork


def _advance(zx: Array, zh: Array, h: Array) -> tuple[tuple[Array, ...], Array]:
    return (), jnp.tanh(zx + zh)


def _back(kept: tuple[Array, ...], before: Array, after: Array, dh: Array) -> tuple[Array, Array, Array]:
    dz = dh * (1 - after * after)
    return dz, dz, jnp.zeros_like(dh)


class RNNLayer(OutputLayer):
    """A layer of a simple recurrent network."""

    blocks, cell = 1, Cell("rnn", _advance, _back)


class RNN(RecurrentNetwork):
    """Layers of plain tanh units."""

    layer = RNNLayer
