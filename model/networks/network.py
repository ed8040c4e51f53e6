"""CharLSTM: the parameters, how they begin, and what the network says of the next character.

Flax NNX builds and names the parameters. They are split from the module once; from there on they are a plain
nested dict of arrays, `layers.0.wx` and so on, that `jax.jit`, optax and the checkpoint all take as it is.
Shapes: `T` time, `B` lanes, `V` characters, `H` units, `L` layers.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.recurrence import Carry, recur, step, zero_carry
from model.recipe import Precision, Recipe

Params = dict[str, Any]
"""Nested dict of float32 arrays: layers -> index -> wx, wh, b; output -> w, b."""

Carries = tuple[Carry, ...]
"""One carry a layer."""


def _glorot(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Glorot and Bengio (2010): uniform within sqrt(6 / (rows + columns))."""
    limit = np.sqrt(6 / (rows + columns))
    return rng.uniform(-limit, limit, (rows, columns)).astype(np.float32)


def _orthogonal(rng: np.random.Generator, rows: int, columns: int) -> np.ndarray:
    """Saxe et al. (2013): orthonormal rows or columns, uniform over all such matrices."""
    q, r = np.linalg.qr(rng.standard_normal((max(rows, columns), min(rows, columns))))
    q = q * np.sign(np.diag(r))
    return (q if rows >= columns else q.T).astype(np.float32)


class LSTMLayer(nnx.Module):
    """One layer's weights: `wx` (inputs, 4H), `wh` (H, 4H), `b` (4H,), and where it is gated `gates` (inputs, H).

    Initialised gate by gate, every gate's recurrent matrix is orthogonal. As one fused matrix, the way Keras does
    it, only the rows that span all four gates are orthonormal.
    """

    def __init__(self, inputs: int, recipe: Recipe, rng: np.random.Generator, *, gated: bool) -> None:
        hidden = recipe.hidden
        if recipe.initialisation == "fused":
            wx, wh = _glorot(rng, inputs, 4 * hidden), _orthogonal(rng, hidden, 4 * hidden)
        else:
            wx = np.concatenate([_glorot(rng, inputs, hidden) for _ in range(4)], axis=1)
            wh = np.concatenate([_orthogonal(rng, hidden, hidden) for _ in range(4)], axis=1)
        b = np.zeros(4 * hidden, np.float32)
        b[hidden : 2 * hidden] = recipe.forget_bias
        self.wx, self.wh, self.b = nnx.Param(wx), nnx.Param(wh), nnx.Param(b)
        # Zeros, so that training begins at the plain LSTM: 2 sigmoid(0) = 1.
        self.gates = nnx.Param(np.zeros((inputs, hidden), np.float32)) if gated else None

    def project(self, below: Array) -> tuple[Array, Array | None]:
        """The input's share of z with the bias.

        Of the outputs of the layer below (..., H), it is (..., 4H) and nothing more. Of characters (...), it is that of
        every character there is, (V, 4H), and the rows to look up: these, instead of a product with one-hot rows.
        """
        if jnp.issubdtype(below.dtype, jnp.integer):
            return self.wx[...] + self.b[...], below
        return below @ self.wx[...] + self.b[...], None

    def scale(self, ids: Array) -> Array | None:
        """What the layer's last output is multiplied by before these characters (...) are read, (..., H).

        Every character so has a recurrent matrix of its own, diag(s) W_h, for no further product.
        Source: Melis, Kocisky and Blunsom (2020), Mogrifier LSTM, one round: h <- 2 sigmoid(R x) h.
        """
        return None if self.gates is None else (2 * jax.nn.sigmoid(self.gates[...]))[ids]


class Output(nnx.Module):
    """From the last layer to the logits: `w` (H, V), `b` (V,)."""

    def __init__(self, recipe: Recipe, characters: int, rng: np.random.Generator) -> None:
        self.w = nnx.Param(_glorot(rng, recipe.hidden, characters))
        self.b = nnx.Param(np.zeros(characters, np.float32))


class CharLSTM(nnx.Module):
    """LSTM layers over characters and a dense layer to the logits of the next one."""

    def __init__(self, recipe: Recipe, characters: int) -> None:
        rng = np.random.default_rng(recipe.random_seed)
        inputs = [characters] + [recipe.hidden] * (recipe.layers - 1)
        self.layers = nnx.List(
            [
                LSTMLayer(width, recipe, rng, gated=recipe.character_gates and index == 0)
                for index, width in enumerate(inputs)
            ]
        )
        self.output = Output(recipe, characters, rng)

    def read(
        self, ids: Array, carries: Carries, masks: Array | None = None, precision: Precision = "float32"
    ) -> tuple[Array, Carries]:
        """Read text.

        Args:
            ids: characters, integers (T, B).
            carries: where each layer begins.
            masks: what each output is multiplied by, (L, B, H): dropout, the same at every time step.
            precision: of the recurrent products, see `recur`.

        Returns:
            The last layer's outputs, (T, B, H), and the carries after the text.
        """
        after: list[Carry] = []
        below = ids
        for index, (layer, carry) in enumerate(zip(self.layers, carries, strict=True)):
            zx, rows = layer.project(below)
            hs, last = recur(zx, layer.wh[...], carry, layer.scale(below), precision, rows)
            below = hs if masks is None else hs * masks[index]
            after.append(last)
        return below, tuple(after)

    def step(self, ids: Array, carries: Carries) -> Carries:
        """Read one character a lane, ids (B,); the last carry's h is what `logits` takes."""
        after: list[Carry] = []
        below = ids
        for layer, carry in zip(self.layers, carries, strict=True):
            zx, rows = layer.project(below)
            after.append(step(zx if rows is None else zx[rows], layer.wh[...], carry, layer.scale(below)))
            below = after[-1].h
        return tuple(after)

    def logits(self, h: Array) -> Array:
        """From the last layer's output (..., H) to the logits of the next character (..., V)."""
        return h @ self.output.w[...] + self.output.b[...]


Graph = nnx.GraphDef[CharLSTM]
"""The module without its parameters: hashable, static under `jax.jit`."""


def build(recipe: Recipe, characters: int) -> tuple[Graph, Params]:
    """A network for `characters` distinct characters, initialised from the recipe's random seed."""
    graph, state = nnx.split(CharLSTM(recipe, characters), nnx.Param)
    params: Params = jax.tree.map(jnp.asarray, nnx.to_pure_dict(state))
    return graph, params


def assemble(graph: Graph, params: Params) -> CharLSTM:
    """The network with these parameters; free under `jax.jit`."""
    return nnx.merge(graph, params)


def zero_carries(recipe: Recipe, batch: int) -> Carries:
    """Carries of a network that has read nothing."""
    return tuple(zero_carry(batch, recipe.hidden) for _ in range(recipe.layers))


def count(params: Params) -> int:
    """How many numbers the network learns."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
