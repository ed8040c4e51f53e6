"""Between two texts, the memory of a recurrent network begins anew."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.networks.network import Graph, Params, assemble, build
from model.networks.network_kinds import NETWORKS
from model.recipe import FAST, Recipe

END, TOKENS = 2, 5
RECURRENT = [kind for kind, its in NETWORKS.items() if "dilations" in its.without]
BEFORE, AFTER = [0, 1, 4, 3, 3, 1], [END, 1, 3, 0]
RECIPE = replace(FAST, hidden=6, layers=2)


def built(recipe: Recipe, *, cpu_kernels: bool = False) -> tuple[Graph, Params]:
    """With weights that are not small."""
    graph, params = build(recipe, TOKENS, cpu_kernels=cpu_kernels, between=END)
    rng = np.random.default_rng(3)
    return graph, jax.tree.map(lambda leaf: leaf + rng.standard_normal(leaf.shape).astype(np.float32), params)


def column(ids: list[int]) -> jax.Array:
    return jnp.array(ids, jnp.int32)[:, None]


@pytest.mark.parametrize("kind", RECURRENT)
def test_what_came_before_has_no_part_in_what_follows(kind: str) -> None:
    network = assemble(*built(replace(RECIPE, network=kind, character_gates=kind == "lstm")))
    alone, after_alone = network.read(column(AFTER), network.begin(1))
    whole, after = network.read(column(BEFORE + AFTER), network.begin(1))
    np.testing.assert_allclose(whole[-len(AFTER) :], alone, atol=1e-5)
    for one, other in zip(jax.tree.leaves(after), jax.tree.leaves(after_alone), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    memory = network.begin(1)
    for token in BEFORE + AFTER:
        memory = network.step(jnp.array([token]), memory)
    np.testing.assert_allclose(network.logits(memory), alone[-1], atol=1e-5)


@pytest.mark.parametrize("kind", RECURRENT)
def test_no_gradient_crosses_the_end_of_a_text(kind: str) -> None:
    graph, params = built(replace(RECIPE, network=kind))

    def loss(params: Params, ids: list[int]) -> jax.Array:
        network = assemble(graph, params)
        return jnp.square(network.read(column(ids), network.begin(1), last=len(AFTER) - 1)[0]).sum()

    whole, alone = (jax.grad(loss)(params, ids) for ids in (BEFORE + AFTER, AFTER))
    for one, other in zip(jax.tree.leaves(whole), jax.tree.leaves(alone), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
