"""The LSTM's step with all that lies between two matrix products in one pass over memory: for the CPU.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table. Formulas and names are those of `lstm`.
"""

from __future__ import annotations

from typing import TypeVar

from jax import Array

from model.networks.cpu.compiler import Kernel, Numbers, Row, Shape, run
from model.networks.cpu.numbers import Number

N = TypeVar("N", Array, Number)

_UNITS, _GATES = Shape(Row.OWN, gates=False), Shape(Row.OWN, gates=True)
_ALL_UNITS, _ALL_GATES = Shape(Row.OF_STEP, gates=False), Shape(Row.OF_STEP, gates=True)
_TABLE = Shape(Row.OF_ID, gates=True)


def _advance(
    z_x: Numbers, _hs: Number, _cs: Number, z_h: Numbers, c: Number
) -> tuple[Numbers, Number, Number, Number, Number]:
    z = [x + h for x, h in zip(z_x, z_h, strict=True)]
    i, f, g, o = z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()
    after = f * c + i * g
    h = o * after.tanh()
    return (i, f, g, o), h, c, after, h


def cotangents(i: N, f: N, g: N, o: N, c_before: N, tanh_c: N, dh: N, dc_later: N) -> tuple[tuple[N, N, N, N], N]:
    """Of z, gate by gate, and of the cell state before: the LSTM's formulas differentiated, for arrays and kernels."""
    dc = dc_later + dh * o * (1 - tanh_c * tanh_c)
    dz = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)
    return dz, dc * f


def _retreat(
    gates: Numbers, c_before: Number, dh_out: Number, c: Number, dh_later: Number, dc_later: Number
) -> tuple[Numbers, Numbers, Number, Number]:
    i, f, g, o = gates
    dz, dc = cotangents(i, f, g, o, c_before, c.tanh(), dh_out + dh_later, dc_later)
    return dz, dz, dc, c_before


def _retreat_and_collect(
    gates: Numbers, collected: Numbers, *rest: Number
) -> tuple[Numbers, Numbers, Numbers, Number, Number]:
    dz, _, dc, c_before = _retreat(gates, *rest)
    return dz, tuple(one + more for one, more in zip(collected, dz, strict=True)), dz, dc, c_before


_ADVANCE = Kernel(
    "advance",
    (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _GATES, _UNITS),
    (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS),
    _advance,
)
_RETREAT = Kernel(
    "retreat",
    (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS, _UNITS),
    (_ALL_GATES, _GATES, _UNITS, _UNITS),
    _retreat,
)
_RETREAT_AND_COLLECT = Kernel(
    "retreat_and_collect",
    (_ALL_GATES, _TABLE, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS, _UNITS),
    (_ALL_GATES, _TABLE, _GATES, _UNITS, _UNITS),
    _retreat_and_collect,
)


def advance(t: Array, gates: Array, hs: Array, cs: Array, zh: Array, c: Array) -> list[Array]:
    """A step of the LSTM after its product.

    Args:
        t: which step, an integer.
        gates: the input's share of z with the bias, (T, B, 4H); of step t it is overwritten with the activated gates.
        hs: (T, B, H), where the output of the step goes.
        cs: (T, B, H), where the cell state before the step goes.
        zh: the last output's share of z, (B, 4H).
        c: the cell state before the step, (B, H).

    Returns:
        gates, hs and cs with this step in them, the cell state and the output after it, (B, H).
    """
    return run(_ADVANCE, t, gates, hs, cs, zh, c)


def retreat(t: Array, gates: Array, cs: Array, dhs: Array, c: Array, dh: Array, dc: Array) -> list[Array]:
    """A step back through the LSTM, before its product.

    Args:
        t: which step, an integer.
        gates: activated, (T, B, 4H); of step t they are overwritten with the cotangent of z.
        cs: the cell state before every step, (T, B, H).
        dhs: the cotangent of every output, (T, B, H), as far as the steps after do not use it.
        c: the cell state after the step, (B, H).
        dh: the output's cotangent from the steps after, (B, H).
        dc: the cell state's, (B, H).

    Returns:
        gates with this step's dz in them, dz (B, 4H), the cotangent of the cell state before the step and that cell
        state, (B, H).
    """
    return run(_RETREAT, t, gates, cs, dhs, c, dh, dc)


def retreat_and_collect(
    t: Array, ids: Array, gates: Array, drows: Array, cs: Array, dhs: Array, c: Array, dh: Array, dc: Array
) -> list[Array]:
    """The same, where the inputs' shares of z are rows of a table.

    Args:
        ids: the rows, integers from 0 to below V, (T, B). They are not checked.
        drows: the table's cotangent so far, (V, 4H): dz is added to its rows.
        t, gates, cs, dhs, c, dh, dc: see `retreat`.

    Returns:
        gates and drows with this step in them, and what else `retreat` returns.
    """
    return run(_RETREAT_AND_COLLECT, t, ids, gates, drows, cs, dhs, c, dh, dc)
