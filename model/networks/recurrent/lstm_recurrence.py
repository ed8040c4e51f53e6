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
    rows_read,
    scaled,
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
        scale: what the output of the step before is multiplied by before it enters z, (T, B, H); None is 1.
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


def forward_scanned(zx: Array, wh: Array, carry: Carry, scale: Array | None) -> Forward:
    """All steps forward, in XLA's own operations."""

    def read(carry: Carry, at: tuple[Array, Array | None]) -> tuple[Carry, tuple[Array, Array, Array]]:
        zx_t, scale_t = at
        gates, after = advance(zx_t, wh, carry, scale_t)
        return after, (jnp.concatenate(gates, axis=-1), carry.c, after.h)

    last, (gates, cs_before, hs) = lax.scan(read, carry, (zx, scale))
    return last, gates, cs_before, hs


def backward_scanned(residuals: Residuals, wh_transposed: Array, dhs: Array, dlast: Carry) -> Backward:
    """All steps backward, in XLA's own operations."""

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

    steps = dhs, residuals.gates, residuals.cs_before, residuals.scale
    (dfirst, _), (dzs, dhs_in) = lax.scan(step_back, (dlast, residuals.last.c), steps, reverse=True)
    table = residuals.table
    drows = None if table is None else jnp.zeros_like(table).at[residuals.ids].add(dzs)
    return dzs, drows, dhs_in, dfirst


def _recur_forward(
    zx: Array,
    wh: Array,
    carry: Carry,
    scale: Array | None,
    precision: Precision,
    ids: Array | None,
    cpu_kernels: bool,
) -> tuple[tuple[Array, Carry], Residuals]:
    steps, ids, table = rows_read(zx, ids)
    forward = forward_scanned
    if cpu_kernels:
        from model.networks.cpu.lstm_passes import forward_compiled as forward
    last, gates, cs_before, hs = forward(steps, rounded(wh, precision), carry, scale)
    return (hs, last), Residuals(wh, carry, last, gates, cs_before, hs, scale, ids, table)


def _recur_backward(
    precision: Precision, cpu_kernels: bool, residuals: Residuals, given: tuple[Array, Carry]
) -> tuple[Array, Array, Carry, Array | None, None]:
    wh, first, _, _, _, hs, scale, _, _ = residuals
    backward = backward_scanned
    if cpu_kernels:
        from model.networks.cpu.lstm_passes import backward_compiled as backward
    dzs, drows, dhs_in, dfirst = backward(residuals, rounded(wh.T, precision), *given)
    hs_before = jnp.concatenate([first.h[None], hs[:-1]])
    dwh = weights_cotangent(scaled(hs_before, scale), dzs, precision)
    dscale = None if dhs_in is None else dhs_in * hs_before
    return dzs if drows is None else drows, dwh, dfirst, dscale, None


recur.defvjp(_recur_forward, _recur_backward)
