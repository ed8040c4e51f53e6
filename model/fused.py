"""Elementwise kernels compiled for this machine's CPU: all that happens to a character between two matrix products.

XLA makes some ten loops of a cell's formulas, each of which reads and writes memory. Here every number is read once,
goes through the formulas in registers, and what comes out is written once. A kernel is an ordinary function of numbers;
calling it with `_Number`s writes the instructions down, LLVM compiles them, and XLA calls them as a custom call.

Source of the calling convention: XLA's `xla/ffi/api/c_api.h`, of which version 0.3 comes with jaxlib.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from math import factorial, log
from typing import Any

import jax
import jax.numpy as jnp
import llvmlite.binding as llvm
from jax import Array
from llvmlite import ir

_LANES = 16
"""Numbers in a vector: the float32 that a register of AVX-512 holds. Where registers are shorter, LLVM splits it."""


class _Real(Enum):
    """A floating-point type, and what the exponential function needs to know of it."""

    FLOAT32 = ("float32", ir.FloatType(), ir.IntType(32), 23, 87, 7)
    FLOAT64 = ("float64", ir.DoubleType(), ir.IntType(64), 52, 708, 14)

    def __init__(self, title: str, number: ir.Type, integer: ir.Type, mantissa: int, largest: int, terms: int) -> None:
        self.title, self.number, self.integer, self.mantissa = title, number, integer, mantissa
        self.largest = largest
        """Of the exponents whose power is still an ordinary number, on either side of 0."""
        self.terms = terms
        """Of the power series that make it exact to the last bit or two between -log(2) / 2 and log(2) / 2."""


class _Number:
    """A vector of numbers, or a single one, in the function that is being written."""

    def __init__(self, builder: ir.IRBuilder, real: _Real, value: ir.Value) -> None:
        self.builder, self.real, self.value = builder, real, value

    def _new(self, value: ir.Value) -> _Number:
        return _Number(self.builder, self.real, value)

    def _as(self, scalar: ir.Type) -> ir.Type:
        wide = isinstance(self.value.type, ir.VectorType)
        return ir.VectorType(scalar, self.value.type.count) if wide else scalar

    def _constant(self, scalar: ir.Type, number: float) -> ir.Constant:
        type_ = self._as(scalar)
        return ir.Constant(type_, [number] * type_.count if isinstance(type_, ir.VectorType) else number)

    def _operand(self, other: _Number | float) -> ir.Value:
        return other.value if isinstance(other, _Number) else self._constant(self.real.number, float(other))

    # A product and a sum may become one instruction; nothing else may be reordered.
    def __add__(self, other: _Number | float) -> _Number:
        return self._new(self.builder.fadd(self.value, self._operand(other), flags=("contract",)))

    def __sub__(self, other: _Number | float) -> _Number:
        return self._new(self.builder.fsub(self.value, self._operand(other), flags=("contract",)))

    def __rsub__(self, other: float) -> _Number:
        return self._new(self.builder.fsub(self._operand(other), self.value, flags=("contract",)))

    def __mul__(self, other: _Number | float) -> _Number:
        return self._new(self.builder.fmul(self.value, self._operand(other), flags=("contract",)))

    __radd__, __rmul__ = __add__, __mul__

    def __rtruediv__(self, other: float) -> _Number:
        return self._new(self.builder.fdiv(self._operand(other), self.value))

    def within(self, limit: float) -> _Number:
        """The nearest number from -limit to limit; NaN stays NaN."""
        low, high = self._operand(-limit), self._operand(limit)
        value = self.builder.select(self.builder.fcmp_ordered("<", self.value, low), low, self.value)
        return self._new(self.builder.select(self.builder.fcmp_ordered(">", value, high), high, value))

    def exp(self) -> _Number:
        """e to this power: 2^n e^r with |r| <= log(2) / 2, the latter by its power series."""
        real = self.real
        x = self.within(real.largest)
        # Adding so large a number leaves no room for a fraction: the nearest integer stands in the last bits.
        rounder = 1.5 * 2.0**real.mantissa
        shifted = x * (1 / log(2)) + rounder
        n = shifted - rounder
        # log(2) in two parts, of which the first times n is exact.
        upper = round(log(2) * 2**10) / 2**10
        r = (x - n * upper) - n * (log(2) - upper)
        power = self._new(self._constant(real.number, 1 / factorial(real.terms - 1)))
        for k in reversed(range(real.terms - 1)):
            power = power * r + 1 / factorial(k)
        integer = self._as(real.integer)
        exponent = self.builder.shl(
            self.builder.bitcast(shifted.value, integer), self._constant(real.integer, real.mantissa)
        )
        bits = self.builder.add(self.builder.bitcast(power.value, integer), exponent)
        return self._new(self.builder.bitcast(bits, self.value.type))

    def sigmoid(self) -> _Number:
        return 1 / (1 + (self * -1).exp())

    def tanh(self) -> _Number:
        return 2 * (self * 2).sigmoid() - 1


class _Row(Enum):
    """Which row of an operand a lane's is."""

    OWN = "own"
    """Of B rows, its own."""
    OF_STEP = "of step"
    """Of T times B rows, its own in this step."""
    OF_ID = "of id"
    """Of any number of rows, that of the character it reads in this step."""


@dataclass(frozen=True)
class _Shape:
    """Of an operand: rows of H numbers, or of 4H, and which of them is meant."""

    row: _Row
    gates: bool


_UNITS, _GATES = _Shape(_Row.OWN, gates=False), _Shape(_Row.OWN, gates=True)
_ALL_UNITS, _ALL_GATES = _Shape(_Row.OF_STEP, gates=False), _Shape(_Row.OF_STEP, gates=True)
_TABLE = _Shape(_Row.OF_ID, gates=True)

_Numbers = tuple[_Number, ...]
"""One number of every operand; of gates, four."""


@dataclass(frozen=True)
class _Kernel:
    """What is done to every number of a step."""

    arguments: tuple[_Shape, ...]
    results: tuple[_Shape, ...]
    """Those of more rows than the lanes are the first arguments, overwritten where they lie."""
    cell: Callable[..., Sequence[_Number | _Numbers]]

    @property
    def in_place(self) -> int:
        """How many arguments are overwritten."""
        return sum(shape.row is not _Row.OWN for shape in self.results)

    @property
    def reads_ids(self) -> bool:
        """Whether it is also given which character each lane reads in each step."""
        return any(shape.row is _Row.OF_ID for shape in self.arguments)


def _advance(
    z_x: _Numbers, _hs: _Number, _cs: _Number, z_h: _Numbers, c: _Number
) -> tuple[_Numbers, _Number, _Number, _Number, _Number]:
    z = [x + h for x, h in zip(z_x, z_h, strict=True)]
    i, f, g, o = z[0].sigmoid(), z[1].sigmoid(), z[2].tanh(), z[3].sigmoid()
    after = f * c + i * g
    h = o * after.tanh()
    return (i, f, g, o), h, c, after, h


def _retreat(
    gates: _Numbers, c_before: _Number, dh_out: _Number, c: _Number, dh_later: _Number, dc_later: _Number
) -> tuple[_Numbers, _Numbers, _Number, _Number]:
    i, f, g, o = gates
    dh, tanh_c = dh_out + dh_later, c.tanh()
    dc = dc_later + dh * o * (1 - tanh_c * tanh_c)
    dz = dc * g * i * (1 - i), dc * c_before * f * (1 - f), dc * i * (1 - g * g), dh * tanh_c * o * (1 - o)
    return dz, dz, dc * f, c_before


def _retreat_and_collect(
    gates: _Numbers, collected: _Numbers, *rest: _Number
) -> tuple[_Numbers, _Numbers, _Numbers, _Number, _Number]:
    dz, _, dc, c_before = _retreat(gates, *rest)
    return dz, tuple(one + more for one, more in zip(collected, dz, strict=True)), dz, dc, c_before


_KERNELS = {
    "advance": _Kernel(
        (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _GATES, _UNITS),
        (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS),
        _advance,
    ),
    "retreat": _Kernel(
        (_ALL_GATES, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS, _UNITS),
        (_ALL_GATES, _GATES, _UNITS, _UNITS),
        _retreat,
    ),
    "retreat_and_collect": _Kernel(
        (_ALL_GATES, _TABLE, _ALL_UNITS, _ALL_UNITS, _UNITS, _UNITS, _UNITS),
        (_ALL_GATES, _TABLE, _GATES, _UNITS, _UNITS),
        _retreat_and_collect,
    ),
}


# XLA's calling convention: the fields up to the last one that is read or written here.

_POINTER, _INT, _SIZE = ir.PointerType(), ir.IntType(32), ir.IntType(64)
_OPERANDS = ir.LiteralStructType([_SIZE, _POINTER, _SIZE, _POINTER, _POINTER])
"""Size, extension, how many, their kinds, and pointers to them."""
_CALL = ir.LiteralStructType([_SIZE, _POINTER, _POINTER, _POINTER, _INT, _OPERANDS, _OPERANDS])
"""Size, extension, the interface, the context, the stage, arguments and results."""
_BUFFER = ir.LiteralStructType([_SIZE, _POINTER, _INT, _POINTER, _SIZE, _POINTER])
"""Size, extension, kind of number, where they lie, rank and lengths."""
_VERSION = ir.LiteralStructType([_SIZE, _POINTER, _INT, _INT])
"""Size, extension, major and minor."""
_EXTENSION = ir.LiteralStructType([_SIZE, _INT, _POINTER, _POINTER])
"""Size, kind, the next one, and where the kind is a question for a handler's metadata, where they go."""
_METADATA = ir.LiteralStructType([_SIZE, _VERSION])
_ASKS_FOR_METADATA, _SPOKEN = 1, (0, 3)


class _Writer:
    """Writes the function that XLA calls for a kernel."""

    def __init__(self, module: ir.Module, name: str, kernel: _Kernel, real: _Real) -> None:
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
        """XLA asks a handler which version of the interface it speaks before it calls it."""
        build = self.builder
        extension = self._load(self.call, _CALL, 1)
        with build.if_then(build.icmp_unsigned("!=", extension, ir.Constant(_POINTER, None))):
            kind = self._load(extension, _EXTENSION, 1)
            with build.if_then(build.icmp_unsigned("==", kind, _INT(_ASKS_FOR_METADATA))):
                metadata = self._load(extension, _EXTENSION, 3)
                for field, number in enumerate(_SPOKEN, start=2):
                    build.store(_INT(number), self._field(metadata, _METADATA, 1, field))
                build.ret(ir.Constant(_POINTER, None))

    def _buffers(self, side: int, count: int) -> list[ir.Value]:
        pointers = self._load(self.call, _CALL, side, 4)
        return [self._load(pointers, ir.ArrayType(_POINTER, count), each) for each in range(count)]

    def _sweep(self) -> None:
        """All rows, and in every row whole vectors and then what is left of it."""
        build, kernel = self.builder, self.kernel
        time, *arguments = self._buffers(5, 1 + kernel.reads_ids + len(kernel.arguments))
        ids = arguments.pop(0) if kernel.reads_ids else None
        results = self._buffers(6, len(kernel.results))
        lengths = self._load(results[-1], _BUFFER, 5)  # (B, H)
        rows, units = (self._load(lengths, ir.ArrayType(_SIZE, 2), axis) for axis in range(2))
        t = build.sext(build.load(self._load(time, _BUFFER, 3), typ=_INT), _SIZE)
        shapes = (*kernel.arguments, *kernel.results)
        data = [self._load(buffer, _BUFFER, 3) for buffer in (*arguments, *results)]
        whole = build.and_(units, _SIZE(-_LANES))
        with self._count(_SIZE(0), rows, 1) as row:
            of_step = build.add(build.mul(t, rows), row)
            chosen = {_Row.OWN: row, _Row.OF_STEP: of_step}
            if ids:
                place = build.gep(self._load(ids, _BUFFER, 3), [of_step], source_etype=_INT)
                chosen[_Row.OF_ID] = build.zext(build.load(place, typ=_INT), _SIZE)
            starts = [
                build.gep(
                    each,
                    [build.mul(build.mul(chosen[shape.row], units), _SIZE(4 if shape.gates else 1))],
                    source_etype=self.real.number,
                )
                for each, shape in zip(data, shapes, strict=True)
            ]
            operands = list(zip(starts, shapes, strict=True))
            with self._count(_SIZE(0), whole, _LANES) as unit:
                self._do(operands, unit, units, ir.VectorType(self.real.number, _LANES))
            with self._count(whole, units, 1) as unit:
                self._do(operands, unit, units, self.real.number)

    def _do(self, operands: list[tuple[ir.Value, _Shape]], unit: ir.Value, units: ir.Value, type_: ir.Type) -> None:
        """Put the formulas to the numbers from this unit on."""
        build, split = self.builder, len(self.kernel.arguments)

        def places(start: ir.Value, shape: _Shape) -> list[ir.Value]:
            offsets = (build.add(build.mul(units, _SIZE(gate)), unit) for gate in range(4 if shape.gates else 1))
            return [build.gep(start, [offset], source_etype=self.real.number) for offset in offsets]

        def number(place: ir.Value) -> _Number:
            return _Number(build, self.real, build.load(place, typ=type_, align=self.real.integer.width // 8))

        given = [tuple(map(number, places(*each))) for each in operands[:split]]
        made = self.kernel.cell(*(numbers if len(numbers) > 1 else numbers[0] for numbers in given))
        for numbers, each in zip(made, operands[split:], strict=True):
            together = numbers if isinstance(numbers, tuple) else (numbers,)
            for one, place in zip(together, places(*each), strict=True):
                build.store(one.value, place, align=self.real.integer.width // 8)

    @contextmanager
    def _count(self, start: ir.Value, stop: ir.Value, by: int) -> Iterator[ir.Value]:
        """A loop around what is written meanwhile, from `start` up to below `stop`."""
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


_engines: dict[_Real, Any] = {}
"""What keeps the compiled kernels in memory, for each type that was asked for."""

_compiling = threading.Lock()


def _register(real: _Real) -> None:
    """Make the kernels of a type known to XLA, once."""
    with _compiling:
        if real not in _engines:
            _engines[real] = _compile(real)


def _compile(real: _Real) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    try:
        features = llvm.get_host_cpu_features().flatten()
    except RuntimeError:  # unknown on this platform: what its name stands for has to do
        features = ""
    host = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3
    )
    module = ir.Module()
    for name, kernel in _KERNELS.items():
        _Writer(module, _target(name, real), kernel, real)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(module)), host)
    engine.finalize_object()
    for name in _KERNELS:
        target = _target(name, real)
        jax.ffi.register_ffi_target(target, jax.ffi.pycapsule(engine.get_function_address(target)), platform="cpu")
    return engine


def _target(kernel: str, real: _Real) -> str:
    return f"charlstm_{kernel}_{real.title}"


def _run(name: str, integers: Sequence[Array], *arrays: Array) -> list[Array]:
    *_, units = arrays
    lanes, width = units.shape
    (real,) = (each for each in _Real if each.title == units.dtype.name)
    _register(real)
    kernel = _KERNELS[name]
    results = [jax.ShapeDtypeStruct(array.shape, units.dtype) for array in arrays[: kernel.in_place]]
    results += [
        jax.ShapeDtypeStruct((lanes, 4 * width if shape.gates else width), units.dtype)
        for shape in kernel.results[kernel.in_place :]
    ]
    aliases = {len(integers) + k: k for k in range(kernel.in_place)}
    run = jax.ffi.ffi_call(_target(name, real), results, input_output_aliases=aliases)
    return list(run(*(each.astype(jnp.int32) for each in integers), *arrays))


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
    return _run("advance", [t], gates, hs, cs, zh, c)


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
    return _run("retreat", [t], gates, cs, dhs, c, dh, dc)


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
    return _run("retreat_and_collect", [t, ids], gates, drows, cs, dhs, c, dh, dc)
