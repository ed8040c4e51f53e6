"""An LSTM layer's forward and backward pass over time in kernels compiled for this CPU; see `lstm_recurrence` for both
in XLA's own operations.

Each pass is one kernel, unless its products are rounded: those of bfloat16 are XLA's, with kernels between them.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from model.networks.cpu import lstm_kernels
from model.networks.cpu.time_loop import run_loop
from model.networks.products import product
from model.networks.recurrent.lstm_cell import (
    Backward,
    Carry,
    Forward,
    Residuals,
    hs_read,
    rows_collected,
    rows_read,
    scaled,
)


def forward_compiled(zx: Array, wh: Array, carry: Carry, scale: Array | None, ids: Array | None) -> Forward:
    """All steps forward; arguments and results as for `lstm_recurrence.forward_scanned`."""
    if ids is not None and len(zx) > ids.size:  # of so large a table, XLA makes only the rows that are read
        zx, scale, ids = rows_read(zx, ids), rows_read(scale, ids), None
    if wh.dtype == zx.dtype:
        given = {"gates": zx, "table": zx, "c": carry.c, "h": carry.h, "wh": wh, "scale": scale}
        made = run_loop(lstm_kernels.forward_loop(ids is not None, scale is not None), ids, given)
        hs_in, last = made["hs_in"], Carry(made["c"], made["h"])
        return Forward(last, made["gates"], made["cs"], made.get("hs_before", hs_in), hs_in, made["hs"])
    steps, scales = rows_read(zx, ids), rows_read(scale, ids)

    def read(t: Array, state: list[Array]) -> list[Array]:
        gates, hs, cs_before, c, h = state
        zh = product(scaled(h, scales, t), wh)
        return lstm_kernels.advance(t, gates, hs, cs_before, zh, c)

    blank = jnp.zeros((len(steps), *carry.c.shape), zx.dtype)
    gates, hs, cs_before, c, h = lax.fori_loop(0, len(steps), read, [steps, blank, blank, carry.c, carry.h])
    return Forward(Carry(c, h), gates, cs_before, *hs_read(carry.h, hs, scales), hs)


class _Backwards(NamedTuple):
    """The state of the loop from the last step to the first."""

    gates: Array
    """Activated, of the steps still to do; of those done, the cotangent of z. (T, B, 4H)."""
    dtable: Array | None
    dhs_in: Array | None
    later: Carry
    """The cotangent of the carry after the step."""
    c: Array
    """Cell state after the step."""


def backward_compiled(residuals: Residuals, wh_transposed: Array, dhs: Array, dlast: Carry) -> Backward:
    """All steps backward; arguments and results as for `lstm_recurrence.backward_scanned`."""
    cs_before, ids, steps = residuals.cs_before, residuals.ids, len(dhs)
    dtable, dscale = (
        None if each is None or ids is None else jnp.zeros_like(each) for each in (residuals.table, residuals.scale)
    )
    if wh_transposed.dtype == dhs.dtype:
        given: dict[str, Array | None] = {"gates": residuals.gates, "cs": cs_before, "dhs": dhs, "c": residuals.last.c}
        given |= {"dc": dlast.c, "dh": dlast.h, "wh": residuals.wh, "dtable": dtable}
        given |= {"scale": residuals.scale, "dscale": dscale, "hs_before": residuals.hs_before}
        loop = lstm_kernels.backward_loop(ids is not None, residuals.scale is not None)
        made = run_loop(loop, ids, given)
        return Backward(made["gates"], made.get("dtable"), made.get("dscale"), Carry(made["dc"], made["dh"]))
    scales = rows_read(residuals.scale, ids)

    def step_back(k: Array, state: _Backwards) -> _Backwards:
        gates, dtable, dhs_in, (dc, dh), c = state
        t = steps - 1 - k
        if ids is None or dtable is None:
            gates, dz, dc, c = lstm_kernels.step_back(t, gates, cs_before, dhs, c, dh, dc)
        else:
            gates, dtable, dz, dc, c = lstm_kernels.step_back_and_collect(
                t, ids, gates, dtable, cs_before, dhs, c, dh, dc
            )
        dh = product(dz, wh_transposed)
        dhs_in = None if dhs_in is None else dhs_in.at[t].set(dh)
        return _Backwards(gates, dtable, dhs_in, Carry(dc, scaled(dh, scales, t)), c)

    dhs_in = None if scales is None else jnp.zeros_like(dhs)
    begin = _Backwards(residuals.gates, dtable, dhs_in, dlast, residuals.last.c)
    dzs, dtable, dhs_in, dfirst, _ = lax.fori_loop(0, steps, step_back, begin)
    if dhs_in is not None:
        dscale = rows_collected(dhs_in * residuals.hs_before, residuals.scale, ids)
    return Backward(dzs, dtable, dscale, dfirst)
