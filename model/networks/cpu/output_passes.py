"""The passes over time of a layer whose only memory is its last output, in kernels compiled for this CPU; see
`output_recurrence` for both in XLA's own operations.
"""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from model.networks.cpu.compiler import run
from model.networks.cpu.output_kernels import KERNELS
from model.networks.products import product
from model.networks.recurrent.lstm_cell import scaled
from model.networks.recurrent.output_cell import Backward, Cell, Forward, Residuals


def forward_compiled(cell: Cell, zx: Array, wh: Array, bh: Array | None, first: Array, scale: Array | None) -> Forward:
    """All steps forward; arguments and results as for `output_recurrence.forward_scanned`."""
    kernel = KERNELS[cell.name].advance

    def read(t: Array, state: list[Array]) -> list[Array]:
        *arrays, h = state
        zh = product(scaled(h, scale, t), wh)
        return run(kernel, t, *arrays, zh if bh is None else zh + bh, h)

    blank = jnp.zeros((len(zx), *first.shape), zx.dtype)
    *kept, hs, _ = lax.fori_loop(0, len(zx), read, [zx, *[blank] * (kernel.in_place - 1), first])
    return tuple(kept), hs


class _Backwards(NamedTuple):
    """The state of the loop from the last step to the first."""

    kept: list[Array]
    """Of the steps still to do; of those done, cotangents."""
    drows: list[Array]
    """The table's cotangent so far; empty where there is none."""
    dhs_in: Array | None
    dh: Array
    """The cotangent of the output after the step, from the later ones."""


def backward_compiled(cell: Cell, residuals: Residuals, hs_before: Array, wh_transposed: Array, dhs: Array) -> Backward:
    """All steps backward; arguments and results as for `output_recurrence.backward_scanned`."""
    kernels, scale, table, steps = KERNELS[cell.name], residuals.scale, residuals.table, len(dhs)
    kernel = kernels.back if table is None else kernels.back_and_collect
    ids = [] if residuals.ids is None else [residuals.ids]

    def step_back(k: Array, state: _Backwards) -> _Backwards:
        t = steps - 1 - k
        results = run(kernel, t, *ids, *state.kept, *state.drows, hs_before, dhs, state.dh)
        *arrays, dzh, dh = results
        count = len(state.kept)
        dh_in = product(dzh, wh_transposed)
        dhs_in = None if state.dhs_in is None else state.dhs_in.at[t].set(dh_in)
        return _Backwards(arrays[:count], arrays[count:], dhs_in, dh + scaled(dh_in, scale, t))

    kept = [*residuals.kept] or [residuals.hs]
    drows = [] if table is None else [jnp.zeros_like(table)]
    dhs_in = None if scale is None else jnp.zeros_like(dhs)
    done = lax.fori_loop(0, steps, step_back, _Backwards(kept, drows, dhs_in, jnp.zeros_like(residuals.first)))
    dzhs, *of_input = done.kept
    # A GRU's shares of z differ in their last block.
    dzxs = jnp.concatenate([dzhs[..., : -dhs.shape[-1]], *of_input], axis=-1) if of_input else dzhs
    return (done.drows[0] if done.drows else dzxs), dzhs, done.dhs_in, done.dh
