"""RecurrentNetwork: layers of units that read a token at a time, and a dense layer to the logits of the next one.

All that kinds of recurrent networks share is here; what a layer computes is its own. See `network.Network` for the
methods of the protocol.

Shapes: `T` time, `B` lanes, `V` tokens, `H` units, `L` layers, `Z` = blocks times H: what enters the units' formulas.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.dropout import drop_weights, dropout_masks
from model.networks.initialisation import glorot, orthogonal
from model.networks.network import Read
from model.networks.recurrent.emptied_memory import emptied
from model.networks.recurrent.lstm_cell import rows_read
from model.networks.vocabulary import Output, first_vectors, looked_up
from model.recipe import Precision, Recipe


class LayerCarry(Protocol):
    """What a layer keeps between two tokens: a NamedTuple of arrays (B, H), among them its output."""

    @property
    def h(self) -> Array:
        """Output, (B, H)."""
        ...


Carries = tuple[Any, ...]
"""The network's memory: one LayerCarry a layer."""


class RecurrentLayer(nnx.Module):
    """One layer's weights: `wx` (inputs, Z), `wh` (H, Z), `b` (Z,), and where it is gated `gates` (V, H).

    Initialised block by block, every block's recurrent matrix is orthogonal. Initialised as one fused matrix, as Keras
    does it, only the rows that span all blocks are orthonormal.
    """

    blocks: ClassVar[int]
    """Matrices of the formulas, side by side in `wx` and `wh`."""
    lasting: ClassVar[int | None] = None
    """The block whose sigmoid says how much of the memory stays; None where only z depends on the memory."""

    def __init__(self, inputs: int, recipe: Recipe, rng: np.random.Generator, gated: int = 0) -> None:
        """Initialise the parameters; `gated` is the number of tokens that gate it, V or none."""
        hidden, blocks = recipe.hidden, self.blocks
        if recipe.initialisation == "fused":
            wx, wh = glorot(rng, inputs, blocks * hidden), orthogonal(rng, hidden, blocks * hidden)
        else:
            wx = np.concatenate([glorot(rng, inputs, hidden) for _ in range(blocks)], axis=1)
            wh = np.concatenate([orthogonal(rng, hidden, hidden) for _ in range(blocks)], axis=1)
        self.wx, self.wh, self.b = nnx.Param(wx), nnx.Param(wh), nnx.Param(self.first_bias(recipe))
        # Zeros, so that training begins at the plain network: 2 sigmoid(0) = 1.
        self.gates = nnx.Param(np.zeros((gated, hidden), np.float32)) if gated else None

    @classmethod
    def first_bias(cls, recipe: Recipe) -> np.ndarray:
        """The first value of `b`."""
        return np.zeros(cls.blocks * recipe.hidden, np.float32)

    @classmethod
    def shapes(cls, recipe: Recipe, inputs: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter but the gates."""
        wide = cls.blocks * recipe.hidden
        return {"wx": (inputs, wide), "wh": (recipe.hidden, wide), "b": (wide,)}

    def project(self, below: Array) -> tuple[Array, Array | None]:
        """The input's share of z with the bias.

        For outputs of the layer below (..., H), this is (..., Z) and None. For tokens (...), it is the share of
        every token of the vocabulary, (V, Z), and the rows to look up: cheaper than a product with one-hot rows.
        """
        if jnp.issubdtype(below.dtype, jnp.integer):
            return self.wx[...] + self.b[...], below
        return below @ self.wx[...] + self.b[...], None

    @property
    def scale(self) -> Array | None:
        """What the layer's last output is multiplied by before each token of the vocabulary is read, (V, H).

        So every token has its own recurrent matrix, diag(s) W_h, without another product.
        Source: Melis, Kocisky and Blunsom (2020), Mogrifier LSTM, one round: h <- 2 sigmoid(R x) h.
        """
        return None if self.gates is None else 2 * jax.nn.sigmoid(self.gates[...])

    def begin(self, batch: int) -> LayerCarry:
        """The carry of a layer that has read nothing."""
        raise NotImplementedError

    def step(self, zx: Array, carry: Any, scale: Array | None) -> LayerCarry:
        """Read one token: `zx` (B, Z) is the input's share of z with the bias, `scale` (B, H)."""
        raise NotImplementedError

    def recur(
        self,
        zx: Array,
        wh: Array,
        carry: Any,
        scale: Array | None,
        precision: Precision,
        ids: Array | None,
        cpu_kernels: bool,
    ) -> tuple[Array, LayerCarry]:
        """Read T tokens.

        Args:
            zx: the input's share of z with the bias, (T, B, Z), or a table of what it can be, (V, Z).
            wh: what serves as `wh`, (H, Z).
            carry: where to begin.
            scale: what the output of the step before is multiplied by before it enters z, (T, B, H), or a table of what
                it can be, (V, H), where zx is one; None is 1.
            precision: what the factors of the recurrent products are rounded to.
            ids: where zx is a table, the rows that are read, integers (T, B).
            cpu_kernels: whether to use the kernels of `model.networks.cpu`; only on a CPU where they are available.

        Returns:
            The outputs h of every step, (T, B, H), and the last carry.
        """
        raise NotImplementedError

    @staticmethod
    def activation(carry: Any) -> np.ndarray:
        """What each unit says, from -1 to 1, (..., H): on the host."""
        raise NotImplementedError


class RecurrentNetwork(nnx.Module):
    """See `network.Network` and `unit_network.UnitNetwork` for the methods."""

    layer: ClassVar[type[RecurrentLayer]]
    """What its layers are."""
    between: int | None = None
    """See `network.Network`."""

    def __init__(self, recipe: Recipe, tokens: int, cpu_kernels: bool) -> None:
        rng = np.random.default_rng(recipe.random_seed)
        self.cpu_kernels = cpu_kernels
        inputs = [recipe.hidden if recipe.tied else tokens] + [recipe.hidden] * (recipe.layers - 1)
        self.layers = nnx.List(
            [
                self.layer(width, recipe, rng, tokens if recipe.character_gates and index == 0 else 0)
                for index, width in enumerate(inputs)
            ]
        )
        self.embedding = nnx.Param(first_vectors(rng, tokens, recipe.hidden)) if recipe.tied else None
        self.output = Output(recipe, tokens, rng)

    @classmethod
    def shapes(cls, recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter."""
        hidden = recipe.hidden
        shapes = {
            f"layers.{layer}.{name}": shape
            for layer in range(recipe.layers)
            for name, shape in cls.layer.shapes(recipe, hidden if layer or recipe.tied else tokens).items()
        }
        if recipe.character_gates:
            shapes["layers.0.gates"] = (tokens, hidden)
        if recipe.tied:
            shapes["embedding"] = (tokens, hidden)
        return shapes | Output.shapes(recipe, tokens)

    def expect(self, shares: np.ndarray) -> None:
        """See `network.Network.expect`."""
        self.output.expect(shares)

    def begin(self, batch: int) -> Carries:
        """Carries of zeros."""
        return tuple(layer.begin(batch) for layer in self.layers)

    def read(self, ids: Array, memory: Carries, last: int | None = None) -> tuple[Array, Carries]:
        """Logits of the last positions, (last, B, V), and the carries after the text."""
        hs, after = self.outputs(ids, memory)
        return self._predict(hs if last is None else hs[-last:]), after

    def step(self, ids: Array, memory: Carries, kept: Array | None = None) -> Carries:
        """Read one token a lane; units that are not `kept`, bool (B, L, H), have no part in it."""
        after: list[LayerCarry] = []
        below = self._read_as(ids)
        for index, (layer, carry) in enumerate(zip(self.layers, memory, strict=True)):
            zx, rows, scale = self._entering(layer, below, ids)
            carry = layer.step(rows_read(zx, rows), carry, rows_read(scale, rows))
            after.append(carry if kept is None else _held(carry, kept[:, index]))
            below = after[-1].h
        return tuple(after)

    def logits(self, memory: Carries) -> Array:
        """The logits of the next token, (B, V)."""
        return self._predict(memory[-1].h)

    @property
    def units(self) -> tuple[int, int]:
        """Layers, and units of each."""
        return len(self.layers), len(self.layers[0].wh[...])

    def activations(self, memory: Carries) -> np.ndarray:
        """What each unit says, (..., L, H)."""
        return np.stack([self.layer.activation(carry) for carry in memory], axis=-2)

    def hold(self, memory: Carries, kept: Array) -> Carries:
        """The memory with all units at zero but those that are kept, bool (B, L, H)."""
        return tuple(_held(carry, kept[:, index]) for index, carry in enumerate(memory))

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
            return self._predict(hs if last is None else hs[-last:]), after

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
            recurrent: weights to take in the place of each layer's `wh`, (H, Z) each.
            precision: of the recurrent products, see `RecurrentLayer.recur`.

        Returns:
            The last layer's outputs, (T, B, H), and the carries after the text.
        """
        after: list[LayerCarry] = []
        below = self._read_as(ids)
        for index, (layer, carry) in enumerate(zip(self.layers, carries, strict=True)):
            zx, rows, scale = self._entering(layer, below, ids)
            wh = layer.wh[...] if recurrent is None else recurrent[index]
            hs, last = layer.recur(zx, wh, carry, scale, precision, rows, self.cpu_kernels)
            below = hs if masks is None else hs * masks[index]
            after.append(last)
        return below, tuple(after)

    def _entering(self, layer: RecurrentLayer, below: Array, ids: Array) -> tuple[Array, Array | None, Array | None]:
        """A layer's zx, the rows to look up in it and in its scale, and the scale, when it reads tokens (...)."""
        (zx, rows), scale = layer.project(below), layer.scale
        if rows is None:
            scale = rows_read(scale, ids)
        if self.between is not None:
            zx, scale = emptied(zx, rows, scale, ids, self.between, layer.blocks, layer.lasting)
        return zx, rows, scale

    def _read_as(self, ids: Array) -> Array:
        """What the first layer reads: tokens as they are, or their vectors."""
        return ids if self.embedding is None else looked_up(self.embedding[...], ids)

    def _predict(self, h: Array) -> Array:
        return self.output(h, None if self.embedding is None else self.embedding[...])


def _held(carry: Any, kept: Array) -> Any:
    """The carry with all units at zero but those that are kept, bool (B, H)."""
    return jax.tree.map(lambda each: jnp.where(kept, each, 0.0), carry)
