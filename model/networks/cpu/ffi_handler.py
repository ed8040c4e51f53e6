"""A function in machine code that XLA calls: made with LLVM for this machine's CPU.

Source of the calling convention: XLA's `xla/ffi/api/c_api.h`, which comes with jaxlib.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jax
import llvmlite.binding as llvm
from llvmlite import ir

from model.networks.cpu.scalars import Real

_compiled: dict[str, Any] = {}
"""The engine that holds a handler's machine code, by the name that XLA knows the handler by."""

_compiling = threading.Lock()


def registered(name: str, real: Real, write: Callable[[Handler], None]) -> str:
    """The name that XLA knows a handler by, for numbers of this type; the first call compiles it.

    Args:
        name: what the handler is, by itself.
        real: its numbers.
        write: adds its instructions.
    """
    name = f"charlstm_{name}_{real.title}"
    with _compiling:
        if name not in _compiled:
            engine = _compile(name, real, write)
            jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(engine.get_function_address(name)), platform="cpu")
            _compiled[name] = engine
    return name


def _compile(name: str, real: Real, write: Callable[[Handler], None]) -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    features = ",".join(f"{'+' if has else '-'}{feature}" for feature, has in sorted(host_features().items()))
    host = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True
    )
    module = ir.Module()
    handler = Handler(module, name, real)
    write(handler)
    handler.build.ret(ir.Constant(_POINTER, None))  # no error
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(str(module)), host)
    engine.finalize_object()
    return engine


def host_features() -> dict[str, bool]:
    """What this CPU can do, as LLVM calls it; empty on a platform where LLVM does not know."""
    try:
        return dict(llvm.get_host_cpu_features())
    except RuntimeError:  # the CPU's name must do
        return {}


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

_POINTER, INT, SIZE = ir.PointerType(), ir.IntType(32), ir.IntType(64)
_OPERANDS = ir.LiteralStructType([SIZE, _POINTER, SIZE, _POINTER, _POINTER])
"""Size, extension, count, types, and pointers to them."""
_CALL = ir.LiteralStructType([SIZE, _POINTER, _POINTER, _POINTER, INT, _OPERANDS, _OPERANDS])
"""Size, extension, the interface, the context, the stage, arguments and results."""
_BUFFER = ir.LiteralStructType([SIZE, _POINTER, INT, _POINTER, SIZE, _POINTER])
"""Size, extension, type of number, address of the data, rank and lengths."""
_VERSION = ir.LiteralStructType([SIZE, _POINTER, INT, INT])
"""Size, extension, major and minor."""
_EXTENSION = ir.LiteralStructType([SIZE, INT, _POINTER, _POINTER])
"""Size, kind, next extension, and, where XLA asks for a handler's metadata, their address."""
_METADATA = ir.LiteralStructType([SIZE, _VERSION])
_ASKS_FOR_METADATA = 1


class Handler:
    """The function that XLA calls, while its instructions are written."""

    def __init__(self, module: ir.Module, name: str, real: Real) -> None:
        self.real = real
        function = ir.Function(module, ir.FunctionType(_POINTER, [_POINTER]), name)
        self.build = ir.IRBuilder(function.append_basic_block())
        self._prefetch: ir.Function | None = None
        (self._call,) = function.args
        self._answer_for_metadata()

    def operands(self, count: int) -> list[ir.Value]:
        """The buffers that XLA gives, of which there are so many."""
        return self._buffers(5, count)

    def results(self, count: int) -> list[ir.Value]:
        """The buffers that are to be filled, of which there are so many."""
        return self._buffers(6, count)

    def data(self, buffer: ir.Value) -> ir.Value:
        """Where a buffer's numbers begin."""
        return self._load(buffer, _BUFFER, 3)

    def lengths(self, buffer: ir.Value, rank: int) -> list[ir.Value]:
        """A buffer's shape."""
        lengths = self._load(buffer, _BUFFER, 5)
        return [self._load(lengths, ir.ArrayType(SIZE, rank), axis) for axis in range(rank)]

    def at(self, start: ir.Value, offset: ir.Value) -> ir.Value:
        """The place so many numbers after a start."""
        return self.build.gep(start, [offset], source_etype=self.real.number)

    def vector_at(self, place: ir.Value, count: int) -> ir.Value:
        """So many numbers from a place on."""
        return self.build.load(place, typ=ir.VectorType(self.real.number, count), align=self.real.integer.width // 8)

    def fetch(self, place: ir.Value) -> None:
        """Have what lies at a place brought near: it is read soon, or does not exist."""
        if self._prefetch is None:
            kind = ir.FunctionType(ir.VoidType(), [_POINTER, INT, INT, INT])
            self._prefetch = ir.Function(self.build.module, kind, "llvm.prefetch.p0")
        self.build.call(self._prefetch, [place, INT(0), INT(3), INT(1)])  # to read, into the nearest cache, data

    def store(self, value: ir.Value, place: ir.Value) -> None:
        """Store a number, or a vector of them."""
        self.build.store(value, place, align=self.real.integer.width // 8)

    @contextmanager
    def count(
        self, start: ir.Value, stop: ir.Value, by: int, kept: Sequence[list[ir.Value]] = ()
    ) -> Iterator[ir.Value]:
        """A loop, from `start` up to below `stop`, around everything that is written inside the `with` block.

        Args:
            start: the first number.
            stop: the number before which it ends.
            by: what is added.
            kept: lists of values that the block replaces; after the loop they hold the last ones.
        """
        build, before = self.build, self.build.block
        test, body, after = (build.append_basic_block() for _ in range(3))
        build.branch(test)
        build.position_at_end(test)
        at, phis = build.phi(SIZE), [[build.phi(each.type) for each in values] for values in kept]
        at.add_incoming(start, before)
        for values, its in zip(kept, phis, strict=True):
            for index, phi in enumerate(its):
                phi.add_incoming(values[index], before)
                values[index] = phi
        build.cbranch(build.icmp_signed("<", at, stop), body, after)
        build.position_at_end(body)
        yield at
        at.add_incoming(build.add(at, SIZE(by)), build.block)
        for values, its in zip(kept, phis, strict=True):
            for index, phi in enumerate(its):
                phi.add_incoming(values[index], build.block)
                values[index] = phi
        build.branch(test)
        build.position_at_end(after)

    def _field(self, pointer: ir.Value, type_: ir.Type, *at: int) -> ir.Value:
        return self.build.gep(pointer, [INT(0), *map(INT, at)], source_etype=type_)

    def _load(self, pointer: ir.Value, type_: ir.Type, *at: int) -> ir.Value:
        field = type_
        for each in at:
            field = field.elements[each]
        return self.build.load(self._field(pointer, type_, *at), typ=field)

    def _buffers(self, side: int, count: int) -> list[ir.Value]:
        pointers = self._load(self._call, _CALL, side, 4)
        return [self._load(pointers, ir.ArrayType(_POINTER, count), each) for each in range(count)]

    def _answer_for_metadata(self) -> None:
        """Answer XLA's question, before the first call, which version of the interface this handler is for."""
        build = self.build
        extension = self._load(self._call, _CALL, 1)
        with build.if_then(build.icmp_unsigned("!=", extension, ir.Constant(_POINTER, None))):
            kind = self._load(extension, _EXTENSION, 1)
            with build.if_then(build.icmp_unsigned("==", kind, INT(_ASKS_FOR_METADATA))):
                metadata = self._load(extension, _EXTENSION, 3)
                for field, number in enumerate(ffi_version() or FFI_VERSIONS[0], start=2):
                    build.store(INT(number), self._field(metadata, _METADATA, 1, field))
                build.ret(ir.Constant(_POINTER, None))
