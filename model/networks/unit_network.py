"""Units: what a network may offer beside `network.Network`: a look at its single units, and writing without some.

A network that does not offer this can do everything else; who needs it asks `isinstance(network, UnitNetwork)`.
Shapes: `B` lanes, `L` layers, `H` units of a layer.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

import numpy as np
from jax import Array

from model.networks.network import Memory


@runtime_checkable
class UnitNetwork(Protocol):
    """A network whose memory consists of units with an activation each."""

    @property
    def units(self) -> tuple[int, int]:
        """Layers, and units of each: (L, H)."""
        ...

    def activations(self, memory: Memory) -> np.ndarray:
        """What each unit says after what was read, from -1 to 1, float32 (..., L, H).

        Args:
            memory: on the host, with any axes before those of a lane's memory.
        """
        ...

    def hold(self, memory: Memory, kept: Array) -> Memory:
        """The memory with all units at zero but those that are kept, bool (B, L, H)."""
        ...

    def step(self, ids: Array, memory: Memory, kept: Array | None = None) -> Memory:
        """Read one token a lane, as `Network.step` does, with all units at zero but those that are kept."""
        ...
