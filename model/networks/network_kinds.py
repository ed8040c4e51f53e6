"""The kinds of network. To add one, add a module with its class and a line to NETWORKS.

Nothing here imports a network, and JAX with it, before it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from model.networks.network import Network
    from model.recipe import Recipe


class Kind(NamedTuple):
    """A kind of network."""

    place: str
    """Its module and class, which implements `model.networks.network.Network`."""
    without: tuple[str, ...] = ()
    """Fields of the recipe that mean nothing to it: options for them are refused."""
    fitted: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
    """Fields that differ in a preset, by the preset's name: for as many parameters as the LSTM has, and a rate that
    suits. 'words' is `fast` with words or pieces, and 'best words' is `best` with them."""


_NO_FORGETTING, _NO_TAPS = ("forget_bias",), ("kernel", "dilations")
_NO_RECURRENCE = ("character_gates", "weight_drop", "forget_bias", "initialisation")

NETWORKS: dict[str, Kind] = {
    "lstm": Kind("model.networks.recurrent.lstm:LSTM", _NO_TAPS),
    "gru": Kind(
        "model.networks.recurrent.gru:GRU",
        (*_NO_FORGETTING, *_NO_TAPS),
        {
            "fast": {"hidden": 152, "rate": 0.02},
            "best": {"hidden": 592, "rate": 0.012},
            "best words": {"hidden": 552},
            "words": {"hidden": 132},
        },
    ),
    "rnn": Kind(
        "model.networks.recurrent.rnn:RNN",
        (*_NO_FORGETTING, *_NO_TAPS, "initialisation"),
        {
            "fast": {"hidden": 272, "rate": 0.006, "momentum": 0.9, "warmup": 0.1},
            "best": {"hidden": 1024, "rate": 0.002, "momentum": 0.9, "dropout": 0.2, "weight_drop": 0.0},
            "best words": {"hidden": 680},
            "words": {"hidden": 142},
        },
    ),
    "conv": Kind(
        "model.networks.conv:Conv",
        _NO_RECURRENCE,
        {
            "fast": {"hidden": 64, "layers": 4, "rate": 0.01, "dropout": 0.1},
            "best": {"hidden": 176, "layers": 6, "rate": 0.006, "momentum": 0.9, "dropout": 0.2},
            "best words": {"hidden": 312, "layers": 6, "dropout": 0.2},
            "words": {"hidden": 108, "layers": 4},
            "notebook": {"hidden": 64, "layers": 6, "rate": 0.003},
        },
    ),
}
"""Every kind by the name that `--network` takes."""


def class_of(kind: str) -> type[Network]:
    """The class of a kind of network, imported at the first call.

    Raises:
        DeviceError: JAX cannot start here.
    """
    from model.devices.jax_setup import import_jax

    import_jax()
    module, _, name = NETWORKS[kind].place.partition(":")
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
