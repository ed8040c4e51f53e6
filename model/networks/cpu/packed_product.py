"""A matrix product inside a kernel, with weights that are packed once for many products.

XLA's own products step from row to row of the weights, or lay them out anew, for each time step; with few lanes, that
costs up to half as much again as the arithmetic. So does waiting for weights that do not fit into the nearest caches:
while a panel of them is used, the next one is fetched.

Shapes: `B` rows, such as lanes; `K` what is summed over; `N` columns.

Source of the arrangement: Goto and van de Geijn (2008), Anatomy of high-performance matrix multiplication.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from llvmlite import ir

from model.networks.cpu.ffi_handler import INT, SIZE, Handler, host_features


class Tile(NamedTuple):
    """The part of a product that is summed in registers."""

    rows: int
    vectors: int
    width: int
    """Of a vector."""

    @property
    def columns(self) -> int:
        """As many as the weights of a panel."""
        return self.vectors * self.width


@cache
def tile() -> Tile:
    """What fits into the registers of this CPU, beside a row of weights: of AVX-512's 32, of 16 numbers each, half; of
    AVX2's 16, of 8 numbers each, 12; of others, such as ARM's 32 of 4 numbers each, 16."""
    features = host_features()
    return Tile(8, 2, 16) if features.get("avx512f") else Tile(4, 3, 8) if features.get("avx2") else Tile(4, 4, 4)


def panels_size(summed: int, columns: int) -> int:
    """Numbers in the panels of weights (K, N): the last panel may be wider than what is left."""
    return -(-columns // tile().columns) * tile().columns * summed


def write_packing(
    handler: Handler, weights: ir.Value, panels: ir.Value, summed: ir.Value, columns: ir.Value, transposed: bool
) -> None:
    """Write the packing of weights (K, N), in panels as wide as a tile: a tile reads them from start to end.

    Args:
        handler: where to.
        weights: where they begin.
        panels: where the panels begin, each (K, columns of a tile).
        summed: K.
        columns: N.
        transposed: whether the weights lie as (N, K).
    """
    build, width = handler.build, tile().width
    below, beside = (SIZE(1), summed) if transposed else (columns, SIZE(1))

    def place(k: ir.Value, column: ir.Value) -> ir.Value:
        within = build.urem(column, SIZE(tile().columns))
        panel = handler.at(panels, build.mul(build.sub(column, within), summed))
        return handler.at(panel, build.add(build.mul(k, SIZE(tile().columns)), within))

    def source(k: ir.Value, column: ir.Value) -> ir.Value:
        return handler.at(weights, build.add(build.mul(k, below), build.mul(column, beside)))

    # In squares: each reads and writes whole rows, whichever way the weights lie.
    with (
        handler.count(SIZE(0), columns, width) as left,
        handler.count(SIZE(0), summed, width) as top,
    ):
        right = _least(handler, columns, build.add(left, SIZE(width)))
        bottom = _least(handler, summed, build.add(top, SIZE(width)))
        area = build.mul(build.sub(right, left), build.sub(bottom, top))
        with build.if_else(build.icmp_signed("==", area, SIZE(width * width))) as (whole, cut):
            with whole:
                begin = source(top, left)
                step = summed if transposed else columns
                places = [handler.at(begin, build.mul(step, SIZE(each))) for each in range(width)]
                rows = [handler.vector_at(each, width) for each in places]
                for each, row in enumerate(_transposed(handler, rows) if transposed else rows):
                    handler.store(row, place(build.add(top, SIZE(each)), left))
            with cut, handler.count(left, right, 1) as column, handler.count(top, bottom, 1) as k:
                build.store(build.load(source(k, column), typ=handler.real.number), place(k, column))


def _transposed(handler: Handler, rows: list[ir.Value]) -> list[ir.Value]:
    """The columns of a square of vectors: its quarters change places, then the quarters of these, and so on."""
    rows, width = [*rows], len(rows)
    size = width // 2
    while size:
        upper = [width + each - size if each & size else each for each in range(width)]
        for each in range(width):
            if not each & size:
                pair = rows[each], rows[each + size]
                for row, shift in ((each, 0), (each + size, size)):
                    picked = ir.Constant(ir.VectorType(INT, width), [one + shift for one in upper])
                    rows[row] = handler.build.shuffle_vector(*pair, picked)
        size //= 2
    return rows


def _least(handler: Handler, one: ir.Value, other: ir.Value) -> ir.Value:
    return handler.build.select(handler.build.icmp_signed("<", one, other), one, other)


def write_product(
    handler: Handler,
    factor: ir.Value,
    panels: ir.Value,
    product: ir.Value,
    rows: ir.Value,
    summed: ir.Value,
    columns: ir.Value,
) -> None:
    """Write factor @ weights.

    Args:
        handler: where to.
        factor: where (B, K) begins.
        panels: where those of the weights begin.
        product: where (B, N) begins.
        rows: B.
        summed: K.
        columns: N.
    """
    build = handler.build
    whole = build.and_(rows, SIZE(-tile().rows))
    with handler.count(SIZE(0), columns, tile().columns) as column:
        panel, following = (
            handler.at(panels, build.mul(each, summed)) for each in (column, build.add(column, SIZE(tile().columns)))
        )
        left = build.sub(columns, column)
        for start, stop, at_once in ((SIZE(0), whole, tile().rows), (whole, rows, 1)):
            with handler.count(start, stop, at_once) as row:
                lanes = [build.add(row, SIZE(each)) for each in range(at_once)]
                factors = [handler.at(factor, build.mul(each, summed)) for each in lanes]
                # These rows' share of the following panel is fetched meanwhile.
                step = build.udiv(SIZE(tile().columns * at_once), rows)
                share = handler.at(following, build.mul(build.mul(build.udiv(row, SIZE(at_once)), step), summed))
                sums = _sum(handler, factors, panel, summed, share, step)
                for lane, vectors in zip(lanes, sums, strict=True):
                    place = handler.at(product, build.add(build.mul(lane, columns), column))
                    _store(handler, vectors, place, left)


def _sum(
    handler: Handler, rows: list[ir.Value], panel: ir.Value, summed: ir.Value, fetched: ir.Value, step: ir.Value
) -> list[list[ir.Value]]:
    """The sums of a tile, vectors of each row: in registers, over all K. Meanwhile, something is fetched in steps."""
    build, number, width = handler.build, handler.real.number, tile().width
    vector = ir.VectorType(number, width)
    everywhere = ir.Constant(ir.VectorType(INT, width), [0] * width)
    undefined, zero = ir.Constant(vector, ir.Undefined), ir.Constant(vector, [0.0] * width)
    sums = [[zero] * tile().vectors for _ in rows]
    with handler.count(SIZE(0), summed, 1, sums) as k:
        handler.fetch(handler.at(fetched, build.mul(k, step)))
        start = handler.at(panel, build.mul(k, SIZE(tile().columns)))
        weights = [handler.vector_at(handler.at(start, SIZE(each * width)), width) for each in range(tile().vectors)]
        for row, vectors in zip(rows, sums, strict=True):
            one = build.insert_element(undefined, build.load(handler.at(row, k), typ=number), INT(0))
            factor = build.shuffle_vector(one, undefined, everywhere)
            for index, each in enumerate(weights):
                share = build.fmul(factor, each, flags=("contract",))
                vectors[index] = build.fadd(vectors[index], share, flags=("contract",))
    return sums


def _store(handler: Handler, vectors: list[ir.Value], place: ir.Value, left: ir.Value) -> None:
    """Store a row of a tile, of which only so many numbers are left in the product."""
    build, width = handler.build, tile().width
    for index, each in enumerate(vectors):
        begin = handler.at(place, SIZE(index * width))
        here = build.sub(left, SIZE(index * width))
        with build.if_else(build.icmp_signed(">=", here, SIZE(width))) as (whole, cut):
            with whole:
                handler.store(each, begin)
            with cut, handler.count(SIZE(0), here, 1) as column:
                build.store(build.extract_element(each, column), handler.at(begin, column))
