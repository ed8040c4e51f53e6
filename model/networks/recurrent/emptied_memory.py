"""Texts that consist of several: with the token between two of them, the memory of a recurrent layer begins anew.

The recurrences need not know of it. What their scale multiplies is the last output on its way into z, and where a gate
lets more of the memory stay, the input's share of z can close it.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

_CLOSED = -30.0
"""Before the sigmoid of a gate: 1e-13 of the memory stays."""


def emptied(
    zx: Array, rows: Array | None, scale: Array | None, ids: Array, between: int, blocks: int, gate: int | None
) -> tuple[Array, Array]:
    """What enters a layer that forgets everything before it reads a token.

    Args:
        zx: the input's share of z of the tokens, (..., Z), or a table of what it can be, (V, Z).
        rows: where zx is a table, the rows that are read, integers (...).
        scale: what the last output is multiplied by before it enters z, (..., H) or, like zx, (V, H); None is 1.
        ids: the tokens, integers (...).
        between: the token before which everything is forgotten.
        blocks: of z, H wide each.
        gate: the block whose sigmoid says how much of the memory stays; None where only z depends on it.

    Returns:
        zx and scale that do so, both tables where zx is one.
    """
    tokens, hidden = ids if rows is None else jnp.arange(len(zx)), zx.shape[-1] // blocks
    goes_on = (tokens != between)[..., None]
    if gate is not None:
        zx = jnp.where(goes_on | (jnp.arange(zx.shape[-1]) // hidden != gate), zx, _CLOSED)
    factor = jnp.broadcast_to(goes_on.astype(jnp.float32), (*tokens.shape, hidden))
    return zx, factor if scale is None else scale * factor
