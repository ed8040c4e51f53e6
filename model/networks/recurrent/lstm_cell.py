"""One step of an LSTM layer: its formulas and what is kept of a step.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table. The gates come in the order i, f, g, o along the last axis
of anything `4H` wide. Everything is time-major: a lane is a column.

Source: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000):
    z = x W_x + h W_h + b,  i, f, o = sigmoid(z_i, z_f, z_o),  g = tanh(z_g)
    c' = f c + i g,  h' = o tanh(c')
Where a `scale` s is given, s h enters z in the place of h: one round of the Mogrifier (see `lstm`).
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
from jax import Array, lax

from model.networks.products import product

N = TypeVar("N", bound=Any)
"""An array, or a number in a kernel that is being compiled."""


class Carry(NamedTuple):
    """The memory of a layer between two tokens."""

    c: Array
    """Cell state, (B, H)."""
    h: Array
    """Output, (B, H)."""


class Gates(NamedTuple):
    """Activated, (B, H) each."""

    i: Array
    f: Array
    g: Array
    o: Array


class Residuals(NamedTuple):
    """What the backward pass needs."""

    wh: Array
    first: Carry
    last: Carry
    gates: Array
    """Activated, (T, B, 4H)."""
    cs_before: Array
    """Cell state before every step, (T, B, H)."""
    hs: Array
    """Output after every step, (T, B, H)."""
    scale: Array | None
    ids: Array | None
    table: Array | None
    """What the ids are rows of, (V, 4H)."""


Forward = tuple[Carry, Array, Array, Array]
"""The last carry; for every step the activated gates (T, B, 4H), the cell state before it and the output (T, B, H)."""

Backward = tuple[Array, Array | None, Array | None, Carry]
"""The cotangents of z (T, B, 4H); of the table's rows, where there is a table; of the factor h or s h of every h W_h,
(T, B, H), where there is a scale; and of the carry."""


def zero_carry(batch: int, hidden: int) -> Carry:
    """The carry of a layer that has read nothing: zeros, (batch, hidden)."""
    return Carry(jnp.zeros((batch, hidden), jnp.float32), jnp.zeros((batch, hidden), jnp.float32))


def scaled(h: Array, scale: Array | None, t: Array | None = None) -> Array:
    """h times the scale, or times its step t where there is a scale for every step."""
    if scale is None:
        return h
    return h * (scale if t is None else lax.dynamic_index_in_dim(scale, t, keepdims=False))


def rows_read(zx: Array, ids: Array | None) -> tuple[Array, Array | None, Array | None]:
    """The rows of a table that ids choose, with the ids and the table; of no table, zx itself and None twice."""
    if ids is None:
        return zx, None, None
    ids = jnp.clip(jnp.asarray(ids, jnp.int32), 0, len(zx) - 1)  # inside: a kernel writes where it is told to
    return zx[ids], ids, zx


def advance(zx: Array, wh: Array, carry: Carry, scale: Array | None) -> tuple[Gates, Carry]:
    """The gates of one step and the carry after it; arguments as for `step`."""
    i, f, g, o = jnp.split(zx + product(scaled(carry.h, scale), wh), 4, axis=-1)
    gates = Gates(jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o))
    c = gates.f * carry.c + gates.i * gates.g
    return gates, Carry(c, gates.o * jnp.tanh(c))


def step(zx: Array, wh: Array, carry: Carry, scale: Array | None = None) -> Carry:
    """Read one token: `zx` (B, 4H) is the input's share of z with the bias, `wh` (H, 4H), `scale` (B, H)."""
    return advance(zx, wh, carry, scale)[1]


def cotangents(i: N, f: N, g: N, o: N, c_before: N, tanh_c: N, dh: N, dc_later: N) -> tuple[tuple[N, N, N, N], N]:
    """The cotangents of z, gate by gate, and of the cell state before the step: the formulas above, differentiated."""
    dc = dc_later + dh * o * (1 - tanh_c * tanh_c)
    dz = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)
    return dz, dc * f
