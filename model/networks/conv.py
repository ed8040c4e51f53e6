"""The causal convolution: layers that look at a few earlier tokens, and a dense layer to the logits of the next one.

What a layer looks at are its taps; how many tokens lie between two of them is its dilation. Where the dilations grow
from layer to layer, the network sees as far back as the sum of them all, while the work grows with the taps only.

Shapes: `T` time, `B` lanes, `V` tokens, `H` units, `L` layers, `K` taps.

Source: van den Oord et al. (2016), WaveNet; Bai, Kolter and Koltun (2018), An empirical evaluation of generic
convolutional and recurrent networks for sequence modeling. For a layer of dilation d, and for the logits of all layers:
    n = x / sqrt(mean(x^2) + epsilon),  (a, g) = sum over k of n[t - (K - 1 - k) d] W[k] + b
    u = tanh(a) sigmoid(g),  x' = x + u W_residual,  logits = relu(sum over layers of u W_skip + b_skip) W + b
The normalisation is that of Zhang and Sennrich (2019); W takes the place of its scale.
One token at a time it is Le Paine et al. (2016), Fast WaveNet: what a layer will look at again waits in a queue.
"""

from __future__ import annotations

from functools import partial, reduce
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array, lax

from model.networks.dropout import dropout_masks
from model.networks.initialisation import glorot
from model.networks.network import Read
from model.networks.products import product, rounded, weights_cotangent
from model.networks.sight import layer_dilations
from model.networks.vocabulary import Output, first_vectors, looked_up
from model.recipe import Precision, Recipe

_EPSILON = 1e-6

_RESIDUAL_SHARE = 0.1
"""Of Glorot's limit, for the residual weights: at first, each layer adds little to what it read."""


class Queues(NamedTuple):
    """The memory."""

    before: tuple[Array, ...]
    """Of each layer, n at the last (K - 1) d tokens, the oldest first, (B, (K - 1) d, H)."""
    units: Array
    """What the layers said of the last token, u, (B, L, H)."""


@partial(jax.custom_vjp, nondiff_argnums=(2,))
def convolved(taps: list[Array], w: Array, precision: Precision = "float32") -> Array:
    """The sum over k of taps[k] W[k].

    Args:
        taps: the earliest first, (..., H) each.
        w: (K, H, N).
        precision: what the factors of all products are rounded to, also in the backward pass; sums stay in float32.

    Returns:
        The sum, (..., N).
    """
    # A product for each tap: XLA's own convolution takes 50 times as long on a CPU.
    products = (product(tap, rounded(w[k], precision)) for k, tap in enumerate(taps))
    return reduce(jnp.add, products)


def _convolved_forward(taps: list[Array], w: Array, precision: Precision) -> tuple[Array, tuple[list[Array], Array]]:
    return convolved(taps, w, precision), (taps, w)


def _convolved_backward(
    precision: Precision, factors: tuple[list[Array], Array], dz: Array
) -> tuple[list[Array], Array]:
    taps, w = factors
    dtaps = [product(dz, rounded(w[k].T, precision)) for k in range(len(taps))]
    return dtaps, jnp.stack([weights_cotangent(tap, dz, precision) for tap in taps])


convolved.defvjp(_convolved_forward, _convolved_backward)


def normalised(x: Array) -> Array:
    """x (..., H) with a mean square of 1 along the last axis."""
    return x * lax.rsqrt(jnp.mean(x * x, axis=-1, keepdims=True) + _EPSILON)


class ConvLayer(nnx.Module):
    """One layer's weights: `w` (K, H, 2H), `b` (2H,), `skip` (H, H), and but for the last layer `residual` (H, H)."""

    def __init__(self, recipe: Recipe, rng: np.random.Generator, *, last: bool) -> None:
        hidden, taps = recipe.hidden, recipe.kernel
        w = np.concatenate([glorot(rng, taps * hidden, hidden) for _ in range(2)], axis=1)
        self.w, self.b = nnx.Param(w.reshape(taps, hidden, 2 * hidden)), nnx.Param(np.zeros(2 * hidden, np.float32))
        self.skip = nnx.Param(glorot(rng, hidden, hidden))
        self.residual = None if last else nnx.Param(_RESIDUAL_SHARE * glorot(rng, hidden, hidden))

    def units(self, taps: list[Array], precision: Precision = "float32") -> Array:
        """What the layer says, u (..., H), of its K taps, the earliest first, (..., H) each."""
        a, g = jnp.split(convolved(taps, self.w[...], precision) + self.b[...], 2, axis=-1)
        return jnp.tanh(a) * jax.nn.sigmoid(g)

    def onward(self, x: Array, units: Array) -> Array:
        """What the layer above reads, (..., H); after the last layer, nothing does."""
        return x if self.residual is None else x + units @ self.residual[...]


class Conv(nnx.Module):
    """See `network.Network` for the methods of the protocol, and `unit_network.UnitNetwork` for those about units."""

    between: int | None = None
    """It looks back over it: how far it sees is limited in any case."""

    def __init__(self, recipe: Recipe, tokens: int, cpu_kernels: bool) -> None:
        rng = np.random.default_rng(recipe.random_seed)
        hidden, last = recipe.hidden, recipe.layers - 1
        self.dilations = layer_dilations(recipe)
        self.tied = recipe.tied
        vectors = first_vectors(rng, tokens, hidden) if self.tied else rng.standard_normal((tokens, hidden))
        self.embedding = nnx.Param(vectors.astype(np.float32))
        self.layers = nnx.List([ConvLayer(recipe, rng, last=index == last) for index in range(recipe.layers)])
        self.skip_bias = nnx.Param(np.zeros(hidden, np.float32))
        self.output = Output(recipe, tokens, rng)

    @staticmethod
    def shapes(recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter."""
        hidden = recipe.hidden
        shapes: dict[str, tuple[int, ...]] = {"embedding": (tokens, hidden), "skip_bias": (hidden,)}
        for layer in range(recipe.layers):
            shapes[f"layers.{layer}.w"] = (recipe.kernel, hidden, 2 * hidden)
            shapes[f"layers.{layer}.b"] = (2 * hidden,)
            shapes[f"layers.{layer}.skip"] = (hidden, hidden)
            if layer < recipe.layers - 1:
                shapes[f"layers.{layer}.residual"] = (hidden, hidden)
        return shapes | Output.shapes(recipe, tokens)

    def expect(self, shares: np.ndarray) -> None:
        """See `network.Network.expect`."""
        self.output.expect(shares)

    def begin(self, batch: int) -> Queues:
        """Queues of zeros."""
        taps, hidden, _ = self.layers[0].w[...].shape
        before = tuple(jnp.zeros((batch, (taps - 1) * each, hidden), jnp.float32) for each in self.dilations)
        return Queues(before, jnp.zeros((batch, len(self.dilations), hidden), jnp.float32))

    def read(self, ids: Array, memory: Queues, last: int | None = None) -> tuple[Array, Queues]:
        """Logits of the last positions, (last, B, V), and the queues after the text."""
        return self._read(ids, memory, last)

    def step(self, ids: Array, memory: Queues, kept: Array | None = None) -> Queues:
        """Read one token a lane; units that are not `kept`, bool (B, L, H), have no part in it."""
        x, after, said = self._read_as(ids), [], []
        for index, (layer, dilation, queue) in enumerate(zip(self.layers, self.dilations, memory.before, strict=True)):
            now = normalised(x)
            units = layer.units([*jnp.moveaxis(queue[:, ::dilation], 1, 0), now])
            said.append(units if kept is None else units * kept[:, index])
            after.append(jnp.concatenate([queue[:, 1:], now[:, None]], axis=1))
            x = layer.onward(x, said[-1])
        return Queues(tuple(after), jnp.stack(said, axis=1))

    def logits(self, memory: Queues) -> Array:
        """The logits of the next token, (B, V)."""
        return self._predict([memory.units[:, index] for index in range(len(self.layers))])

    @property
    def units(self) -> tuple[int, int]:
        """Layers, and units of each."""
        return len(self.layers), len(self.skip_bias[...])

    def activations(self, memory: Queues) -> np.ndarray:
        """u of each unit, (..., L, H)."""
        return np.asarray(memory.units)

    def hold(self, memory: Queues, kept: Array) -> Queues:
        """The memory in which the units that are not kept, bool (B, L, H), said nothing of the last token."""
        return memory._replace(units=memory.units * kept)

    def regularise(self, recipe: Recipe, key: Array, first_lane: Array | int, lanes: int) -> Read:
        """`read` with variational dropout of what the layers say, and rounded products."""
        masks = None
        if recipe.dropout:
            masks = dropout_masks(recipe.dropout, (recipe.layers, recipe.hidden), key, first_lane, lanes)
        return partial(self._read, masks=masks, precision=recipe.precision)

    def _read(
        self,
        ids: Array,
        memory: Queues,
        last: int | None = None,
        masks: Array | None = None,
        precision: Precision = "float32",
    ) -> tuple[Array, Queues]:
        """Read text.

        Args:
            ids: tokens, integers (T, B).
            memory: the queues before it.
            last: how many of the last positions are predicted from; None means all.
            masks: what the units of each layer are multiplied by at every token, (L, B, H).
            precision: of the convolutions, see `convolved`.

        Returns:
            As `network.Network.read`.
        """
        x, after, said, latest = self._read_as(ids), [], [], []
        for index, (layer, dilation, queue) in enumerate(zip(self.layers, self.dilations, memory.before, strict=True)):
            # With the queue in front, each tap of all tokens is one part of memory as it lies.
            seen = jnp.concatenate([jnp.swapaxes(queue, 0, 1), normalised(x)])
            taps = [seen[start : start + len(ids)] for start in range(0, len(seen) - len(ids) + 1, dilation)]
            units = layer.units(taps, precision)
            said.append(units if masks is None else units * masks[index])
            after.append(jnp.swapaxes(seen[len(ids) :], 0, 1))
            latest.append(units[-1])
            x = layer.onward(x, said[-1])
        heard = said if last is None else [units[-last:] for units in said]
        return self._predict(heard), Queues(tuple(after), jnp.stack(latest, axis=1))

    def _predict(self, said: list[Array]) -> Array:
        """The logits (..., V) of what each layer says, (..., H) each."""
        skips = (units @ layer.skip[...] for layer, units in zip(self.layers, said, strict=True))
        h = jax.nn.relu(reduce(jnp.add, skips, self.skip_bias[...]))
        return self.output(h, self.embedding[...] if self.tied else None)

    def _read_as(self, ids: Array) -> Array:
        """The vectors of tokens (...), as the first layer reads them, (..., H)."""
        return looked_up(self.embedding[...], ids) if self.tied else self.embedding[...][ids]
