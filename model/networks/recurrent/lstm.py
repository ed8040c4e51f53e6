"""The LSTM: layers over tokens and a dense layer to the logits of the next one.

Shapes: `T` time, `B` lanes, `V` tokens, `H` units, `L` layers.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.dropout import drop_weights, dropout_masks
from model.networks.initialisation import glorot, orthogonal
from model.networks.network import Read
from model.networks.recurrent.lstm_cell import Carry, held, step, zero_carry
from model.networks.recurrent.lstm_recurrence import recur
from model.recipe import Precision, Recipe

Carries = tuple[Carry, ...]
"""The LSTM's memory: one carry a layer."""


class LSTMLayer(nnx.Module):
    """One layer's weights: `wx` (inputs, 4H), `wh` (H, 4H), `b` (4H,), and where it is gated `gates` (inputs, H).

    Initialised gate by gate, every gate's recurrent matrix is orthogonal. Initialised as one fused matrix, as Keras
    does it, only the rows that span all four gates are orthonormal.
    """

    def __init__(self, inputs: int, recipe: Recipe, rng: np.random.Generator, *, gated: bool) -> None:
        hidden = recipe.hidden
        if recipe.initialisation == "fused":
            wx, wh = glorot(rng, inputs, 4 * hidden), orthogonal(rng, hidden, 4 * hidden)
        else:
            wx = np.concatenate([glorot(rng, inputs, hidden) for _ in range(4)], axis=1)
            wh = np.concatenate([orthogonal(rng, hidden, hidden) for _ in range(4)], axis=1)
        b = np.zeros(4 * hidden, np.float32)
        b[hidden : 2 * hidden] = recipe.forget_bias
        self.wx, self.wh, self.b = nnx.Param(wx), nnx.Param(wh), nnx.Param(b)
        # Zeros, so that training begins at the plain LSTM: 2 sigmoid(0) = 1.
        self.gates = nnx.Param(np.zeros((inputs, hidden), np.float32)) if gated else None

    def project(self, below: Array) -> tuple[Array, Array | None]:
        """The input's share of z with the bias.

        For outputs of the layer below (..., H), this is (..., 4H) and None. For tokens (...), it is the share of
        every token of the vocabulary, (V, 4H), and the rows to look up: cheaper than a product with one-hot rows.
        """
        if jnp.issubdtype(below.dtype, jnp.integer):
            return self.wx[...] + self.b[...], below
        return below @ self.wx[...] + self.b[...], None

    def scale(self, ids: Array) -> Array | None:
        """What the layer's last output is multiplied by before these tokens (...) are read, (..., H).

        So every token has its own recurrent matrix, diag(s) W_h, without another product.
        Source: Melis, Kocisky and Blunsom (2020), Mogrifier LSTM, one round: h <- 2 sigmoid(R x) h.
        """
        return None if self.gates is None else (2 * jax.nn.sigmoid(self.gates[...]))[ids]


class Output(nnx.Module):
    """From the last layer to the logits: `w` (H, V), `b` (V,)."""

    def __init__(self, recipe: Recipe, tokens: int, rng: np.random.Generator) -> None:
        self.w = nnx.Param(glorot(rng, recipe.hidden, tokens))
        self.b = nnx.Param(np.zeros(tokens, np.float32))

    def __call__(self, h: Array) -> Array:
        """The last layer's output (..., H) to the logits of the next token (..., V)."""
        return h @ self.w[...] + self.b[...]


class LSTM(nnx.Module):
    """See `network.Network` for the methods of the protocol."""

    def __init__(self, recipe: Recipe, tokens: int, cpu_kernels: bool) -> None:
        rng = np.random.default_rng(recipe.random_seed)
        self.cpu_kernels = cpu_kernels
        inputs = [tokens] + [recipe.hidden] * (recipe.layers - 1)
        self.layers = nnx.List(
            [
                LSTMLayer(width, recipe, rng, gated=recipe.character_gates and index == 0)
                for index, width in enumerate(inputs)
            ]
        )
        self.output = Output(recipe, tokens, rng)

    @staticmethod
    def shapes(recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter."""
        hidden = recipe.hidden
        shapes: dict[str, tuple[int, ...]] = {}
        for layer in range(recipe.layers):
            shapes[f"layers.{layer}.wx"] = (hidden if layer else tokens, 4 * hidden)
            shapes[f"layers.{layer}.wh"] = (hidden, 4 * hidden)
            shapes[f"layers.{layer}.b"] = (4 * hidden,)
        if recipe.character_gates:
            shapes["layers.0.gates"] = (tokens, hidden)
        return shapes | {"output.w": (hidden, tokens), "output.b": (tokens,)}

    def begin(self, batch: int) -> Carries:
        """Carries of zeros."""
        return tuple(zero_carry(batch, len(layer.wh[...])) for layer in self.layers)

    def read(self, ids: Array, memory: Carries, last: int | None = None) -> tuple[Array, Carries]:
        """Logits of the last positions, (last, B, V), and the carries after the text."""
        hs, after = self.outputs(ids, memory)
        return self.output(hs if last is None else hs[-last:]), after

    def step(self, ids: Array, memory: Carries, kept: Array | None = None) -> Carries:
        """Read one token a lane; units that are not `kept`, bool (B, L, H), have no part in it."""
        after: list[Carry] = []
        below = ids
        for index, (layer, carry) in enumerate(zip(self.layers, memory, strict=True)):
            zx, rows = layer.project(below)
            carry = step(zx if rows is None else zx[rows], layer.wh[...], carry, layer.scale(below))
            after.append(carry if kept is None else held(carry, kept[:, index]))
            below = after[-1].h
        return tuple(after)

    def logits(self, memory: Carries) -> Array:
        """The logits of the next token, (B, V)."""
        return self.output(memory[-1].h)

    @property
    def units(self) -> tuple[int, int]:
        """Layers, and units of each."""
        return len(self.layers), len(self.layers[0].wh[...])

    def activations(self, memory: Carries) -> np.ndarray:
        """tanh(c) of each unit, (..., L, H).

        Not c, which has no bounds: of a unit that counts, it grows as long as the unit counts. tanh(c) is what the rest
        of the network can see of it, and one scale of colours serves all units.
        Source: Karpathy, Johnson and Fei-Fei (2015), Visualizing and understanding recurrent networks.
        """
        return np.tanh(np.stack([carry.c for carry in memory], axis=-2))

    def hold(self, memory: Carries, kept: Array) -> Carries:
        """The memory with all units at zero but those that are kept, bool (B, L, H)."""
        return tuple(held(carry, kept[:, index]) for index, carry in enumerate(memory))

    def regularise(self, recipe: Recipe, key: Array, first_lane: Array | int, lanes: int) -> Read:
        """`read` with variational dropout between the layers, dropped recurrent weights and rounded products."""
        recurrent, masks = [layer.wh[...] for layer in self.layers], None
        if recipe.weight_drop:
            weights_key = jax.random.fold_in(key, recipe.batch)  # the lanes draw from 0 to B - 1
            recurrent = [
                drop_weights(wh, jax.random.fold_in(weights_key, index), recipe.weight_drop)
                for index, wh in enumerate(recurrent)
            ]
        if recipe.dropout:
            masks = dropout_masks(recipe.dropout, (recipe.layers, recipe.hidden), key, first_lane, lanes)
        outputs = partial(self.outputs, masks=masks, recurrent=recurrent, precision=recipe.precision)

        def read(ids: Array, memory: Carries, last: int | None = None) -> tuple[Array, Carries]:
            hs, after = outputs(ids, memory)
            return self.output(hs if last is None else hs[-last:]), after

        return read

    def outputs(
        self,
        ids: Array,
        carries: Carries,
        masks: Array | None = None,
        recurrent: list[Array] | None = None,
        precision: Precision = "float32",
    ) -> tuple[Array, Carries]:
        """Read text up to the last layer.

        Args:
            ids: tokens, integers (T, B).
            carries: where each layer begins.
            masks: what each layer's outputs are multiplied by at every time step, (L, B, H).
            recurrent: weights to take in the place of each layer's `wh`, (H, 4H) each.
            precision: of the recurrent products, see `recur`.

        Returns:
            The last layer's outputs, (T, B, H), and the carries after the text.
        """
        after: list[Carry] = []
        below = ids
        for index, (layer, carry) in enumerate(zip(self.layers, carries, strict=True)):
            zx, rows = layer.project(below)
            wh = layer.wh[...] if recurrent is None else recurrent[index]
            hs, last = recur(zx, wh, carry, layer.scale(below), precision, rows, self.cpu_kernels)
            below = hs if masks is None else hs * masks[index]
            after.append(last)
        return below, tuple(after)
