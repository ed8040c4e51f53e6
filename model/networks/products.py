"""Matrix products whose factors may be rounded; what is summed and kept stays in float32."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from model.recipe import Precision


def rounded(weights: Array, precision: Precision) -> Array:
    """Weights as the products take them; with float32 they keep their type."""
    return weights if precision == "float32" else weights.astype(precision)


def product(factor: Array, weights: Array) -> Array:
    """factor @ weights: the factor is rounded to the weights' type, and the sums keep the factor's."""
    return jnp.matmul(factor.astype(weights.dtype), weights, preferred_element_type=factor.dtype)


def weights_cotangent(factor: Array, dz: Array, precision: Precision) -> Array:
    """The cotangent of the weights of z = factor @ weights, (M, N).

    Args:
        factor: (..., M).
        dz: the cotangent of z, (..., N).
        precision: what both are rounded to.
    """
    rows, columns = factor.reshape(-1, factor.shape[-1]), dz.reshape(-1, dz.shape[-1])
    # Without the barrier, the product is one of a transposed factor: on a CPU, XLA computes it more slowly.
    transposed = lax.optimization_barrier(rounded(rows, precision).T)
    return jnp.matmul(transposed, rounded(columns, precision), preferred_element_type=dz.dtype)
