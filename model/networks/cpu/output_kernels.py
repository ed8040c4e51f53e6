"""The kernels of layers whose only memory is their last output: the GRU and the RNN.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table, `Z` = blocks times H. Formulas and names are those of
`gru_cell` and `rnn`.
"""

from __future__ import annotations

from typing import NamedTuple

from model.networks.cpu.compiler import Kernel, Numbers, Row, Shape
from model.networks.cpu.scalars import Number
from model.networks.recurrent.gru_cell import cotangents

_OWN, _ALL = Shape(Row.OWN), Shape(Row.OF_STEP)


class OutputKernels(NamedTuple):
    """The kernels of one kind of layer."""

    advance: Kernel
    """From the input's share of z in every step (T, B, Z), as many blank arrays (T, B, H) as the way back needs, the
    last output's share of z (B, Z) and the last output (B, H): all but the shares overwritten in this step, the outputs
    last, and the output (B, H)."""
    back: Kernel
    """From what is kept, (T, B, ...), the outputs before every step, their cotangents (T, B, H) and that from the later
    steps (B, H): what is kept, overwritten in this step with cotangents of z; the cotangent of the last output's share
    (B, Z), and that of the last output as far as it does not enter z, (B, H)."""
    back_and_collect: Kernel
    """`back` with the cotangent of a table (V, Z) behind what is kept, to whose rows dz is added."""


def _advance_gru(
    z_x: Numbers, _h_g: Number, _hs: Number, z_h: Numbers, h: Number
) -> tuple[Numbers, Number, Number, Number]:
    z, r = (z_x[0] + z_h[0]).sigmoid(), (z_x[1] + z_h[1]).sigmoid()
    g = (z_x[2] + r * z_h[2]).tanh()
    after = z * h + (1 - z) * g
    return (z, r, g), z_h[2], after, after


def _back_gru(
    gates: Numbers, h_g: Number, before: Number, dh_out: Number, dh_later: Number
) -> tuple[Numbers, Number, Numbers, Number]:
    z, r, g = gates
    (dz, dr, dg), dh_g, dh = cotangents(z, r, g, h_g, before, dh_out + dh_later)
    return (dz, dr, dh_g), dg, (dz, dr, dh_g), dh


def _back_and_collect_gru(
    gates: Numbers, h_g: Number, collected: Numbers, *rest: Number
) -> tuple[Numbers, Number, Numbers, Numbers, Number]:
    shares, dg, _, dh = _back_gru(gates, h_g, *rest)
    more = tuple(one + its for one, its in zip(collected, (*shares[:2], dg), strict=True))
    return shares, dg, more, shares, dh


def _advance_rnn(z_x: Number, z_h: Number, _h: Number) -> tuple[Number, Number]:
    after = (z_x + z_h).tanh()
    return after, after


def _back_rnn(after: Number, _before: Number, dh_out: Number, dh_later: Number) -> tuple[Number, Number, Number]:
    dz = (dh_out + dh_later) * (1 - after * after)
    return dz, dz, dz * 0


def _back_and_collect_rnn(after: Number, collected: Number, *rest: Number) -> tuple[Number, Number, Number, Number]:
    dz, _, dh = _back_rnn(after, *rest)
    return dz, collected + dz, dz, dh


_GATES, _ALL_GATES, _TABLE = (Shape(row, 3) for row in (Row.OWN, Row.OF_STEP, Row.OF_ID))

KERNELS = {
    "gru": OutputKernels(
        Kernel(
            "gru_advance",
            (_ALL_GATES, _ALL, _ALL, _GATES, _OWN),
            (_ALL_GATES, _ALL, _ALL, _OWN),
            _advance_gru,
        ),
        Kernel("gru_back", (_ALL_GATES, _ALL, _ALL, _ALL, _OWN), (_ALL_GATES, _ALL, _GATES, _OWN), _back_gru),
        Kernel(
            "gru_back_and_collect",
            (_ALL_GATES, _ALL, _TABLE, _ALL, _ALL, _OWN),
            (_ALL_GATES, _ALL, _TABLE, _GATES, _OWN),
            _back_and_collect_gru,
        ),
    ),
    "rnn": OutputKernels(
        Kernel("rnn_advance", (_ALL, _OWN, _OWN), (_ALL, _OWN), _advance_rnn),
        Kernel("rnn_back", (_ALL, _ALL, _ALL, _OWN), (_ALL, _OWN, _OWN), _back_rnn),
        Kernel(
            "rnn_back_and_collect",
            (_ALL, Shape(Row.OF_ID), _ALL, _ALL, _OWN),
            (_ALL, Shape(Row.OF_ID), _OWN, _OWN),
            _back_and_collect_rnn,
        ),
    ),
}
"""By the name of the cell."""
