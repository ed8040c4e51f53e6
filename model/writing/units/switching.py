"""Writing while some units are switched off: held at zero, before each prediction and within each step.

Of a network without units (see `model.networks.unit_network`), nothing is switched off.
"""

from __future__ import annotations

from collections.abc import Iterable

from jax import Array

from corpora.errors import CharlstmError
from model.networks.network import Memory, Network
from model.networks.unit_network import UnitNetwork
from model.sampling import Unit
from model.writing.probabilities import Settings, kept_units


class UnitError(CharlstmError):
    """The network has no such unit, or no units at all; the message says which it has."""


def units_on(network: Network, settings: Settings) -> Array | None:
    """Which units are on in each lane, bool (B, L, H); None where the network has no units."""
    return kept_units(settings, *network.units) if isinstance(network, UnitNetwork) else None


def hold(network: Network, memory: Memory, kept: Array | None) -> Memory:
    """The memory from which the next token is predicted, with `kept` from `units_on`."""
    return network.hold(memory, kept) if kept is not None and isinstance(network, UnitNetwork) else memory


def step(network: Network, ids: Array, memory: Memory, kept: Array | None) -> Memory:
    """Read one token a lane, integers (B,), with `kept` from `units_on`."""
    return network.step(ids, memory, kept) if isinstance(network, UnitNetwork) else network.step(ids, memory)


def unit_network(network: Network) -> UnitNetwork:
    """The network, which tells what its units do.

    Raises:
        UnitError: it does not.
    """
    if not isinstance(network, UnitNetwork):
        raise UnitError("This kind of network does not tell what its single units do.")
    return network


def check_units(network: Network, units: Iterable[Unit]) -> None:
    """Refuse units that the network does not have.

    Raises:
        UnitError: it does not have one of them.
    """
    for unit in units:
        layers, most = unit_network(network).units
        if unit.layer > layers or unit.number > most:
            raise UnitError(f"The network has no unit {unit}. It has units 1:1 to {layers}:{most}.")
