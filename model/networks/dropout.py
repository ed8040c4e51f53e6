"""Dropout of outputs and of weights, one draw for all T tokens of an optimiser step."""

from __future__ import annotations

import jax
import jax.numpy as jnp
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
    """Weights (rows, columns) of which each is zero with this chance.

    The chance is rounded to 256ths: drawing a byte for each weight is a quarter of the work of drawing a float.
    Source: Wan et al. (2013), DropConnect; Merity et al. (2018), AWD-LSTM: W_h <- W_h * m / (1 - p).
    """
    below = round(chance * 256)
    rows, columns = weights.shape
    # XLA draws a matrix of words six times as fast as one of bytes.
    words = jax.random.bits(key, (rows, -(-columns // 4)), jnp.uint32)
    kept = lax.bitcast_convert_type(words, jnp.uint8).reshape(rows, -1)[:, :columns] >= below
    return jnp.where(kept, weights * (256 / (256 - below)), 0)
