"""The kinds of network. To add one, add a module with its class and a line to NETWORKS.

Nothing here imports a network, and JAX with it, before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.networks.network import Network
    from model.recipe import Recipe

NETWORKS = {"lstm": "model.networks.recurrent.lstm:LSTM"}
"""The module and class of each kind. A class implements `model.networks.network.Network`."""


def class_of(kind: str) -> type[Network]:
    """The class of a kind of network, imported at the first call.

    Raises:
        DeviceError: JAX cannot start here.
    """
    from model.devices.jax_setup import import_jax

    import_jax()
    module, _, name = NETWORKS[kind].partition(":")
    found: type[Network] = getattr(import_module(module), name)
    return found


def parameter_shapes(recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter of the recipe's network, by its name in a checkpoint: `params.layers.0.wx`.

    Args:
        recipe: its kind of network, and the network's size.
        tokens: how many distinct tokens the network reads.
    """
    shapes = class_of(recipe.network).shapes(recipe, tokens)
    return {f"params.{name}": shape for name, shape in shapes.items()}
