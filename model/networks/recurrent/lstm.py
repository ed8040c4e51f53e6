"""The LSTM (Hochreiter and Schmidhuber, 1997): see `lstm_cell` for its formulas."""

from __future__ import annotations

import numpy as np
from jax import Array

from model.networks.recurrent.lstm_cell import Carry, step, zero_carry
from model.networks.recurrent.lstm_recurrence import recur
from model.networks.recurrent.recurrent_network import RecurrentLayer, RecurrentNetwork
from model.recipe import Precision, Recipe


class LSTMLayer(RecurrentLayer):
    """A layer of an LSTM. Its blocks are the gates i, f, g and o."""

    blocks, lasting = 4, 1

    @classmethod
    def first_bias(cls, recipe: Recipe) -> np.ndarray:
        """Zeros, and the recipe's bias for the forget gate."""
        b = super().first_bias(recipe)
        b[recipe.hidden : 2 * recipe.hidden] = recipe.forget_bias
        return b

    def begin(self, batch: int) -> Carry:
        """A cell state and an output of zeros."""
        return zero_carry(batch, len(self.wh[...]))

    def step(self, zx: Array, carry: Carry, scale: Array | None) -> Carry:
        """Read one token."""
        return step(zx, self.wh[...], carry, scale)

    def recur(
        self,
        zx: Array,
        wh: Array,
        carry: Carry,
        scale: Array | None,
        precision: Precision,
        ids: Array | None,
        cpu_kernels: bool,
    ) -> tuple[Array, Carry]:
        """Read T tokens."""
        return recur(zx, wh, carry, scale, precision, ids, cpu_kernels)

    @staticmethod
    def activation(carry: Carry) -> np.ndarray:
        """tanh(c) of each unit.

        Not c, which has no bounds: of a unit that counts, it grows as long as the unit counts. tanh(c) is what the rest
        of the network can see of it, and one scale of colours serves all units.
        Source: Karpathy, Johnson and Fei-Fei (2015), Visualizing and understanding recurrent networks.
        """
        return np.tanh(carry.c)


class LSTM(RecurrentNetwork):
    """Layers of LSTM units."""

    layer = LSTMLayer
