"""Dynamic evaluation: the network continues to learn from the text that it reads.

The network predicts each stretch of the text and is then trained on it. No character helps to predict itself, but all
that follows is predicted better, because names, spelling and style recur.

Source: Krause, Kahembwe, Murray and Renals (2018), Dynamic evaluation of neural sequence models, its plain gradient
descent: after each stretch, params <- params - rate * g, with the gradient g of the stretch's loss clipped.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import Array, lax

from model.networks.network import Graph, Memory, Params, assemble
from model.training.train_step import cross_entropy

RATE = 0.07
"""Of the gradient descent. On Nietzsche's held-out tenth 0.05 to 0.1 gain most."""

_CLIP = 1.0
"""The largest global norm of a stretch's gradient."""

_STRETCH = 20
"""Tokens that are predicted before the network is trained on them."""

_STRETCHES = 64
"""In one call."""

_LearnBlock = Callable[[Params, Memory, np.ndarray, np.ndarray, float], tuple[Params, Memory, Array]]


@lru_cache(maxsize=8)
def _make_learn_block(graph: Graph) -> _LearnBlock:
    clip = optax.clip_by_global_norm(_CLIP)

    @jax.jit
    def learn_block(
        params: Params, memory: Memory, ids: Array, weights: Array, rate: Array
    ) -> tuple[Params, Memory, Array]:
        """Predict and learn from the stretches of a block: ids (_STRETCHES * _STRETCH + 1,), weights one shorter."""

        def stretch(
            so_far: tuple[Params, Memory], at: tuple[Array, Array, Array]
        ) -> tuple[tuple[Params, Memory], Array]:
            (params, memory), (inputs, targets, weights) = so_far, at

            def loss(params: Params) -> tuple[Array, tuple[Array, Memory]]:
                logits, after = assemble(graph, params).read(inputs[:, None], memory)
                losses = cross_entropy(logits[:, 0], targets) * weights
                return losses.sum() / jnp.maximum(weights.sum(), 1), (losses.sum(), after)

            gradient, (total, after) = jax.grad(loss, has_aux=True)(params)
            gradient, _ = clip.update(gradient, clip.init(params))
            return (jax.tree.map(lambda p, g: p - rate * g, params, gradient), after), total

        stretches = (_STRETCHES, _STRETCH)
        at = ids[:-1].reshape(stretches), ids[1:].reshape(stretches), weights.reshape(stretches)
        (params, memory), totals = lax.scan(stretch, (params, memory), at)
        return params, memory, totals.sum()

    compiled: _LearnBlock = learn_block
    return compiled


def learn_from(
    graph: Graph, params: Params, ids: np.ndarray, lengths: np.ndarray, rate: float = RATE
) -> tuple[Params, float]:
    """Read a text of N tokens, predicting and then learning from each stretch of it.

    Args:
        graph: the network.
        params: at the beginning; they are not changed.
        ids: the text, integers (N,).
        lengths: characters of every token, integers (V,).
        rate: the learning rate; 0 only predicts.

    Returns:
        The parameters after the text, and the mean loss of the N - 1 predictions in nats per character; NaN where there
        is none.
    """
    learn_block, size = _make_learn_block(graph), _STRETCHES * _STRETCH
    memory, total = assemble(graph, params).begin(1), 0.0
    for start in range(0, len(ids) - 1, size):
        part = ids[start : start + size + 1].astype(np.int32)
        weights = np.zeros(size, np.float32)
        weights[: len(part) - 1] = 1
        padded = np.zeros(size + 1, np.int32)
        padded[: len(part)] = part
        params, memory, loss = learn_block(params, memory, padded, weights, rate)
        total += float(loss)
    return params, total / int(np.sum(lengths[ids[1:]], dtype=np.int64)) if len(ids) > 1 else math.nan
