"""What the steps of layers are made of whose only memory is their last output, and what is kept of a step.

Shapes: `T` time, `B` lanes, `H` units, `V` rows of a table, `Z` what enters the formulas. Everything is time-major.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jax import Array


class LastOutput(NamedTuple):
    """The memory of a layer between two tokens."""

    h: Array
    """Output, (B, H)."""


class Cell(NamedTuple):
    """The formulas of one step. z comes in two shares: of the input and of the last output, (B, Z) each."""

    name: str
    """That of its kernels."""
    advance: Callable[[Array, Array, Array], tuple[tuple[Array, ...], Array]]
    """From both shares and the output before, (B, H): what the way back needs, and the output after."""
    back: Callable[[tuple[Array, ...], Array, Array, Array], tuple[Array, Array, Array]]
    """From what is kept, the outputs before and after and the latter's cotangent: the cotangents of both shares, and of
    the output before as far as it does not enter z."""


class Residuals(NamedTuple):
    """What the backward pass needs."""

    wh: Array
    bh: Array | None
    first: Array
    hs: Array
    """Output after every step, (T, B, H)."""
    kept: tuple[Array, ...]
    """What the cell keeps of every step, (T, B, ...) each."""
    scale: Array | None
    ids: Array | None
    table: Array | None
    """What the ids are rows of, (V, Z)."""


Forward = tuple[tuple[Array, ...], Array]
"""For every step: what the cell keeps, (T, B, ...) each, and the output, (T, B, H)."""

Backward = tuple[Array, Array, Array | None, Array]
"""The cotangents of zx, (T, B, Z) or (V, Z); of the last outputs' shares of z, (T, B, Z); of the factor h or s h of
every h W_h, (T, B, H), where there is a scale; and of the first output, (B, H)."""
