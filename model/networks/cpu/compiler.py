"""Elementwise kernels for this machine's CPU, compiled by LLVM and called by XLA.

A kernel is an ordinary function of numbers. Calling it with `Number`s records its instructions, inside a loop over all
units of all lanes: every number is read from memory once, the formulas run in registers, and every result is written
once. XLA would make a loop of every formula or two.

Shapes: `T` time, `B` lanes, `H` units.

Source of the calling convention: XLA's `xla/ffi/api/c_api.h`, which comes with jaxlib.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import llvmlite.binding as llvm
from jax import Array
from llvmlite import ir

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
    """Results with more than B rows come first and alias the first arguments, in place. The last is (B, H)."""
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
    (real,) = (each for each in Real if each.title == dtype.name)
    _check(kernel, ids, arrays)
    results = [jax.ShapeDtypeStruct(array.shape, dtype) for array in arrays[: kernel.in_place]]
    results += [
        jax.ShapeDtypeStruct((lanes, shape.blocks * units), dtype) for shape in kernel.results[kernel.in_place :]
    ]
    integers = [each.astype(jnp.int32) for each in (t, *ids)]
    aliases = {len(integers) + k: k for k in range(kernel.in_place)}
    call = jax.ffi.ffi_call(registered(kernel, real), results, input_output_aliases=aliases)
    return list(call(*integers, *arrays))


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


_compiled: dict[str, Any] = {}
"""The engine that holds a kernel's machine code, by the name that XLA knows the kernel by."""

_compiling = threading.Lock()


def registered(kernel: Kernel, real: Real) -> str:
    """The name that XLA knows a kernel by, for numbers of this type; the first call compiles the kernel."""
    name = f"charlstm_{kernel.name}_{real.title}"
    with _compiling:
        if name not in _compiled:
            engine = _compile(name, kernel, real)
            jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(engine.get_function_address(name)), platform="cpu")
            _compiled[name] = engine
    return name


def _compile(name: str, kernel: Kernel, real: Real) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # unknown on this platform: the CPU's name must do
        features = ""
    host = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True
    )
    module = ir.Module()
    _Writer(module, name, kernel, real)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(module)), host)
    engine.finalize_object()
    return engine


FFI_VERSIONS = ((0, 3), (0, 4), (0, 5))
"""Of XLA's foreign function interface, from jaxlib 0.10 to 0.12: the C structs below are the same in all of them."""


def ffi_version() -> tuple[int, ...] | None:
    """Major and minor version of XLA's foreign function interface, from the header that comes with jaxlib."""
    try:
        header = (Path(jax.ffi.include_dir()) / "xla/ffi/api/c_api.h").read_text(encoding="utf-8")
    except OSError:
        return None
    return tuple(map(int, re.findall(r"#define XLA_FFI_API_(?:MAJOR|MINOR) (\d+)", header)))


# XLA's C structs, up to the last field that is read or written here.

_POINTER, _INT, _SIZE = ir.PointerType(), ir.IntType(32), ir.IntType(64)
_OPERANDS = ir.LiteralStructType([_SIZE, _POINTER, _SIZE, _POINTER, _POINTER])
"""Size, extension, count, types, and pointers to them."""
_CALL = ir.LiteralStructType([_SIZE, _POINTER, _POINTER, _POINTER, _INT, _OPERANDS, _OPERANDS])
"""Size, extension, the interface, the context, the stage, arguments and results."""
_BUFFER = ir.LiteralStructType([_SIZE, _POINTER, _INT, _POINTER, _SIZE, _POINTER])
"""Size, extension, type of number, address of the data, rank and lengths."""
_VERSION = ir.LiteralStructType([_SIZE, _POINTER, _INT, _INT])
"""Size, extension, major and minor."""
_EXTENSION = ir.LiteralStructType([_SIZE, _INT, _POINTER, _POINTER])
"""Size, kind, next extension, and, where XLA asks for a handler's metadata, their address."""
_METADATA = ir.LiteralStructType([_SIZE, _VERSION])
_ASKS_FOR_METADATA = 1


class _Writer:
    """Writes the function that XLA calls for a kernel."""

    def __init__(self, module: ir.Module, name: str, kernel: Kernel, real: Real) -> None:
        self.kernel, self.real = kernel, real
        function = ir.Function(module, ir.FunctionType(_POINTER, [_POINTER]), name)
        self.builder = ir.IRBuilder(function.append_basic_block())
        (self.call,) = function.args
        self._answer_for_metadata()
        self._sweep()
        self.builder.ret(ir.Constant(_POINTER, None))  # no error

    def _field(self, pointer: ir.Value, type_: ir.Type, *at: int) -> ir.Value:
        return self.builder.gep(pointer, [_INT(0), *map(_INT, at)], source_etype=type_)

    def _load(self, pointer: ir.Value, type_: ir.Type, *at: int) -> ir.Value:
        field = type_
        for each in at:
            field = field.elements[each]
        return self.builder.load(self._field(pointer, type_, *at), typ=field)

    def _answer_for_metadata(self) -> None:
        """Answer XLA's question, before the first call, which version of the interface this handler is for."""
        build = self.builder
        extension = self._load(self.call, _CALL, 1)
        with build.if_then(build.icmp_unsigned("!=", extension, ir.Constant(_POINTER, None))):
            kind = self._load(extension, _EXTENSION, 1)
            with build.if_then(build.icmp_unsigned("==", kind, _INT(_ASKS_FOR_METADATA))):
                metadata = self._load(extension, _EXTENSION, 3)
                for field, number in enumerate(ffi_version() or FFI_VERSIONS[0], start=2):
                    build.store(_INT(number), self._field(metadata, _METADATA, 1, field))
                build.ret(ir.Constant(_POINTER, None))

    def _buffers(self, side: int, count: int) -> list[ir.Value]:
        pointers = self._load(self.call, _CALL, side, 4)
        return [self._load(pointers, ir.ArrayType(_POINTER, count), each) for each in range(count)]

    def _sweep(self) -> None:
        """Loop over all rows, and in every row over whole vectors and then over the numbers left."""
        build, kernel = self.builder, self.kernel
        time, *arguments = self._buffers(5, 1 + kernel.reads_ids + len(kernel.arguments))
        ids = arguments.pop(0) if kernel.reads_ids else None
        results = self._buffers(6, len(kernel.results))
        lengths = self._load(results[-1], _BUFFER, 5)  # (B, H)
        rows, units = (self._load(lengths, ir.ArrayType(_SIZE, 2), axis) for axis in range(2))
        t = build.sext(build.load(self._load(time, _BUFFER, 3), typ=_INT), _SIZE)
        shapes = (*kernel.arguments, *kernel.results)
        data = [self._load(buffer, _BUFFER, 3) for buffer in (*arguments, *results)]
        whole = build.and_(units, _SIZE(-VECTOR))
        with self._count(_SIZE(0), rows, 1) as row:
            of_step = build.add(build.mul(t, rows), row)
            chosen = {Row.OWN: row, Row.OF_STEP: of_step}
            if ids is not None:
                place = build.gep(self._load(ids, _BUFFER, 3), [of_step], source_etype=_INT)
                chosen[Row.OF_ID] = build.zext(build.load(place, typ=_INT), _SIZE)
            starts = [
                build.gep(
                    each,
                    [build.mul(build.mul(chosen[shape.row], units), _SIZE(shape.blocks))],
                    source_etype=self.real.number,
                )
                for each, shape in zip(data, shapes, strict=True)
            ]
            operands = list(zip(starts, shapes, strict=True))
            with self._count(_SIZE(0), whole, VECTOR) as unit:
                self._do(operands, unit, units, ir.VectorType(self.real.number, VECTOR))
            with self._count(whole, units, 1) as unit:
                self._do(operands, unit, units, self.real.number)

    def _do(self, operands: list[tuple[ir.Value, Shape]], unit: ir.Value, units: ir.Value, type_: ir.Type) -> None:
        """Apply the formulas to the numbers from this unit on."""
        build, split = self.builder, len(self.kernel.arguments)

        def places(start: ir.Value, shape: Shape) -> list[ir.Value]:
            offsets = (build.add(build.mul(units, _SIZE(gate)), unit) for gate in range(shape.blocks))
            return [build.gep(start, [offset], source_etype=self.real.number) for offset in offsets]

        def number(place: ir.Value) -> Number:
            return Number(build, self.real, build.load(place, typ=type_, align=self.real.integer.width // 8))

        given = [tuple(map(number, places(*each))) for each in operands[:split]]
        made = self.kernel.cell(*(numbers if len(numbers) > 1 else numbers[0] for numbers in given))
        for numbers, each in zip(made, operands[split:], strict=True):
            group = numbers if isinstance(numbers, tuple) else (numbers,)
            for one, place in zip(group, places(*each), strict=True):
                build.store(one.value, place, align=self.real.integer.width // 8)

    @contextmanager
    def _count(self, start: ir.Value, stop: ir.Value, by: int) -> Iterator[ir.Value]:
        """A loop, from `start` up to below `stop`, around everything that is written inside the `with` block."""
        build, before = self.builder, self.builder.block
        test, body, after = (build.append_basic_block() for _ in range(3))
        build.branch(test)
        build.position_at_end(test)
        at = build.phi(_SIZE)
        at.add_incoming(start, before)
        build.cbranch(build.icmp_signed("<", at, stop), body, after)
        build.position_at_end(body)
        yield at
        at.add_incoming(build.add(at, _SIZE(by)), build.block)
        build.branch(test)
        build.position_at_end(after)
