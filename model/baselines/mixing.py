"""A network's predictions mixed with counting what followed equal contexts before.

Each context k predicts by counting, in its chain of ever longer ones: p_k(c) = (n_k(c) + t_k q(c)) / (n_k + t_k), where
c followed n_k(c) of the latest n_k equal contexts, t_k tokens are distinct among them, and q is the shorter context's
prediction, the network's for the shortest (Witten and Bell 1991). All of them and the network's, p_0, are mixed:
p(c) = exp(sum over k of w_k ln p_k(c)) / Z. After each token, w goes a step along the gradient of ln p(token), so what
has predicted well counts more from then on.

Sources: Mahoney (2005), Adaptive weighing of context models for lossless data compression, for the mixing; Grave,
Joulin and Usunier (2017), Improving neural language models with a continuous cache, for a network that looks back.
Shapes: `n` tokens, `V` distinct ones.
"""

from __future__ import annotations

from itertools import islice

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from model.baselines.contexts import CHAINS, LATEST, Contexts
from model.tokens.tokenizer import Tokenizer

_RATE = 0.0004
"""Of w."""

_BEGINNING = np.array([0.5, *[0.12] * sum(CHAINS)], np.float32)
"""w before the first token: of the network, and of each context."""


_LEAST = -30.0
"""Of ln p_0: a token that the network rules out can still be counted."""


class Mixture:
    """Improves a network's predictions of a text, block by block.

    Args:
        known: the text before, integers: what is counted from the beginning.
        ids: the text that is predicted, integers (N,).
        tokenizer: of both.
    """

    def __init__(self, known: np.ndarray, ids: np.ndarray, tokenizer: Tokenizer) -> None:
        self._contexts, self._known = Contexts(np.concatenate([known, ids]), tokenizer), len(known)
        self._weights = jnp.asarray(_BEGINNING)

    def losses(self, logits: Array, start: int) -> Array:
        """-ln p of the next n tokens, in nats, (n,); behind the end of the text they mean nothing.

        Args:
            logits: the network's, (n, V).
            start: the place of the first of these tokens in the text.
        """
        first, ids = self._known + start, self._contexts.ids
        there = min(len(logits), len(ids) - first)
        followers = np.full((len(logits), sum(CHAINS), LATEST), -1, np.int32)
        followers[:there] = self._contexts.followers(first, first + there)
        targets = np.zeros(len(logits), np.int32)
        targets[:there] = ids[first : first + there]
        self._weights, losses = _mix(self._weights, logits, followers, targets)
        return losses


def predictions(logits: Array, followers: Array) -> Array:
    """ln p_k(c) of each token, (n, 1 + contexts, V): the network's first.

    Args:
        logits: the network's, (n, V).
        followers: see `Contexts.followers`.
    """
    every = [network := jnp.maximum(jax.nn.log_softmax(logits), _LEAST)]
    rows, kinds = jnp.arange(len(logits))[:, None], iter(jnp.moveaxis(followers, 1, 0))
    for contexts in CHAINS:
        q = network
        for ids in islice(kinds, contexts):
            counts = jnp.zeros(logits.shape).at[rows, ids].add(jnp.where(ids >= 0, 1, 0))
            n, t = counts.sum(axis=-1, keepdims=True), (counts > 0).sum(axis=-1, keepdims=True)
            q = jnp.where(n > 0, jnp.log(counts + t * jnp.exp(q)) - jnp.log(jnp.maximum(n + t, 1)), q)
            every.append(q)
    return jnp.stack(every, axis=1)


@jax.jit
def _mix(weights: Array, logits: Array, followers: Array, targets: Array) -> tuple[Array, Array]:
    """The weights after the tokens, and the losses of these."""

    def token(weights: Array, at: tuple[Array, Array]) -> tuple[Array, Array]:
        log_p, target = at
        mixed = jax.nn.log_softmax(weights @ log_p)
        step = log_p[:, target] - log_p @ jnp.exp(mixed)
        return weights + _RATE * step, -mixed[target]

    return lax.scan(token, weights, (predictions(logits, followers), targets))
