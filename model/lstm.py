"""The recurrence of an LSTM layer over time, with its own backward pass, and one step of it for writing.

Shapes: `T` time, `B` lanes, `H` units. Gates stand in the order i, f, g, o along the last axis of anything `4H`
wide. Everything is time-major: a lane is a column.

Source: Hochreiter and Schmidhuber (1997), with the forget gate of Gers et al. (2000):
    z = x W_x + h W_h + b,  i, f, o = sigmoid(z_i, z_f, z_o),  g = tanh(z_g)
    c' = f c + i g,  h' = o tanh(c')
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax


class Carry(NamedTuple):
    """What one layer remembers between two characters."""

    c: Array
    """Cell state, (B, H)."""
    h: Array
    """Output, (B, H)."""


class _Gates(NamedTuple):
    i: Array
    f: Array
    g: Array
    o: Array


def _activate(z: Array) -> _Gates:
    i, f, g, o = jnp.split(z, 4, axis=-1)
    return _Gates(jax.nn.sigmoid(i), jax.nn.sigmoid(f), jnp.tanh(g), jax.nn.sigmoid(o))


def zero_carry(batch: int, hidden: int) -> Carry:
    """A layer that has read nothing: zeros, (batch, hidden)."""
    return Carry(jnp.zeros((batch, hidden), jnp.float32), jnp.zeros((batch, hidden), jnp.float32))


def step(zx: Array, wh: Array, carry: Carry) -> Carry:
    """Read one character: `zx` (B, 4H) is the input's share of z with the bias, `wh` (H, 4H)."""
    gates = _activate(zx + carry.h @ wh)
    c = gates.f * carry.c + gates.i * gates.g
    return Carry(c, gates.o * jnp.tanh(c))


@jax.custom_vjp
def recur(zx: Array, wh: Array, carry: Carry) -> tuple[Array, Carry]:
    """Read T characters.

    Args:
        zx: the input's share of z with the bias, (T, B, 4H).
        wh: recurrent weights, (H, 4H).
        carry: where to begin, (B, H) each.

    Returns:
        The outputs h of every step, (T, B, H), and the last carry.

    Differentiating it by scanning backwards would form the gradient of `wh` as T small products and keep every
    intermediate. The backward pass below keeps only the activated gates, c and h, and takes that gradient as one
    product over all T * B rows.
    """

    def read(carry: Carry, zx_t: Array) -> tuple[Carry, Array]:
        carry = step(zx_t, wh, carry)
        return carry, carry.h

    last, hs = lax.scan(read, carry, zx)
    return hs, last


_Residuals = tuple[Array, Carry, _Gates, Array, Array]


def _recur_forward(zx: Array, wh: Array, carry: Carry) -> tuple[tuple[Array, Carry], _Residuals]:
    def read(carry: Carry, zx_t: Array) -> tuple[Carry, tuple[_Gates, Array, Array]]:
        gates = _activate(zx_t + carry.h @ wh)
        c = gates.f * carry.c + gates.i * gates.g
        carry = Carry(c, gates.o * jnp.tanh(c))
        return carry, (gates, carry.c, carry.h)

    last, (gates, cs, hs) = lax.scan(read, carry, zx)
    return (hs, last), (wh, carry, gates, cs, hs)


def _recur_backward(residuals: _Residuals, cotangents: tuple[Array, Carry]) -> tuple[Array, Array, Carry]:
    wh, first, gates, cs, hs = residuals
    dhs, dlast = cotangents
    wh_transposed = wh.T
    cs_before = jnp.concatenate([first.c[None], cs[:-1]])
    hs_before = jnp.concatenate([first.h[None], hs[:-1]])

    def unread(later: Carry, at: tuple[Array, _Gates, Array, Array]) -> tuple[Carry, Array]:
        dh_out, (i, f, g, o), c, c_before = at
        dh = later.h + dh_out
        tanh_c = jnp.tanh(c)
        dc = later.c + dh * o * (1 - tanh_c * tanh_c)
        dz = jnp.concatenate(
            [
                dc * g * i * (1 - i),
                dc * c_before * f * (1 - f),
                dc * i * (1 - g * g),
                dh * tanh_c * o * (1 - o),
            ],
            axis=-1,
        )
        return Carry(dc * f, dz @ wh_transposed), dz

    dfirst, dzx = lax.scan(unread, dlast, (dhs, gates, cs, cs_before), reverse=True)
    dwh = jnp.einsum("tbh,tbz->hz", hs_before, dzx)
    return dzx, dwh, dfirst


recur.defvjp(_recur_forward, _recur_backward)
