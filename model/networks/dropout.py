"""Dropout of outputs and of weights, one draw for all T tokens of an optimiser step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax


def dropout_masks(chance: float, shape: tuple[int, ...], key: Array, first_lane: Array | int, lanes: int) -> Array:
    """Variational dropout: what the outputs of each lane are multiplied by, (L, lanes, H).

    Each lane draws from its own key, so the masks do not depend on how many devices share the lanes.
    Source: Gal and Ghahramani (2016): h <- h * m / (1 - p), m ~ Bernoulli(1 - p).

    Args:
        chance: p, from 0 to below 1.
        shape: of one lane's mask, (L, H).
        key: the randomness of the optimiser step.
        first_lane: the number of the first lane.
        lanes: how many lanes.
    """
    keep = 1 - chance

    def draw(lane: Array) -> Array:
        return jax.random.bernoulli(jax.random.fold_in(key, lane), keep, shape).astype(jnp.float32) / keep

    return jax.vmap(draw, out_axes=1)(first_lane + jnp.arange(lanes))


def drop_weights(weights: Array, key: Array, chance: float) -> Array:
    """Weights of which each is zero with this chance.

    Each weight's draw is a hash of its place and the key, computed where it is used: JAX's own numbers, which nobody
    could tell from chance, would take many times as long and lie in memory.
    Sources: Wan et al. (2013), DropConnect; Merity et al. (2018), AWD-LSTM: W_h <- W_h * m / (1 - p). The hash is that
    of MurmurHash3 (Appleby, 2011) for a number, of the numbers of a Weyl sequence.
    """
    first, second = jax.random.bits(key, (2,), jnp.uint32)
    draws = (lax.iota(jnp.uint32, weights.size).reshape(weights.shape) + first) * np.uint32(0x9E3779B9)
    draws = (draws ^ (draws >> 16)) * np.uint32(0x85EBCA6B)
    draws = (draws ^ (draws >> 13) ^ second) * np.uint32(0xC2B2AE35)
    return jnp.where(draws ^ (draws >> 16) >= np.uint32(chance * 2**32), weights * np.float32(1 / (1 - chance)), 0)
