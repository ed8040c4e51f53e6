"""Dynamic evaluation: the network continues to learn from the text that it reads.

The network predicts each stretch of the text and is then trained on it. No character helps to predict itself, but all
that follows is predicted better, because names, spelling and style recur.

Source: Krause, Kahembwe, Murray and Renals (2018), Dynamic evaluation of neural sequence models, its rule scaled by the
size of the gradients: after each stretch with gradient g, every weight w changes by

    -rate g / (r + e m) + min(1, decay r / m) (w0 - w),    r = sqrt(mean of g^2),    m = mean of r over all weights,

so weights that the text says little of hardly move, and those that it says much of are drawn back to the trained w0
the more. The paper gathers r over the training text. Here it is gathered over the stretches read so far, which predicts
as well and needs no other text.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from corpora.progress import Tell, paced
from model.baselines.mixing import Mixture
from model.networks.network import Graph, Memory, Params, assemble
from model.training.train_step import cross_entropy

RATE = 0.001
"""Of a weight, after each stretch."""

_DECAY = 0.001
"""The share of its way back that a weight with gradients of mean size goes after each stretch."""

_FLOOR = 0.1
"""e: keeps weights with hardly any gradient from moving as far as the others."""

_STRETCH = 20
"""Tokens that are predicted before the network is trained on them."""

_MOST_PREDICTED = 1 << 20
"""Numbers among the predictions of one call."""


class _Reader(NamedTuple):
    """What changes while a text is read."""

    params: Params
    memory: Memory
    squares: Params
    """The mean squares of the gradients so far."""
    stretches: Array
    """How many these were."""


_LearnBlock = Callable[[Params, _Reader, np.ndarray, np.ndarray], tuple[_Reader, Array]]


@lru_cache(maxsize=8)
def _make_learn_block(graph: Graph, rate: float) -> _LearnBlock:
    @jax.jit
    def learn_block(trained: Params, reader: _Reader, ids: Array, weights: Array) -> tuple[_Reader, Array]:
        """Predict and learn from n stretches: ids (n * _STRETCH + 1,), weights one shorter; all logits, (..., V)."""
        if not rate:
            logits, memory = assemble(graph, trained).read(ids[:-1, None], reader.memory)
            return reader._replace(memory=memory), logits[:, 0]

        def stretch(reader: _Reader, at: tuple[Array, Array, Array]) -> tuple[_Reader, Array]:
            inputs, targets, weights = at

            def loss(params: Params) -> tuple[Array, tuple[Array, Memory]]:
                logits, after = assemble(graph, params).read(inputs[:, None], reader.memory)
                losses = cross_entropy(logits[:, 0], targets) * weights
                return losses.sum() / jnp.maximum(weights.sum(), 1), (logits[:, 0], after)

            gradient, (logits, memory) = jax.grad(loss, has_aux=True)(reader.params)
            seen = reader.stretches + 1
            squares = jax.tree.map(lambda s, g: s + (g * g - s) / seen, reader.squares, gradient)
            sizes = jax.tree.leaves(jax.tree.map(jnp.sqrt, squares))
            mean = sum(each.sum() for each in sizes) / sum(each.size for each in sizes) + 1e-12

            def moved(w: Array, w0: Array, g: Array, square: Array) -> Array:
                r = jnp.sqrt(square)
                return w - rate * g / (r + _FLOOR * mean) + jnp.minimum(1, _DECAY * r / mean) * (w0 - w)

            params = jax.tree.map(moved, reader.params, trained, gradient, squares)
            read = weights.sum() > 0  # behind the end of the text there is nothing to learn
            params = jax.tree.map(lambda new, old: jnp.where(read, new, old), params, reader.params)
            return _Reader(params, memory, squares, seen), logits

        inputs, targets, weights = (each.reshape(-1, _STRETCH) for each in (ids[:-1], ids[1:], weights))
        reader, logits = lax.scan(stretch, reader, (inputs, targets, weights))
        return reader, logits.reshape(len(ids) - 1, -1)

    compiled: _LearnBlock = learn_block
    return compiled


def learn_from(
    graph: Graph,
    params: Params,
    ids: np.ndarray,
    lengths: np.ndarray,
    rate: float = RATE,
    mixture: Mixture | None = None,
    progress: Tell | None = None,
) -> tuple[Params, float]:
    """Read a text of N tokens, predicting and then learning from each stretch of it.

    Args:
        graph: the network.
        params: at the beginning; they are not changed.
        ids: the text, integers (N,).
        lengths: characters of every token, integers (V,).
        rate: the learning rate; 0 only reads and predicts, as `evaluate` does.
        mixture: for this text: improves the network's predictions, which the network does not learn of.
        progress: told how far the text is, where it is long.

    Returns:
        The parameters after the text, and the mean loss of the N - 1 predictions in nats per character; NaN where there
        is none.
    """
    if len(ids) < 2:
        return params, math.nan
    learn_block, total, told = _make_learn_block(graph, rate), 0.0, paced(progress, "scoring", len(ids))
    size = _STRETCH * max(1, min(64, _MOST_PREDICTED // (_STRETCH * len(lengths))))
    reader = _Reader(params, assemble(graph, params).begin(1), jax.tree.map(jnp.zeros_like, params), jnp.zeros(()))
    for start in range(0, len(ids) - 1, size):
        told(start)
        part = ids[start : start + size + 1].astype(np.int32)
        weights = np.zeros(size, np.float32)
        weights[: len(part) - 1] = 1
        padded = np.zeros(size + 1, np.int32)
        padded[: len(part)] = part
        reader, logits = learn_block(params, reader, padded, weights)
        losses = mixture.losses(logits, start + 1) if mixture else cross_entropy(logits, jnp.asarray(padded[1:]))
        total += float(losses @ weights)
    return reader.params, total / int(np.sum(lengths[ids[1:]], dtype=np.int64))
