"""The LSTM's kernels: everything between two matrix products of a step, in one pass over memory.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table. Formulas and names are those of `lstm_cell`.
"""

from __future__ import annotations

from dataclasses import replace

from jax import Array

from model.networks.cpu.compiler import Kernel, Numbers, Row, Shape, compiled, run
from model.networks.cpu.scalars import Number, Real
from model.networks.cpu.time_loop import Sweep, TimeLoop, Times
from model.networks.recurrent.lstm_cell import cotangents

_UNITS, _GATES = Shape(Row.OWN), Shape(Row.OWN, 4)
_ALL_UNITS, _ALL_GATES = Shape(Row.OF_STEP), Shape(Row.OF_STEP, 4)
_GATES_OF_ID, _UNITS_OF_ID = Shape(Row.OF_ID, 4), Shape(Row.OF_ID)


def _advance(
    z_x: Numbers, _hs: Number, _cs: Number, z_h: Numbers, c: Number
) -> tuple[Numbers, Number, Number, Number, Number]:
    z = [x + h for x, h in zip(z_x, z_h, strict=True)]
    i, f, g, o = z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()
    after = f * c + i * g
    h = o * after.tanh()
    return (i, f, g, o), h, c, after, h


def _back(
    gates: Numbers, c_before: Number, dh_out: Number, c: Number, dh_later: Number, dc_later: Number
) -> tuple[Numbers, Numbers, Number, Number]:
    i, f, g, o = gates
    dz, dc = cotangents(i, f, g, o, c_before, c.tanh(), dh_out + dh_later, dc_later)
    return dz, dz, dc, c_before


def _back_and_collect(
    gates: Numbers, collected: Numbers, *rest: Number
) -> tuple[Numbers, Numbers, Numbers, Number, Number]:
    dz, _, dc, c_before = _back(gates, *rest)
    return dz, tuple(one + more for one, more in zip(collected, dz, strict=True)), dz, dc, c_before


def _scale(h: Number, scale: Number) -> tuple[Number, Number]:
    return h, h * scale


def _scale_back(scale: Number, h_before: Number, dh_in: Number) -> tuple[Number, Number]:
    return dh_in * h_before, dh_in * scale


def _scale_back_and_collect(scale: Number, collected: Number, *rest: Number) -> tuple[Number, Number]:
    dscale, dh = _scale_back(scale, *rest)
    return collected + dscale, dh


_ADVANCE = Kernel(
    "advance",
    (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _GATES, _UNITS),
    (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS),
    _advance,
)
_ADVANCE_BY_ID = replace(_ADVANCE, arguments=(_GATES_OF_ID, *_ADVANCE.arguments[1:]))
_BACK = Kernel(
    "back",
    (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS, _UNITS),
    (_ALL_GATES, _GATES, _UNITS, _UNITS),
    _back,
)
_BACK_AND_COLLECT = Kernel(
    "back_and_collect",
    (_ALL_GATES, _GATES_OF_ID, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS, _UNITS),
    (_ALL_GATES, _GATES_OF_ID, _GATES, _UNITS, _UNITS),
    _back_and_collect,
)

_ENTER = Kernel("enter", (_UNITS,), (_ALL_UNITS,), lambda h: (h,))
_SCALE = Kernel("scale", (_UNITS, _ALL_UNITS), (_ALL_UNITS, _ALL_UNITS), _scale)
_SCALE_BY_ID = replace(_SCALE, arguments=(_UNITS, _UNITS_OF_ID))
_SCALE_BACK = Kernel("scale_back", (_ALL_UNITS, _ALL_UNITS, _UNITS), (_ALL_UNITS, _UNITS), _scale_back)
_SCALE_BACK_AND_COLLECT = Kernel(
    "scale_back_and_collect",
    (_UNITS_OF_ID, _UNITS_OF_ID, _ALL_UNITS, _UNITS),
    (_UNITS_OF_ID, _UNITS),
    _scale_back_and_collect,
)


def forward_loop(by_id: bool, scaled: bool) -> TimeLoop:
    """All steps: from the input's share of z, `table` (V, 4H) where it is read by id and `gates` (T, B, 4H) where not,
    `c` and `h` (B, H) and the weights `wh` (H, 4H); and `scale` (V, H) or (T, B, H), if so. It makes `gates`,
    activated, `cs` and `hs_before` before every step, `hs_in`, scaled, if so, `hs`, and the last `c` and `h`.
    """
    zx = "table" if by_id else "gates"
    enter = Sweep(_ENTER, ("h",), ("hs_in",))
    if scaled:
        enter = Sweep(_SCALE_BY_ID if by_id else _SCALE, ("h", "scale"), ("hs_before", "hs_in"))
    advance = Sweep(_ADVANCE_BY_ID if by_id else _ADVANCE, (zx, "hs", "cs", "zh", "c"), ("gates", "hs", "cs", "c", "h"))
    name = f"lstm_forward{'_by_id' * by_id}{'_scaled' * scaled}"
    return TimeLoop(name, (zx, "c", "h", "wh", *("scale",) * scaled), (enter, Times("hs_in", "wh", "zh"), advance))


def backward_loop(by_id: bool, scaled: bool) -> TimeLoop:
    """All steps, the last first: from the activated `gates`, `cs`, the outputs' cotangents `dhs` (T, B, H), the last
    `c`, the later steps' cotangents `dc` and `dh` (B, H), and `wh`; `hs_before` and `scale`, if so; and `dtable` and
    `dscale` to collect in where they are read by id. It makes `gates`, the cotangents of z, `dtable`, `dscale`, and the
    first `dc` and `dh`.
    """
    given, dtable = ("gates", "cs", "dhs", "c", "dh", "dc"), ("dtable",) * by_id
    back = Sweep(
        _BACK_AND_COLLECT if by_id else _BACK, ("gates", *dtable, *given[1:]), ("gates", *dtable, "dz", "dc", "c")
    )
    rest: tuple[Sweep | Times, ...] = (Times("dz", "wh", "dh", transposed=True),)
    if scaled:
        kernel = _SCALE_BACK_AND_COLLECT if by_id else _SCALE_BACK
        factors = ("scale", *("dscale",) * by_id, "hs_before", "dh_in")
        rest = (Times("dz", "wh", "dh_in", transposed=True), Sweep(kernel, factors, ("dscale", "dh")))
    more = ("scale", "hs_before", *("dscale",) * by_id) * scaled
    name = f"lstm_backward{'_by_id' * by_id}{'_scaled' * scaled}"
    return TimeLoop(name, (*given, "wh", *dtable, *more), (back, *rest), backwards=True)


def advance(t: Array, gates: Array, hs: Array, cs: Array, zh: Array, c: Array) -> list[Array]:
    """A step of the LSTM after its product.

    Args:
        t: which step, an integer.
        gates: the input's share of z with the bias, (T, B, 4H); step t is overwritten with the activated gates.
        hs: the outputs, (T, B, H); step t is overwritten.
        cs: the cell states before every step, (T, B, H); step t is overwritten.
        zh: the last output's share of z, (B, 4H).
        c: the cell state before the step, (B, H).

    Returns:
        gates, hs and cs with this step in them, the cell state and the output after it, (B, H).
    """
    return run(_ADVANCE, t, gates, hs, cs, zh, c)


def step_back(t: Array, gates: Array, cs: Array, dhs: Array, c: Array, dh: Array, dc: Array) -> list[Array]:
    """A step of the backward pass, before its product.

    Args:
        t: which step, an integer.
        gates: activated, (T, B, 4H); step t is overwritten with the cotangent of z.
        cs: the cell state before every step, (T, B, H).
        dhs: the cotangent of every output, (T, B, H), without the share of the later steps.
        c: the cell state after the step, (B, H).
        dh: the output's cotangent from the later steps, (B, H).
        dc: the cell state's cotangent from the later steps, (B, H).

    Returns:
        gates with this step's dz in them, dz (B, 4H), the cotangent of the cell state before the step and that cell
        state, (B, H).
    """
    return run(_BACK, t, gates, cs, dhs, c, dh, dc)


def step_back_and_collect(
    t: Array, ids: Array, gates: Array, drows: Array, cs: Array, dhs: Array, c: Array, dh: Array, dc: Array
) -> list[Array]:
    """`step_back` where the inputs' shares of z are rows of a table.

    Args:
        ids: the rows, integers from 0 to below V, (T, B). They are not checked.
        drows: the table's cotangent so far, (V, 4H); dz is added to its rows.
        t, gates, cs, dhs, c, dh, dc: see `step_back`.

    Returns:
        gates and drows with this step in them, and what else `step_back` returns.
    """
    return run(_BACK_AND_COLLECT, t, ids, gates, drows, cs, dhs, c, dh, dc)


def compile_now() -> None:
    """Compile one kernel and make it known to XLA, before training needs it.

    Raises:
        RuntimeError: LLVM or XLA refuses.
    """
    compiled(_ADVANCE, Real.FLOAT32)
