"""Layers whose only memory is their last output, the GRU's and the RNN's: their recurrence, with its own backward pass.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table, `Z` what enters the formulas. Everything is time-major.
See `lstm_recurrence` for why automatic differentiation does not do it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from model.networks.recurrent.lstm_cell import product, rounded, scaled
from model.networks.recurrent.recurrent_network import RecurrentLayer
from model.recipe import Precision


class LastOutput(NamedTuple):
    """The memory of a layer between two tokens."""

    h: Array
    """Output, (B, H)."""


class Cell(NamedTuple):
    """The formulas of one step. z comes in two shares: of the input and of the last output, (B, Z) each."""

    advance: Callable[[Array, Array, Array], tuple[Any, Array]]
    """From both shares and the output before, (B, H): what the way back needs, and the output after."""
    back: Callable[[Any, Array, Array, Array], tuple[Array, Array, Array]]
    """From what is kept, the outputs before and after and the latter's cotangent: the cotangents of both shares, and of
    the output before as far as it does not enter z."""


class _Residuals(NamedTuple):
    """What the backward pass needs."""

    wh: Array
    first: Array
    hs: Array
    """Output after every step, (T, B, H)."""
    kept: Any
    scale: Array | None
    ids: Array | None
    table: Array | None
    """What the ids are rows of, (V, Z)."""


def _advance(cell: Cell, zx: Array, wh: Array, bh: Array | None, h: Array, scale: Array | None) -> tuple[Any, Array]:
    """One step: what the way back needs, and the output after it; arguments as for `recur`, without the time."""
    zh = product(scaled(h, scale), wh)
    return cell.advance(zx, zh if bh is None else zh + bh, h)


@partial(jax.custom_vjp, nondiff_argnums=(0, 6))
def recur(
    cell: Cell,
    zx: Array,
    wh: Array,
    bh: Array | None,
    first: Array,
    scale: Array | None = None,
    precision: Precision = "float32",
    ids: Array | None = None,
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

    Returns:
        The outputs of every step, (T, B, H).
    """
    return _forward(cell, zx, wh, bh, first, scale, precision, ids)[0]


def _forward(
    cell: Cell,
    zx: Array,
    wh: Array,
    bh: Array | None,
    first: Array,
    scale: Array | None,
    precision: Precision,
    ids: Array | None,
) -> tuple[Array, tuple[_Residuals, Array | None]]:
    steps, table = zx, None
    if ids is not None:
        ids = jnp.clip(jnp.asarray(ids, jnp.int32), 0, len(zx) - 1)
        steps, table = zx[ids], zx
    weights = rounded(wh, precision)

    def read(h: Array, at: tuple[Array, Array | None]) -> tuple[Array, tuple[Any, Array]]:
        kept, after = _advance(cell, at[0], weights, bh, h, at[1])
        return after, (kept, after)

    _, (kept, hs) = lax.scan(read, first, (steps, scale))
    return hs, (_Residuals(wh, first, hs, kept, scale, ids, table), bh)


def _backward(
    cell: Cell, precision: Precision, kept: tuple[_Residuals, Array | None], dhs: Array
) -> tuple[Array, Array, Array | None, Array, Array | None, None]:
    residuals, bh = kept
    wh, scale, table = residuals.wh, residuals.scale, residuals.table
    hs_before = jnp.concatenate([residuals.first[None], residuals.hs[:-1]])
    transposed = rounded(wh.T, precision)

    def step_back(dh_later: Array, at: Any) -> tuple[Array, tuple[Array, Array, Array | None]]:
        dh_out, its, before, after, scale_t = at
        dzx, dzh, dh = cell.back(its, before, after, dh_out + dh_later)
        dh_in = product(dzh, transposed)
        return dh + scaled(dh_in, scale_t), (dzx, dzh, None if scale_t is None else dh_in)

    steps = dhs, residuals.kept, hs_before, residuals.hs, scale
    dfirst, (dzxs, dzhs, dhs_in) = lax.scan(step_back, jnp.zeros_like(residuals.first), steps, reverse=True)
    dzx = dzxs if table is None else jnp.zeros_like(table).at[residuals.ids].add(dzxs)
    rows = scaled(hs_before, scale).reshape(-1, wh.shape[0])
    flat = dzhs.reshape(-1, wh.shape[1])
    dwh = jnp.matmul(rounded(rows, precision).T, rounded(flat, precision), preferred_element_type=wh.dtype)
    dbh = None if bh is None else flat.sum(0)
    dscale = None if dhs_in is None else dhs_in * hs_before
    return dzx, dwh, dbh, dfirst, dscale, None


recur.defvjp(_forward, _backward)


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
        return LastOutput(_advance(self.cell, zx, self.wh[...], self.output_bias, carry.h, scale)[1])

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
        hs = recur(self.cell, zx, wh, self.output_bias, carry.h, scale, precision, ids)
        return hs, LastOutput(hs[-1])

    @staticmethod
    def activation(carry: LastOutput) -> np.ndarray:
        """The output of each unit."""
        return np.asarray(carry.h)
