"""Drawing: from logits and the settings of a Sampling to probabilities, and from these to a token.

This is the one place where the settings get their meaning. They arrive as traced arrays, so changing one never
recompiles. Shapes: `B` lanes, `V` tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from model.sampling import Sampling

Settings = dict[str, Any]
"""Each field of Sampling as an array, (B,)."""

History = Any
"""What the settings need to know of the tokens before: a pytree of arrays whose first axis is the lanes, (B, ...)."""


def settings_of(samplings: Sequence[Sampling]) -> Settings:
    """The settings of B lanes: float32, or bool where a field is a switch."""
    return {
        each.name: np.array(
            [getattr(sampling, each.name) for sampling in samplings],
            np.bool_ if isinstance(each.default, bool) else np.float32,
        )
        for each in fields(Sampling)
    }


def begin_history(ids: np.ndarray, before: History | None) -> History:
    """The history of one lane after reading a text, integers (N,), with `before` it. No setting needs any yet."""
    return ()


def probabilities(logits: Array, settings: Settings, history: History) -> Array:
    """The distribution that the next token is drawn from, (B, V).

    Args:
        logits: (B, V).
        settings: temperature, from 0 up: softmax(logits / temperature); 0 is all on the likeliest.
        history: of the tokens before.
    """
    temperature = settings["temperature"]
    # Dividing the differences from the maximum keeps any temperature finite: the largest stays exactly 0.
    below = logits - logits.max(axis=-1, keepdims=True)
    warm = jax.nn.softmax(below / jnp.maximum(temperature, 1e-6)[:, None])
    greedy = jax.nn.one_hot(jnp.argmax(logits, axis=-1), logits.shape[-1])
    return jnp.where(temperature[:, None] > 0, warm, greedy)


def remember(history: History, ids: Array, p: Array) -> History:
    """The history after tokens (B,) were drawn from `p` (B, V)."""
    return history


def draw(p: Array, noise: Array) -> Array:
    """One multinomial draw a lane by the inverse of the cumulative distribution.

    Args:
        p: (B, V).
        noise: uniform in [0, 1), (B,).

    Returns:
        ids, int32 (B,); a token of probability 0 is never drawn.
    """
    cumulative = jnp.cumsum(p, axis=-1)
    # Where a long alphabet is summed in parallel, the sum may grow by a rounding error at a token of probability 0:
    # only possible tokens may be chosen.
    possible = p > 0
    total = jnp.max(cumulative, axis=-1, keepdims=True, where=possible, initial=0)
    return jnp.argmax(possible & (cumulative > noise[:, None] * total), axis=-1).astype(jnp.int32)


def entropy_of(p: Array) -> Array:
    """Of each distribution (B, V), in bits."""
    return -jnp.sum(jnp.where(p > 0, p * jnp.log2(jnp.maximum(p, 1e-38)), 0), axis=-1)
