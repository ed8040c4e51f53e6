"""Elementwise kernels for this machine's CPU, compiled by LLVM and called by XLA.

A kernel is an ordinary function of numbers. Calling it with `Number`s records its instructions, inside a loop over all
units of all lanes: every number is read from memory once, the formulas run in registers, and every result is written
once. XLA would make a loop of every formula or two.

Shapes: `T` time, `B` lanes, `H` units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from llvmlite import ir

from model.networks.cpu.ffi_handler import INT, SIZE, Handler, registered
from model.networks.cpu.scalars import VECTOR, Number, Real


class Row(Enum):
    """Which row of an operand belongs to a lane."""

    OWN = "own"
    """The lane's own, of B rows."""
    OF_STEP = "of step"
    """The lane's own in this step, of T times B rows."""
    OF_ID = "of id"
    """The row of the token that the lane reads in this step, of any number of rows."""


@dataclass(frozen=True)
class Shape:
    """An operand's rows: how many blocks of H numbers each has, such as one a gate, and which row a lane uses."""

    row: Row
    blocks: int = 1


Numbers = tuple[Number, ...]
"""A number of each block."""


@dataclass(frozen=True)
class Kernel:
    """A computation for every unit of a step: `cell` takes the arguments' numbers and returns the results'."""

    name: str
    arguments: tuple[Shape, ...]
    results: tuple[Shape, ...]
    """For `run`, those with more than B rows come first and alias the first arguments, in place; the last is (B, H)."""
    cell: Callable[..., Sequence[Number | Numbers]]

    @property
    def in_place(self) -> int:
        """How many arguments are overwritten."""
        return sum(shape.row is not Row.OWN for shape in self.results)

    @property
    def reads_ids(self) -> bool:
        """Whether the kernel is also given the token that each lane reads in each step."""
        return any(shape.row is Row.OF_ID for shape in self.arguments)


def run(kernel: Kernel, t: Array, *operands: Array) -> list[Array]:
    """Call a kernel in a program that is being traced.

    Args:
        kernel: what to do.
        t: which step, an integer.
        operands: the kernel's arguments, of which the last is (B, H); before them, where it reads ids, the ids (T, B).
            Ids outside the table are not noticed.

    Returns:
        Its results.
    """
    ids, arrays = operands[: kernel.reads_ids], operands[kernel.reads_ids :]
    lanes, units = arrays[-1].shape
    dtype = arrays[-1].dtype
    real = real_of(dtype)
    _check(kernel, ids, arrays)
    results = [jax.ShapeDtypeStruct(array.shape, dtype) for array in arrays[: kernel.in_place]]
    results += [
        jax.ShapeDtypeStruct((lanes, shape.blocks * units), dtype) for shape in kernel.results[kernel.in_place :]
    ]
    integers = [each.astype(jnp.int32) for each in (t, *ids)]
    aliases = {len(integers) + k: k for k in range(kernel.in_place)}
    call = jax.ffi.ffi_call(compiled(kernel, real), results, input_output_aliases=aliases)
    return list(call(*integers, *arrays))


def real_of(dtype: np.dtype) -> Real:
    """The numbers that an array holds."""
    (real,) = (each for each in Real if each.title == dtype.name)
    return real


def _check(kernel: Kernel, ids: Sequence[Array], arrays: Sequence[Array]) -> None:
    """See that the operands' shapes fit together: the kernel takes all lengths from the last one."""
    (lanes, units), dtype = arrays[-1].shape, arrays[-1].dtype
    operands = list(zip(arrays, kernel.arguments, strict=True))
    steps = next(len(array) for array, shape in operands if shape.row is Row.OF_STEP)
    rows = {Row.OWN: [lanes], Row.OF_STEP: [steps, lanes]}
    for array, shape in operands:
        expected = (*rows.get(shape.row, array.shape[:1]), shape.blocks * units)
        if array.shape != expected or array.dtype != dtype:
            raise TypeError(f"{kernel.name} takes {dtype} {expected}, and got {array.dtype} {array.shape}")
    if any(each.shape != (steps, lanes) for each in ids):
        raise TypeError(f"{kernel.name} takes ids {(steps, lanes)}, and got {ids[0].shape}")


def compiled(kernel: Kernel, real: Real) -> str:
    """The name that XLA knows a kernel by, for numbers of this type; the first call compiles the kernel."""
    return registered(kernel.name, real, lambda handler: _write(handler, kernel))


def _write(handler: Handler, kernel: Kernel) -> None:
    time, *arguments = handler.operands(1 + kernel.reads_ids + len(kernel.arguments))
    ids = handler.data(arguments.pop(0)) if kernel.reads_ids else None
    results = handler.results(len(kernel.results))
    rows, units = handler.lengths(results[-1], 2)  # (B, H)
    t = handler.build.sext(handler.build.load(handler.data(time), typ=INT), SIZE)
    sweep(handler, kernel, [handler.data(each) for each in (*arguments, *results)], t, ids, rows, units)


def sweep(
    handler: Handler,
    kernel: Kernel,
    data: Sequence[ir.Value],
    t: ir.Value,
    ids: ir.Value | None,
    rows: ir.Value,
    units: ir.Value,
) -> None:
    """Write a kernel's loop over all rows, and in every row over whole vectors and then over the numbers left.

    Args:
        handler: where to.
        kernel: what to do.
        data: where its arguments and its results begin; they may be the same.
        t: which step.
        ids: where the ids begin, if it reads any.
        rows: B.
        units: H.
    """
    build = handler.build
    shapes = (*kernel.arguments, *kernel.results)
    whole = build.and_(units, SIZE(-VECTOR))
    with handler.count(SIZE(0), rows, 1) as row:
        of_step = build.add(build.mul(t, rows), row)
        chosen = {Row.OWN: row, Row.OF_STEP: of_step}
        if ids is not None:
            place = build.gep(ids, [of_step], source_etype=INT)
            chosen[Row.OF_ID] = build.zext(build.load(place, typ=INT), SIZE)
        starts = [
            handler.at(each, build.mul(build.mul(chosen[shape.row], units), SIZE(shape.blocks)))
            for each, shape in zip(data, shapes, strict=True)
        ]
        operands = list(zip(starts, shapes, strict=True))
        number = handler.real.number
        with handler.count(SIZE(0), whole, VECTOR) as unit:
            _do(handler, kernel, operands, unit, units, ir.VectorType(number, VECTOR))
        with handler.count(whole, units, 1) as unit:
            _do(handler, kernel, operands, unit, units, number)


def _do(
    handler: Handler,
    kernel: Kernel,
    operands: list[tuple[ir.Value, Shape]],
    unit: ir.Value,
    units: ir.Value,
    type_: ir.Type,
) -> None:
    """Apply the formulas to the numbers from this unit on."""
    build, split, align = handler.build, len(kernel.arguments), handler.real.integer.width // 8

    def places(start: ir.Value, shape: Shape) -> list[ir.Value]:
        return [handler.at(start, build.add(build.mul(units, SIZE(gate)), unit)) for gate in range(shape.blocks)]

    def number(place: ir.Value) -> Number:
        return Number(build, handler.real, build.load(place, typ=type_, align=align))

    given = [tuple(map(number, places(*each))) for each in operands[:split]]
    made = kernel.cell(*(numbers if len(numbers) > 1 else numbers[0] for numbers in given))
    for numbers, each in zip(made, operands[split:], strict=True):
        group = numbers if isinstance(numbers, tuple) else (numbers,)
        for one, place in zip(group, places(*each), strict=True):
            handler.store(one.value, place)
