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


class Forward(NamedTuple):
    """What all steps make."""

    last: Carry
    gates: Array
    """Activated, (T, B, 4H)."""
    cs_before: Array
    """Cell state before every step, (T, B, H)."""
    hs_before: Array
    """Output before every step, (T, B, H)."""
    hs_in: Array
    """What of it enters z: h or s h, (T, B, H)."""
    hs: Array
    """Output after every step, (T, B, H)."""


class Residuals(NamedTuple):
    """What the backward pass needs; see `Forward`, and `lstm_recurrence.recur` for the arguments."""

    wh: Array
    last: Carry
    gates: Array
    cs_before: Array
    hs_before: Array
    hs_in: Array
    scale: Array | None
    ids: Array | None
    table: Array | None
    """zx, where the ids are rows of it, (V, 4H)."""


class Backward(NamedTuple):
    """Cotangents."""

    dzs: Array
    """Of z, (T, B, 4H)."""
    dtable: Array | None
    """Of the table, where there is one."""
    dscale: Array | None
    """Of the scale, where there is one."""
    dfirst: Carry


def zero_carry(batch: int, hidden: int) -> Carry:
    """The carry of a layer that has read nothing: zeros, (batch, hidden)."""
    return Carry(jnp.zeros((batch, hidden), jnp.float32), jnp.zeros((batch, hidden), jnp.float32))


def scaled(h: Array, scale: Array | None, t: Array | None = None) -> Array:
    """h times the scale, or times its step t where there is a scale for every step."""
    if scale is None:
        return h
    return h * (scale if t is None else lax.dynamic_index_in_dim(scale, t, keepdims=False))


def hs_read(first: Array, hs: Array, scale: Array | None) -> tuple[Array, Array]:
    """Of the first output, those of every step and the scale of every step: `Forward`'s hs_before and hs_in."""
    hs_before = jnp.concatenate([first[None], hs[:-1]])
    return hs_before, scaled(hs_before, scale)


Rows = TypeVar("Rows", bound=Any)
"""An array, or None."""


def rows_read(table: Rows, ids: Array | None) -> Rows:
    """The rows of a table that ids choose; without ids, what is given, for every step."""
    return table if table is None or ids is None else table[ids]


def rows_collected(dsteps: Array, table: Array | None, ids: Array | None) -> Array:
    """The cotangent of the table that `rows_read` read from; without ids, that of every step."""
    return dsteps if table is None or ids is None else jnp.zeros_like(table).at[ids].add(dsteps)


def within(table: Array, ids: Array | None) -> Array | None:
    """The ids, each as the nearest row that the table has: a kernel reads and writes where it is told to."""
    return None if ids is None else jnp.clip(jnp.asarray(ids, jnp.int32), 0, len(table) - 1)


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
