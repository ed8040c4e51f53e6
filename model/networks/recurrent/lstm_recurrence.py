"""The recurrence of an LSTM layer over time, with its own backward pass.

Both directions exist twice: in XLA's own operations, which run on any device, and in kernels compiled for this CPU (see
`model.networks.cpu`), because XLA would spend more time on small elementwise loops than on the products between them,
and on products of few lanes more than they need.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
from jax import Array, lax

from model.networks.products import product, rounded, weights_cotangent
from model.networks.recurrent.lstm_cell import (
    Backward,
    Carry,
    Forward,
    Residuals,
    advance,
    cotangents,
    hs_read,
    rows_collected,
    rows_read,
    scaled,
    within,
)
from model.recipe import Precision


@partial(jax.custom_vjp, nondiff_argnums=(4, 6))
def recur(
    zx: Array,
    wh: Array,
    carry: Carry,
    scale: Array | None = None,
    precision: Precision = "float32",
    ids: Array | None = None,
    cpu_kernels: bool = False,
) -> tuple[Array, Carry]:
    """Read T tokens.

    Args:
        zx: the input's share of z with the bias, (T, B, 4H), or a table of what it can be, (V, 4H).
        wh: recurrent weights, (H, 4H).
        carry: where to begin, (B, H) each.
        scale: what the output of the step before is multiplied by before it enters z, (T, B, H), or a table of what it
            can be, (V, H), where zx is one; None is 1.
        precision: what the factors of the three recurrent products are rounded to: h W_h, and in the backward pass
            dz W_h^T and h^T dz. Their sums and everything else stay in float32.
        ids: where zx is a table, the rows that are read, integers (T, B); an id outside is read as the nearest inside.
        cpu_kernels: whether to use the kernels of `model.networks.cpu`; only on a CPU where they are available.

    Returns:
        The outputs h of every step, (T, B, H), and the last carry.

    Automatic differentiation would compute the gradient of `wh` as T small products and keep every intermediate. The
    backward pass below keeps only the activated gates, c and h, and computes that gradient as one product over all
    T * B rows.

    Source of the narrow products: Micikevicius et al. (2018), Mixed precision training, with bfloat16's range
    instead of loss scaling.
    """
    return _recur_forward(zx, wh, carry, scale, precision, ids, cpu_kernels)[0]


def forward_scanned(zx: Array, wh: Array, carry: Carry, scale: Array | None, ids: Array | None) -> Forward:
    """All steps forward, in XLA's own operations."""

    def read(carry: Carry, at: tuple[Array, Array | None]) -> tuple[Carry, tuple[Array, Array, Array]]:
        zx_t, scale_t = at
        gates, after = advance(zx_t, wh, carry, scale_t)
        return after, (jnp.concatenate(gates, axis=-1), carry.c, after.h)

    steps = rows_read(zx, ids), rows_read(scale, ids)
    last, (gates, cs_before, hs) = lax.scan(read, carry, steps)
    return Forward(last, gates, cs_before, *hs_read(carry.h, hs, steps[1]), hs)


def backward_scanned(residuals: Residuals, wh_transposed: Array, dhs: Array, dlast: Carry) -> Backward:
    """All steps backward, in XLA's own operations."""
    scale, ids, table = residuals.scale, residuals.ids, residuals.table

    def step_back(
        later: tuple[Carry, Array], at: tuple[Array, Array, Array, Array | None]
    ) -> tuple[tuple[Carry, Array], tuple[Array, Array | None]]:
        (dc_later, dh_later), c = later
        dh_out, gates, c_before, scale_t = at
        i, f, g, o = jnp.split(gates, 4, axis=-1)
        parts, dc = cotangents(i, f, g, o, c_before, jnp.tanh(c), dh_out + dh_later, dc_later)
        dz = jnp.concatenate(parts, axis=-1)
        dh_in = product(dz, wh_transposed)
        before = Carry(dc, scaled(dh_in, scale_t))
        return (before, c_before), (dz, None if scale_t is None else dh_in)

    steps = dhs, residuals.gates, residuals.cs_before, rows_read(scale, ids)
    (dfirst, _), (dzs, dhs_in) = lax.scan(step_back, (dlast, residuals.last.c), steps, reverse=True)
    dscale = None if dhs_in is None else rows_collected(dhs_in * residuals.hs_before, scale, ids)
    return Backward(dzs, None if table is None else rows_collected(dzs, table, ids), dscale, dfirst)


def _recur_forward(
    zx: Array,
    wh: Array,
    carry: Carry,
    scale: Array | None,
    precision: Precision,
    ids: Array | None,
    cpu_kernels: bool,
) -> tuple[tuple[Array, Carry], Residuals]:
    ids, table = within(zx, ids), None if ids is None else zx
    forward = forward_scanned
    if cpu_kernels:
        from model.networks.cpu.lstm_passes import forward_compiled as forward
    last, gates, cs_before, hs_before, hs_in, hs = forward(zx, rounded(wh, precision), carry, scale, ids)
    return (hs, last), Residuals(wh, last, gates, cs_before, hs_before, hs_in, scale, ids, table)


def _recur_backward(
    precision: Precision, cpu_kernels: bool, residuals: Residuals, given: tuple[Array, Carry]
) -> tuple[Array, Array, Carry, Array | None, None]:
    backward = backward_scanned
    if cpu_kernels:
        from model.networks.cpu.lstm_passes import backward_compiled as backward
    dzs, dtable, dscale, dfirst = backward(residuals, rounded(residuals.wh.T, precision), *given)
    dwh = weights_cotangent(residuals.hs_in, dzs, precision)
    return dzs if dtable is None else dtable, dwh, dfirst, dscale, None


recur.defvjp(_recur_forward, _recur_backward)
