"""All steps of a layer in one kernel: products and what lies between them, without a return to XLA.

Shapes: `T` time, `B` lanes, `H` units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import jax
import jax.numpy as jnp
from jax import Array
from llvmlite import ir

from model.networks.cpu.compiler import Kernel, Row, Shape, real_of, sweep
from model.networks.cpu.ffi_handler import SIZE, Handler, registered
from model.networks.cpu.packed_product import panels_size, write_packing, write_product


@dataclass(frozen=True)
class Sweep:
    """A kernel's part in each step. Where an argument and a result have one name, it is overwritten in place."""

    kernel: Kernel
    arguments: tuple[str, ...]
    results: tuple[str, ...]


@dataclass(frozen=True)
class Times:
    """A product's part in each step: of a factor, (B, K) or (T, B, K), with weights (K, N)."""

    factor: str
    weights: str
    product: str
    transposed: bool = False
    """Whether the weights are given as (N, K)."""


@dataclass(frozen=True)
class TimeLoop:
    """What is done in each step. All arrays have names."""

    name: str
    given: tuple[str, ...]
    """The arrays to begin with."""
    parts: tuple[Sweep | Times, ...]
    backwards: bool = False
    """Whether the last step comes first."""

    @property
    def shapes(self) -> dict[str, Shape]:
        """Of all arrays but the weights."""
        sweeps = [part for part in self.parts if isinstance(part, Sweep)]
        return {
            name: shape
            for part in sweeps
            for name, shape in zip(
                (*part.arguments, *part.results), (*part.kernel.arguments, *part.kernel.results), strict=True
            )
        }

    @property
    def made(self) -> list[str]:
        """The arrays that are written."""
        results = (part.results if isinstance(part, Sweep) else (part.product,) for part in self.parts)
        return list(dict.fromkeys(name for names in results for name in names))

    @property
    def products(self) -> list[Times]:
        """The products among its parts."""
        return [part for part in self.parts if isinstance(part, Times)]

    @property
    def reads_ids(self) -> bool:
        """Whether it is also given the tokens."""
        return any(shape.row is Row.OF_ID for shape in self.shapes.values())

    def first(self, row: Row) -> str:
        """The first array that has such rows, of those given and those written."""
        return next(name for name in (*self.given, *self.made) if name in self.shapes and self.shapes[name].row is row)


def run_loop(loop: TimeLoop, ids: Array | None, given: Mapping[str, Array | None]) -> dict[str, Array]:
    """Do all steps in a program that is being traced.

    Args:
        loop: what to do.
        ids: the token that each lane reads in each step, integers (T, B), where the loop reads them. Those outside the
            table are not noticed.
        given: by their names, of B rows, or T times B rows, or of a table; and weights. Others are passed over.

    Returns:
        All that was written, by its name: arrays of every step, and of the last one.
    """
    shapes, made = loop.shapes, loop.made
    arrays = {name: array for name in loop.given if (array := given[name]) is not None}
    tokens = [ids.astype(jnp.int32)] if loop.reads_ids and ids is not None else []
    if len(tokens) != loop.reads_ids:
        raise TypeError(f"{loop.name} takes ids")
    own, of_step = loop.first(Row.OWN), loop.first(Row.OF_STEP)
    (lanes, width), dtype = arrays[own].shape, arrays[own].dtype
    units = width // shapes[own].blocks
    steps = len(tokens[0] if tokens else arrays[of_step])
    rows = {Row.OWN: (lanes,), Row.OF_STEP: (steps, lanes)}

    def expected(name: str) -> tuple[int, ...]:
        for part in loop.products:
            if name == part.weights:
                sides = shapes[part.factor].blocks * units, shapes[part.product].blocks * units
                return sides[::-1] if part.transposed else sides
        return (*(rows.get(shapes[name].row) or arrays[name].shape[:1]), shapes[name].blocks * units)

    for name, array in arrays.items():
        if array.dtype != dtype or array.shape != expected(name):
            raise TypeError(f"{loop.name} takes {name} {dtype} {expected(name)}, and got {array.dtype} {array.shape}")
    if any(each.shape != (steps, lanes) for each in tokens):
        raise TypeError(f"{loop.name} takes ids {(steps, lanes)}")
    results = [jax.ShapeDtypeStruct(expected(name), dtype) for name in made]
    for part in loop.products:
        size = panels_size(shapes[part.factor].blocks * units, shapes[part.product].blocks * units)
        results.append(jax.ShapeDtypeStruct((size,), dtype))
    aliases = {len(tokens) + k: made.index(name) for k, name in enumerate(loop.given) if name in made}
    target = registered(loop.name, real_of(dtype), lambda handler: _write(handler, loop))
    call = jax.ffi.ffi_call(target, results, input_output_aliases=aliases)
    return dict(zip(made, call(*tokens, *arrays.values()), strict=False))


def _write(handler: Handler, loop: TimeLoop) -> None:
    build, shapes = handler.build, loop.shapes
    operands = handler.operands(loop.reads_ids + len(loop.given))
    results = handler.results(len(loop.made) + len(loop.products))
    ids = handler.data(operands.pop(0)) if loop.reads_ids else None
    buffers = dict(zip(loop.given, operands, strict=True)) | dict(zip(loop.made, results, strict=False))
    panels = [handler.data(each) for each in results[len(loop.made) :]]
    data = {name: handler.data(buffer) for name, buffer in buffers.items()}
    steps, rows, width = handler.lengths(buffers[loop.first(Row.OF_STEP)], 3)
    units = build.udiv(width, SIZE(shapes[loop.first(Row.OF_STEP)].blocks))

    def length(name: str) -> ir.Value:
        return build.mul(units, SIZE(shapes[name].blocks))

    for times, its in zip(loop.products, panels, strict=True):
        sides = length(times.factor), length(times.product)
        write_packing(handler, data[times.weights], its, *sides, times.transposed)
    with handler.count(SIZE(0), steps, 1) as step:
        t = build.sub(build.sub(steps, SIZE(1)), step) if loop.backwards else step
        for part in loop.parts:
            if isinstance(part, Sweep):
                places = [data[name] for name in (*part.arguments, *part.results)]
                sweep(handler, part.kernel, places, t, ids, rows, units)
            else:
                summed, its = length(part.factor), panels[loop.products.index(part)]
                of_step = build.mul(build.mul(t, rows), summed) if shapes[part.factor].row is Row.OF_STEP else SIZE(0)
                factor = handler.at(data[part.factor], of_step)
                write_product(handler, factor, its, data[part.product], rows, summed, length(part.product))
