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
from model.networks.recurrent.lstm_cell import Backward, Carry, Forward, Residuals, scaled


def forward_compiled(zx: Array, wh: Array, carry: Carry, scale: Array | None) -> Forward:
    """All steps forward; arguments and results as for `lstm_recurrence.forward_scanned`."""
    if wh.dtype == zx.dtype:
        given = {"gates": zx, "c": carry.c, "h": carry.h, "wh": wh, "scale": scale}
        made = run_loop(lstm_kernels.forward_loop(scale is not None), None, given)
        return Carry(made["c"], made["h"]), made["gates"], made["cs"], made["hs"]

    def read(t: Array, state: list[Array]) -> list[Array]:
        gates, hs, cs_before, c, h = state
        zh = product(scaled(h, scale, t), wh)
        return lstm_kernels.advance(t, gates, hs, cs_before, zh, c)

    blank = jnp.zeros((len(zx), *carry.c.shape), zx.dtype)
    gates, hs, cs_before, c, h = lax.fori_loop(0, len(zx), read, [zx, blank, blank, carry.c, carry.h])
    return Carry(c, h), gates, cs_before, hs


class _Backwards(NamedTuple):
    """The state of the loop from the last step to the first."""

    gates: Array
    """Activated, of the steps still to do; of those done, the cotangent of z. (T, B, 4H)."""
    drows: Array | None
    dhs_in: Array | None
    later: Carry
    """The cotangent of the carry after the step."""
    c: Array
    """Cell state after the step."""


def backward_compiled(residuals: Residuals, wh_transposed: Array, dhs: Array, dlast: Carry) -> Backward:
    """All steps backward; arguments and results as for `lstm_recurrence.backward_scanned`."""
    cs_before, scale, ids, steps = residuals.cs_before, residuals.scale, residuals.ids, len(dhs)
    drows = None if residuals.table is None else jnp.zeros_like(residuals.table)
    if wh_transposed.dtype == dhs.dtype:
        given: dict[str, Array | None] = {"gates": residuals.gates, "cs": cs_before, "dhs": dhs, "c": residuals.last.c}
        given |= {"dc": dlast.c, "dh": dlast.h, "wh": residuals.wh, "drows": drows, "scale": scale}
        made = run_loop(lstm_kernels.backward_loop(scale is not None, drows is not None), ids, given)
        return made["gates"], made.get("drows"), made.get("dhs_in"), Carry(made["dc"], made["dh"])

    def step_back(k: Array, state: _Backwards) -> _Backwards:
        gates, drows, dhs_in, (dc, dh), c = state
        t = steps - 1 - k
        if ids is None or drows is None:
            gates, dz, dc, c = lstm_kernels.step_back(t, gates, cs_before, dhs, c, dh, dc)
        else:
            gates, drows, dz, dc, c = lstm_kernels.step_back_and_collect(
                t, ids, gates, drows, cs_before, dhs, c, dh, dc
            )
        dh = product(dz, wh_transposed)
        dhs_in = None if dhs_in is None else dhs_in.at[t].set(dh)
        return _Backwards(gates, drows, dhs_in, Carry(dc, scaled(dh, scale, t)), c)

    dhs_in = None if scale is None else jnp.zeros_like(dhs)
    begin = _Backwards(residuals.gates, drows, dhs_in, dlast, residuals.last.c)
    dzs, drows, dhs_in, dfirst, _ = lax.fori_loop(0, steps, step_back, begin)
    return dzs, drows, dhs_in, dfirst
