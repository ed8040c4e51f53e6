"""Numbers inside a function that LLVM compiles: arithmetic with them adds instructions to the function."""

from __future__ import annotations

from enum import Enum
from math import factorial, log

from llvmlite import ir

VECTOR = 16
"""Numbers in a vector: as many float32 as a register of AVX-512 holds. LLVM splits vectors for shorter registers."""


class Real(Enum):
    """A floating-point type, with the constants that the exponential function needs."""

    FLOAT32 = ("float32", ir.FloatType(), ir.IntType(32), 23, 87, 7)
    FLOAT64 = ("float64", ir.DoubleType(), ir.IntType(64), 52, 708, 13)

    def __init__(self, title: str, number: ir.Type, integer: ir.Type, mantissa: int, largest: int, terms: int) -> None:
        self.title, self.number, self.integer, self.mantissa = title, number, integer, mantissa
        self.largest = largest
        """The largest exponent, positive or negative, whose power of e is still a normal number."""
        self.terms = terms
        """Terms of the power series after the 1: exact to the last bits between -log(2) / 2 and log(2) / 2."""

    @property
    def bias(self) -> int:
        """What encodes the exponent 0."""
        return int(2 ** (self.integer.width - self.mantissa - 2)) - 1


class Number:
    """A vector of numbers, or a single one, in the function that is being compiled."""

    def __init__(self, builder: ir.IRBuilder, real: Real, value: ir.Value) -> None:
        self.builder, self.real, self.value = builder, real, value

    def _new(self, value: ir.Value) -> Number:
        return Number(self.builder, self.real, value)

    def _as(self, scalar: ir.Type) -> ir.Type:
        wide = isinstance(self.value.type, ir.VectorType)
        return ir.VectorType(scalar, self.value.type.count) if wide else scalar

    def _constant(self, scalar: ir.Type, number: float) -> ir.Constant:
        type_ = self._as(scalar)
        return ir.Constant(type_, [number] * type_.count if isinstance(type_, ir.VectorType) else number)

    def _operand(self, other: Number | float) -> ir.Value:
        return other.value if isinstance(other, Number) else self._constant(self.real.number, float(other))

    # A product and a sum may become one instruction; nothing else may be reordered.
    def __add__(self, other: Number | float) -> Number:
        return self._new(self.builder.fadd(self.value, self._operand(other), flags=("contract",)))

    def __sub__(self, other: Number | float) -> Number:
        return self._new(self.builder.fsub(self.value, self._operand(other), flags=("contract",)))

    def __rsub__(self, other: float) -> Number:
        return self._new(self.builder.fsub(self._operand(other), self.value, flags=("contract",)))

    def __mul__(self, other: Number | float) -> Number:
        return self._new(self.builder.fmul(self.value, self._operand(other), flags=("contract",)))

    __radd__, __rmul__ = __add__, __mul__

    def __truediv__(self, other: Number) -> Number:
        return self._new(self.builder.fdiv(self.value, other.value))

    def __rtruediv__(self, other: float) -> Number:
        return self._new(self.builder.fdiv(self._operand(other), self.value))

    def within(self, limit: float) -> Number:
        """The nearest number from -limit to limit; NaN stays NaN."""
        low, high = self._operand(-limit), self._operand(limit)
        value = self.builder.select(self.builder.fcmp_ordered("<", self.value, low), low, self.value)
        return self._new(self.builder.select(self.builder.fcmp_ordered(">", value, high), high, value))

    def expm1(self) -> Number:
        """e to this power, minus 1: 2^n e^r - 1 with |r| <= log(2) / 2, and e^r = 1 + the rest of its power series.

        Near 0, n is 0 and only the rest remains, so the result is as exact there as elsewhere.
        """
        real, build = self.real, self.builder
        x = self.within(real.largest)
        # Adding so large a number leaves no bits for a fraction: the last bits are the nearest integer.
        rounder = 1.5 * 2.0**real.mantissa
        shifted = x * (1 / log(2)) + rounder
        n = shifted - rounder
        # log(2) in two parts: the product of the first part with n is exact.
        upper = round(log(2) * 2**10) / 2**10
        r = (x - n * upper) - n * (log(2) - upper)
        rest = r * (1 / factorial(real.terms))
        for k in reversed(range(1, real.terms)):
            rest = (rest + 1 / factorial(k)) * r
        integer = self._as(real.integer)
        exponent = build.add(build.bitcast(shifted.value, integer), self._constant(real.integer, real.bias))
        bits = build.shl(exponent, self._constant(real.integer, real.mantissa))
        power = self._new(build.bitcast(bits, self.value.type))
        return (power - 1) + power * rest

    def sigmoid(self) -> Number:
        """1 / (1 + e^-x)."""
        return 1 / (2 + (self * -1).expm1())

    def tanh(self) -> Number:
        """(e^2x - 1) / (e^2x + 1)."""
        twice = (self * 2).expm1()
        return twice / (twice + 2)
