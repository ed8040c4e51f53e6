"""The recurrence of an LSTM layer over time, with its own backward pass, and one step of it for writing.

Shapes: `T` time, `B` lanes, `H` units. Gates stand in the order i, f, g, o along the last axis of anything `4H`
wide. Everything is time-major: a lane is a column.

Source: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000):
    z = x W_x + h W_h + b,  i, f, o = sigmoid(z_i, z_f, z_o),  g = tanh(z_g)
    c' = f c + i g,  h' = o tanh(c')
Where a `scale` s is given, it is s h that enters z: one round of the Mogrifier (see `lstm`).

Both directions are written twice. Of XLA's own operations, they run on any accelerator; on the CPU, where a step would
spend more time on its small elementwise loops than on its products, these are kernels of ours (see `fused`).
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from model.networks.cpu import lstm_kernels
from model.recipe import Precision


class Carry(NamedTuple):
    """What one layer remembers between two characters."""

    c: Array
    """Cell state, (B, H)."""
    h: Array
    """Output, (B, H)."""


class _Gates(NamedTuple):
    i: Array
    f: Array
    g: Array
    o: Array


def _activate(z: Array) -> _Gates:
    i, f, g, o = jnp.split(z, 4, axis=-1)
    return _Gates(jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o))


def zero_carry(batch: int, hidden: int) -> Carry:
    """A layer that has read nothing: zeros, (batch, hidden)."""
    return Carry(jnp.zeros((batch, hidden), jnp.float32), jnp.zeros((batch, hidden), jnp.float32))


def _scaled(h: Array, scale: Array | None, t: Array | None = None) -> Array:
    """h times the scale, of which step t is meant where there is one for every step."""
    if scale is None:
        return h
    return h * (scale if t is None else lax.dynamic_index_in_dim(scale, t, keepdims=False))


def _rounded(weights: Array, precision: Precision) -> Array:
    """Weights as the products take them; float32 is what they come in, or wider."""
    return weights if precision == "float32" else weights.astype(precision)


def _product(factor: Array, weights: Array) -> Array:
    """factor @ weights: the factor rounded to the weights' type, the sums in its own."""
    return jnp.matmul(factor.astype(weights.dtype), weights, preferred_element_type=factor.dtype)


def _advance(zx: Array, wh: Array, carry: Carry, scale: Array | None) -> tuple[_Gates, Carry]:
    gates = _activate(zx + _product(_scaled(carry.h, scale), wh))
    c = gates.f * carry.c + gates.i * gates.g
    return gates, Carry(c, gates.o * jnp.tanh(c))


def step(zx: Array, wh: Array, carry: Carry, scale: Array | None = None) -> Carry:
    """Read one character: `zx` (B, 4H) is the input's share of z with the bias, `wh` (H, 4H), `scale` (B, H)."""
    return _advance(zx, wh, carry, scale)[1]


@partial(jax.custom_vjp, nondiff_argnums=(4,))
def recur(
    zx: Array,
    wh: Array,
    carry: Carry,
    scale: Array | None = None,
    precision: Precision = "float32",
    ids: Array | None = None,
) -> tuple[Array, Carry]:
    """Read T characters.

    Args:
        zx: the input's share of z with the bias, (T, B, 4H), or a table of what it can be, (V, 4H).
        wh: recurrent weights, (H, 4H).
        carry: where to begin, (B, H) each.
        scale: what the output of the step before is multiplied by on its way in, (T, B, H); None leaves it as it is.
        precision: what the factors of the three recurrent products are rounded to: h W_h, and on the way back
            dz W_h^T and h^T dz. Their sums and all else stay in float32.
        ids: where zx is a table, the rows that are read, integers (T, B); the nearest row for one outside.

    Returns:
        The outputs h of every step, (T, B, H), and the last carry.

    Differentiating it by scanning backwards would form the gradient of `wh` as T small products and keep every
    intermediate. The backward pass below keeps only the activated gates, c and h, and takes that gradient as one
    product over all T * B rows.

    Source of the narrow products: Micikevicius et al. (2018), Mixed precision training, with bfloat16's range in the
    place of loss scaling.
    """
    return _recur_forward(zx, wh, carry, scale, precision, ids)[0]


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
"""The last carry; of every step the activated gates (T, B, 4H), the cell state before and the output (T, B, H)."""


def forward_scanned(zx: Array, wh: Array, carry: Carry, scale: Array | None) -> Forward:
    """All steps forward, in XLA's own operations: for any accelerator."""

    def read(carry: Carry, at: tuple[Array, Array | None]) -> tuple[Carry, tuple[Array, Array, Array]]:
        zx_t, scale_t = at
        gates, after = _advance(zx_t, wh, carry, scale_t)
        return after, (jnp.concatenate(gates, axis=-1), carry.c, after.h)

    last, (gates, cs_before, hs) = lax.scan(read, carry, (zx, scale))
    return last, gates, cs_before, hs


def forward_fused(zx: Array, wh: Array, carry: Carry, scale: Array | None) -> Forward:
    """The same in kernels for the CPU."""

    def read(t: Array, so_far: list[Array]) -> list[Array]:
        gates, hs, cs_before, c, h = so_far
        zh = _product(_scaled(h, scale, t), wh)
        return lstm_kernels.advance(t, gates, hs, cs_before, zh, c)

    blank = jnp.zeros((len(zx), *carry.c.shape), zx.dtype)
    gates, hs, cs_before, c, h = lax.fori_loop(0, len(zx), read, [zx, blank, blank, carry.c, carry.h])
    return Carry(c, h), gates, cs_before, hs


def _recur_forward(
    zx: Array, wh: Array, carry: Carry, scale: Array | None, precision: Precision, ids: Array | None
) -> tuple[tuple[Array, Carry], Residuals]:
    steps, table = zx, None
    if ids is not None:  # all within the table: a kernel writes where it is told to
        ids = jnp.clip(jnp.asarray(ids, jnp.int32), 0, len(zx) - 1)
        steps, table = zx[ids], zx
    last, gates, cs_before, hs = lax.platform_dependent(
        steps, _rounded(wh, precision), carry, scale, cpu=forward_fused, default=forward_scanned
    )
    return (hs, last), Residuals(wh, carry, last, gates, cs_before, hs, scale, ids, table)


Backward = tuple[Array, Array | None, Array | None, Carry]
"""The cotangents of z (T, B, 4H), of the table's rows where there is one, of every h W_h's first factor (T, B, H) where
there is a scale, and of the carry."""


def backward_scanned(residuals: Residuals, wh_transposed: Array, dhs: Array, dlast: Carry) -> Backward:
    """All steps back, in XLA's own operations: for any accelerator."""

    def step_back(
        later: tuple[Carry, Array], at: tuple[Array, Array, Array, Array | None]
    ) -> tuple[tuple[Carry, Array], tuple[Array, Array | None]]:
        (dc_later, dh_later), c = later
        dh_out, gates, c_before, scale_t = at
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        parts, dc = lstm_kernels.cotangents(i, f, g, o, c_before, jnp.tanh(c), dh_out + dh_later, dc_later)
        dz = jnp.concatenate(parts, axis=-1)
        dh_in = _product(dz, wh_transposed)
        before = Carry(dc, _scaled(dh_in, scale_t))
        return (before, c_before), (dz, None if scale_t is None else dh_in)

    steps = dhs, residuals.gates, residuals.cs_before, residuals.scale
    (dfirst, _), (dzs, dhs_in) = lax.scan(step_back, (dlast, residuals.last.c), steps, reverse=True)
    table = residuals.table
    drows = None if table is None else jnp.zeros_like(table).at[residuals.ids].add(dzs)
    return dzs, drows, dhs_in, dfirst


class _Retreat(NamedTuple):
    """On the way back."""

    gates: Array
    """Of the steps to come; of those done, the cotangent of z."""
    drows: Array | None
    dhs_in: Array | None
    later: Carry
    """The cotangent of what the step leaves behind."""
    c: Array
    """Cell state after the step."""


def backward_fused(residuals: Residuals, wh_transposed: Array, dhs: Array, dlast: Carry) -> Backward:
    """The same in kernels for the CPU."""
    cs_before, scale, ids, steps = residuals.cs_before, residuals.scale, residuals.ids, len(dhs)

    def step_back(k: Array, so_far: _Retreat) -> _Retreat:
        gates, drows, dhs_in, (dc, dh), c = so_far
        t = steps - 1 - k
        if ids is None or drows is None:
            gates, dz, dc, c = lstm_kernels.retreat(t, gates, cs_before, dhs, c, dh, dc)
        else:
            gates, drows, dz, dc, c = lstm_kernels.retreat_and_collect(t, ids, gates, drows, cs_before, dhs, c, dh, dc)
        dh = _product(dz, wh_transposed)
        dhs_in = None if dhs_in is None else dhs_in.at[t].set(dh)
        return _Retreat(gates, drows, dhs_in, Carry(dc, _scaled(dh, scale, t)), c)

    drows = None if residuals.table is None else jnp.zeros_like(residuals.table)
    dhs_in = None if scale is None else jnp.zeros_like(dhs)
    begin = _Retreat(residuals.gates, drows, dhs_in, dlast, residuals.last.c)
    dzs, drows, dhs_in, dfirst, _ = lax.fori_loop(0, steps, step_back, begin)
    return dzs, drows, dhs_in, dfirst


def _recur_backward(
    precision: Precision, residuals: Residuals, cotangents: tuple[Array, Carry]
) -> tuple[Array, Array, Carry, Array | None, None]:
    wh, first, _, _, _, hs, scale, _, _ = residuals
    dzs, drows, dhs_in, dfirst = lax.platform_dependent(
        residuals, _rounded(wh.T, precision), *cotangents, cpu=backward_fused, default=backward_scanned
    )
    hs_before = jnp.concatenate([first.h[None], hs[:-1]])
    rows = _scaled(hs_before, scale).reshape(-1, wh.shape[0])
    dwh = jnp.matmul(
        _rounded(rows, precision).T,
        _rounded(dzs.reshape(-1, wh.shape[1]), precision),
        preferred_element_type=wh.dtype,
    )
    dscale = None if dhs_in is None else dhs_in * hs_before
    return dzs if drows is None else drows, dwh, dfirst, dscale, None


recur.defvjp(_recur_forward, _recur_backward)
