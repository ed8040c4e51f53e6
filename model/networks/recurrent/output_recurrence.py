"""Layers whose only memory is their last output, the GRU's and the RNN's: their recurrence, with its own backward pass.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table, `Z` what enters the formulas. Everything is time-major.
See `lstm_recurrence` for why automatic differentiation does not do it.
"""

from __future__ import annotations

from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from model.networks.products import product, rounded, weights_cotangent
from model.networks.recurrent.lstm_cell import rows_collected, rows_read, scaled, within
from model.networks.recurrent.output_cell import Backward, Cell, Forward, LastOutput, Residuals
from model.networks.recurrent.recurrent_network import RecurrentLayer
from model.recipe import Precision


@partial(jax.custom_vjp, nondiff_argnums=(0, 6, 8))
def recur(
    cell: Cell,
    zx: Array,
    wh: Array,
    bh: Array | None,
    first: Array,
    scale: Array | None = None,
    precision: Precision = "float32",
    ids: Array | None = None,
    cpu_kernels: bool = False,
) -> Array:
    """Read T tokens.

    Args:
        cell: the formulas.
        zx: the input's share of z with the bias, (T, B, Z), or a table of what it can be, (V, Z).
        wh: recurrent weights, (H, Z).
        bh: what is added to the last output's share of z, (Z,); None is 0.
        first: the output to begin with, (B, H).
        scale: what the output of the step before is multiplied by before it enters z, (T, B, H); None is 1.
        precision: what the factors of the three recurrent products are rounded to.
        ids: where zx is a table, the rows that are read, integers (T, B); an id outside is read as the nearest inside.
        cpu_kernels: whether to use the kernels of `model.networks.cpu`; only on a CPU where they are available.

    Returns:
        The outputs of every step, (T, B, H).
    """
    return _recur_forward(cell, zx, wh, bh, first, scale, precision, ids, cpu_kernels)[0]


def advanced(
    cell: Cell, zx: Array, wh: Array, bh: Array | None, h: Array, scale: Array | None
) -> tuple[tuple[Array, ...], Array]:
    """One step: what the way back needs, and the output after it; arguments as for `recur`, without the time."""
    zh = product(scaled(h, scale), wh)
    return cell.advance(zx, zh if bh is None else zh + bh, h)


def forward_scanned(cell: Cell, zx: Array, wh: Array, bh: Array | None, first: Array, scale: Array | None) -> Forward:
    """All steps forward, in XLA's own operations."""

    def read(h: Array, at: tuple[Array, Array | None]) -> tuple[Array, Forward]:
        kept, after = advanced(cell, at[0], wh, bh, h, at[1])
        return after, (kept, after)

    forward: Forward = lax.scan(read, first, (zx, scale))[1]
    return forward


def backward_scanned(cell: Cell, residuals: Residuals, hs_before: Array, wh_transposed: Array, dhs: Array) -> Backward:
    """All steps backward, in XLA's own operations."""

    def step_back(dh_later: Array, at: Any) -> tuple[Array, tuple[Array, Array, Array | None]]:
        dh_out, kept, before, after, scale_t = at
        dzx, dzh, dh = cell.back(kept, before, after, dh_out + dh_later)
        dh_in = product(dzh, wh_transposed)
        return dh + scaled(dh_in, scale_t), (dzx, dzh, None if scale_t is None else dh_in)

    steps = dhs, residuals.kept, hs_before, residuals.hs, residuals.scale
    dfirst, (dzxs, dzhs, dhs_in) = lax.scan(step_back, jnp.zeros_like(residuals.first), steps, reverse=True)
    return rows_collected(dzxs, residuals.table, residuals.ids), dzhs, dhs_in, dfirst


def _recur_forward(
    cell: Cell,
    zx: Array,
    wh: Array,
    bh: Array | None,
    first: Array,
    scale: Array | None,
    precision: Precision,
    ids: Array | None,
    cpu_kernels: bool,
) -> tuple[Array, Residuals]:
    ids, table = within(zx, ids), None if ids is None else zx
    forward = forward_scanned
    if cpu_kernels:
        from model.networks.cpu.output_passes import forward_compiled as forward
    kept, hs = forward(cell, rows_read(zx, ids), rounded(wh, precision), bh, first, scale)
    return hs, Residuals(wh, bh, first, hs, kept, scale, ids, table)


def _recur_backward(
    cell: Cell, precision: Precision, cpu_kernels: bool, residuals: Residuals, dhs: Array
) -> tuple[Array, Array, Array | None, Array, Array | None, None]:
    wh, scale = residuals.wh, residuals.scale
    hs_before = jnp.concatenate([residuals.first[None], residuals.hs[:-1]])
    backward = backward_scanned
    if cpu_kernels:
        from model.networks.cpu.output_passes import backward_compiled as backward
    dzx, dzhs, dhs_in, dfirst = backward(cell, residuals, hs_before, rounded(wh.T, precision), dhs)
    dwh = weights_cotangent(scaled(hs_before, scale), dzhs, precision)
    dbh = None if residuals.bh is None else dzhs.reshape(-1, wh.shape[1]).sum(0)
    dscale = None if dhs_in is None else dhs_in * hs_before
    return dzx, dwh, dbh, dfirst, dscale, None


recur.defvjp(_recur_forward, _recur_backward)


class OutputLayer(RecurrentLayer):
    """A layer whose only memory is its last output."""

    cell: ClassVar[Cell]

    @property
    def output_bias(self) -> Array | None:
        """What is added to the last output's share of z, (Z,); None is 0."""
        return None

    def begin(self, batch: int) -> LastOutput:
        """An output of zeros."""
        return LastOutput(jnp.zeros((batch, len(self.wh[...])), jnp.float32))

    def step(self, zx: Array, carry: LastOutput, scale: Array | None) -> LastOutput:
        """Read one token."""
        return LastOutput(advanced(self.cell, zx, self.wh[...], self.output_bias, carry.h, scale)[1])

    def recur(
        self,
        zx: Array,
        wh: Array,
        carry: LastOutput,
        scale: Array | None,
        precision: Precision,
        ids: Array | None,
        cpu_kernels: bool,
    ) -> tuple[Array, LastOutput]:
        """Read T tokens."""
        steps = rows_read(scale, ids)
        hs = recur(self.cell, zx, wh, self.output_bias, carry.h, steps, precision, ids, cpu_kernels)
        return hs, LastOutput(hs[-1])

    @staticmethod
    def activation(carry: LastOutput) -> np.ndarray:
        """The output of each unit."""
        return np.asarray(carry.h)
