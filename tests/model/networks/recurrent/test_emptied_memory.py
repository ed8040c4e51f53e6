"""Between two texts, the memory of a recurrent network begins anew."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.networks.network import Memory, Params, assemble, build
from model.networks.network_kinds import NETWORKS
from model.recipe import FAST

pytestmark = pytest.mark.usefixtures("two_devices")

END, TOKENS = 2, 5
RECURRENT = [kind for kind, its in NETWORKS.items() if "dilations" in its.without]
BEFORE, AFTER = [0, 1, 4, 3, 3, 1], [END, 1, 3, 0]
RECIPE = replace(FAST, hidden=6, layers=2)


def losses(kind: str) -> Callable[[Params, Sequence[int]], tuple[jax.Array, Memory]]:
    """What a network makes of what follows the end of a text: a sum of its logits, and the memory."""
    recipe = replace(RECIPE, network=kind, character_gates=kind == "lstm")
    graph, _ = build(recipe, TOKENS, between=END)

    def read(params: Params, ids: Sequence[int]) -> tuple[jax.Array, Memory]:
        network = assemble(graph, params)
        logits, memory = network.read(jnp.array(ids, jnp.int32)[:, None], network.begin(1), len(AFTER))
        return jnp.square(logits).sum(), memory

    return read


def weights(kind: str) -> Params:
    """That are not small."""
    recipe = replace(RECIPE, network=kind, character_gates=kind == "lstm")
    rng = np.random.default_rng(3)
    _, params = build(recipe, TOKENS)
    return jax.tree.map(lambda leaf: leaf + rng.standard_normal(leaf.shape).astype(np.float32), params)


@pytest.mark.parametrize("kind", RECURRENT)
def test_what_came_before_has_no_part_in_what_follows_and_no_gradient(kind: str) -> None:
    learn = jax.jit(
        jax.value_and_grad(lambda params, ids: losses(kind)(params, [*ids]), has_aux=True), static_argnums=1
    )
    whole, alone = (learn(weights(kind), ids) for ids in ((*BEFORE, *AFTER), (*AFTER,)))
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("kind", RECURRENT)
def test_token_by_token_it_begins_anew_as_well(kind: str) -> None:
    params = weights(kind)
    graph, _ = build(replace(RECIPE, network=kind, character_gates=kind == "lstm"), TOKENS, between=END)
    step = jax.jit(lambda ids, memory: assemble(graph, params).step(ids, memory))
    memory = assemble(graph, params).begin(1)
    _, alone = jax.jit(losses(kind), static_argnums=1)(params, (*AFTER,))
    for token in BEFORE + AFTER:
        memory = step(jnp.array([token]), memory)
    for one, other in zip(jax.tree.leaves(memory), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
