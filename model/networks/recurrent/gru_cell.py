"""One step of a GRU layer: gates that decide what of the last output stays, and what of it a new one sees.

Source: Cho et al. (2014), with the reset gate after the product, as in Keras and in cuDNN:
    z, r = sigmoid(x W_zr + h U_zr + b_zr),  g = tanh(x W_g + b_g + r (h U_g + c)),  h' = z h + (1 - z) g
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from model.networks.recurrent.lstm_cell import N
from model.networks.recurrent.output_cell import Cell


def _advance(zx: Array, zh: Array, h: Array) -> tuple[tuple[Array, ...], Array]:
    (x_z, x_r, x_g), (h_z, h_r, h_g) = jnp.split(zx, 3, axis=-1), jnp.split(zh, 3, axis=-1)
    z, r = jax.nn.sigmoid(x_z + h_z), jax.nn.sigmoid(x_r + h_r)
    g = jnp.tanh(x_g + r * h_g)
    return (jnp.concatenate([z, r, g], axis=-1), h_g), z * h + (1 - z) * g


def cotangents(z: N, r: N, g: N, h_g: N, before: N, dh: N) -> tuple[tuple[N, N, N], N, N]:
    """The cotangents of z, r and g before they are activated, of h U_g + c, and of h as far as z lets it through."""
    dg = dh * (1 - z) * (1 - g * g)
    return (dh * (before - g) * z * (1 - z), dg * h_g * r * (1 - r), dg), dg * r, dh * z


def _back(kept: tuple[Array, ...], before: Array, after: Array, dh: Array) -> tuple[Array, Array, Array]:
    z, r, g = jnp.split(kept[0], 3, axis=-1)
    (dz, dr, dg), dh_g, dh_before = cotangents(z, r, g, kept[1], before, dh)
    return jnp.concatenate([dz, dr, dg], axis=-1), jnp.concatenate([dz, dr, dh_g], axis=-1), dh_before


GRU_CELL = Cell("gru", _advance, _back)
