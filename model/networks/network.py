"""The network protocol: what training, evaluation and writing ask of any network, and how one is built.

Flax NNX builds and names the parameters. They are split from the module once. From then on they are a nested dict of
arrays that `jax.jit`, optax and checkpoints take as it is; `assemble` puts both together in a compiled function.

Shapes: `T` time, `B` lanes, `V` tokens.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax import Array

from model.networks.network_kinds import class_of
from model.recipe import Recipe

Params = dict[str, Any]
"""Nested dict of float32 arrays, such as layers -> 0 -> wx."""

Memory = Any
"""What a network keeps between two tokens: a pytree of arrays whose first axis is the lanes, (B, ...). Only the network
itself knows more about it."""

MOST_MEMORIES = 1 << 26
"""Bytes of the memories at many places of a text that are looked at together."""

Read = Callable[..., tuple[Array, Memory]]
"""The signature of `Network.read`."""


class Network(Protocol):
    """A network that reads tokens and predicts the next one."""

    between: int | None
    """The token between texts that have nothing to do with each other, where a text consists of several: a memory that
    is carried along begins anew with it. None for one text."""

    def __init__(self, recipe: Recipe, tokens: int, cpu_kernels: bool) -> None:
        """Initialise the parameters from the recipe's random seed.

        Args:
            recipe: the network's size and first values.
            tokens: how many distinct tokens there are, V.
            cpu_kernels: whether `model.networks.cpu` can be used: this process trains on a CPU that can run it.
        """

    @staticmethod
    def shapes(recipe: Recipe, tokens: int) -> dict[str, tuple[int, ...]]:
        """Name and shape of every parameter, without building the network: `layers.0.wx`."""
        ...

    def expect(self, shares: np.ndarray) -> None:
        """Predict these tokens at first, where nothing else is known: their shares of the text, float (V,), not 0."""
        ...

    def begin(self, batch: int) -> Memory:
        """The memory of a network that has read nothing, for this many lanes."""
        ...

    def read(self, ids: Array, memory: Memory, last: int | None = None) -> tuple[Array, Memory]:
        """Read text.

        Args:
            ids: tokens, integers (T, B).
            memory: from `begin`, or from reading what comes before.
            last: how many of the last positions are predicted from; None means all T of them.

        Returns:
            The logits of the token after each of these positions, (last, B, V), and the memory after the text.
        """
        ...

    def step(self, ids: Array, memory: Memory) -> Memory:
        """Read one token a lane, integers (B,)."""
        ...

    def logits(self, memory: Memory) -> Array:
        """The logits of the next token, (B, V)."""
        ...

    def regularise(self, recipe: Recipe, key: Array, first_lane: Array | int, lanes: int) -> Read:
        """`read` for one optimiser step: with the recipe's dropout, weight drop and rounding.

        Args:
            recipe: how the network is trained.
            key: the randomness of the step, the same on all devices.
            first_lane: the number, among the recipe's B lanes, of the first lane that is read.
            lanes: how many lanes are read.
        """
        ...


Graph = nnx.GraphDef[Any]
"""The module without its parameters: hashable, static under `jax.jit`."""


def build(
    recipe: Recipe,
    tokens: int,
    *,
    cpu_kernels: bool = False,
    between: int | None = None,
    shares: np.ndarray | None = None,
) -> tuple[Graph, Params]:
    """The recipe's network; see `Network.__init__`, `Network.between` and `Network.expect`."""
    network = class_of(recipe.network)(recipe, tokens, cpu_kernels)
    if between is not None:
        network.between = between
    if shares is not None:
        network.expect(shares)
    graph, state = nnx.split(network, nnx.Param)
    params: Params = jax.tree.map(jnp.asarray, nnx.to_pure_dict(state))
    return graph, params


def assemble(graph: Graph, params: Params) -> Network:
    """The network with these parameters; free under `jax.jit`."""
    network: Network = nnx.merge(graph, params)
    return network


def places_together(memory: Memory, most: int) -> int:
    """At how many places of a text memories like this one are looked at together: a power of two, at most `most`."""
    fit = MOST_MEMORIES // sum(leaf.nbytes for leaf in jax.tree.leaves(memory))
    return min(most, 1 << max(1, fit).bit_length() - 1)


def count(params: Params) -> int:
    """How many trainable numbers the network has."""
    return sum(leaf.size for leaf in jax.tree.leaves(params))
