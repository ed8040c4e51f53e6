"""What every kind of network owes to those who read with it, write with it and train it."""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from model.networks.network import Graph, Memory, Params, assemble, build
from model.networks.network_kinds import NETWORKS, class_of
from model.networks.unit_network import UnitNetwork
from model.recipe import Recipe, preset
from model.training.named_arrays import to_arrays

pytestmark = pytest.mark.usefixtures("two_devices")

SYMBOLS, TIME, LANES = 7, 12, 3
each_kind = pytest.mark.parametrize("kind", NETWORKS)
tied_too = pytest.mark.parametrize("kind", [*NETWORKS, "lstm tied", "conv tied"])


def recipe_of(kind: str) -> Recipe:
    """Two small layers, with all of what `best` has."""
    network, _, tied = kind.partition(" ")
    return replace(preset("best", network), hidden=6, layers=2, batch=LANES, tied=bool(tied))


@cache
def built(kind: str) -> tuple[Graph, Params]:
    """The network, with parameters that are nowhere zero: biases and gates take part."""
    graph, params = build(recipe_of(kind), SYMBOLS)
    random = np.random.default_rng(3)
    return graph, jax.tree.map(lambda each: each + random.normal(0, 0.3, each.shape).astype(np.float32), params)


@partial(jax.jit, static_argnums=(0, 4))
def read(graph: Graph, params: Params, ids: Array, memory: Memory, last: int | None = None) -> tuple[Array, Memory]:
    return assemble(graph, params).read(ids, memory, last)


@partial(jax.jit, static_argnums=0)
def step(graph: Graph, params: Params, ids: Array, memory: Memory) -> tuple[Array, Memory]:
    network = assemble(graph, params)
    after = network.step(ids, memory)
    return network.logits(after), after


@pytest.fixture
def ids(random: np.random.Generator) -> np.ndarray:
    return random.integers(0, SYMBOLS, (TIME, LANES)).astype(np.int32)


def begin(kind: str) -> Memory:
    return assemble(*built(kind)).begin(LANES)


def assert_near(got: Memory, expected: Memory) -> None:
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


@tied_too
def test_step_by_step_equals_reading_at_once(kind: str, ids: np.ndarray) -> None:
    graph, params = built(kind)
    logits, after = read(graph, params, ids, begin(kind))
    assert logits.shape == (TIME, LANES, SYMBOLS)
    memory = begin(kind)
    for at in range(TIME):
        its, memory = step(graph, params, ids[at], memory)
        np.testing.assert_allclose(its, logits[at], atol=1e-5)
    assert_near(memory, after)


@each_kind
def test_a_text_read_in_two_parts_is_read_whole(kind: str, ids: np.ndarray) -> None:
    graph, params = built(kind)
    logits, after = read(graph, params, ids, begin(kind))
    first, memory = read(graph, params, ids[: TIME // 2], begin(kind))
    second, memory = read(graph, params, ids[TIME // 2 :], memory)
    np.testing.assert_allclose(np.concatenate([first, second]), logits, atol=1e-5)
    assert_near(memory, after)
    np.testing.assert_allclose(read(graph, params, ids, begin(kind), 2)[0], logits[-2:], atol=1e-5)


@each_kind
def test_a_future_token_changes_nothing_and_a_past_one_does(kind: str, ids: np.ndarray) -> None:
    graph, params = built(kind)
    logits, _ = read(graph, params, ids, begin(kind))
    for at in range(TIME):
        other = ids.copy()
        other[at] = (other[at] + 1) % SYMBOLS
        changed, _ = read(graph, params, other, begin(kind))
        np.testing.assert_array_equal(changed[:at], logits[:at])
        assert (np.abs(changed[at] - logits[at]).max(-1) > 1e-4).all()


@each_kind
def test_no_lane_sees_another(kind: str, ids: np.ndarray) -> None:
    graph, params = built(kind)
    other = ids.copy()
    other[:, 1] = (other[:, 1] + 1) % SYMBOLS
    changed, _ = read(graph, params, other, begin(kind))
    np.testing.assert_allclose(changed[:, [0, 2]], read(graph, params, ids, begin(kind))[0][:, [0, 2]], atol=1e-6)


@tied_too
def test_gradients_equal_finite_differences(kind: str, ids: np.ndarray) -> None:
    with jax.enable_x64(True):
        graph, params = built(kind)
        exact, memory = jax.tree.map(lambda each: jnp.asarray(each, jnp.float64), (params, begin(kind)))

        @jax.jit
        @jax.value_and_grad
        def loss(params: Params) -> Array:
            logits, after = assemble(graph, params).read(ids, memory)
            picked = jax.nn.log_softmax(logits)[:-1][np.arange(TIME - 1)[:, None], np.arange(LANES), ids[1:]]
            return -picked.mean() + 0.1 * sum(each.mean() for each in jax.tree.leaves(after))

        gradients = to_arrays(loss(exact)[1])
        random = np.random.default_rng(5)
        leaves, tree = jax.tree.flatten(exact)
        names = [*to_arrays(exact)]
        for place, name in enumerate(names):
            gradient = gradients[name]
            direction, little = random.normal(size=gradient.shape), 1e-5
            moved = [[*leaves], [*leaves]]
            for each, sign in zip(moved, (1, -1), strict=True):
                each[place] = leaves[place] + sign * little * direction
            there, back = (loss(jax.tree.unflatten(tree, each))[0] for each in moved)
            expected = (there - back) / (2 * little)
            np.testing.assert_allclose((gradient * direction).sum(), expected, rtol=1e-5, atol=1e-9, err_msg=name)
            assert np.abs(gradient).max() > 0, name


@tied_too
def test_what_is_expected_is_predicted_before_any_text(kind: str) -> None:
    shares = np.array([0.4, 0.3, 0.1, 0.1, 0.05, 0.04, 0.01])
    graph, params = build(recipe_of(kind), SYMBOLS, shares=shares)
    network = assemble(graph, params)
    np.testing.assert_allclose(jax.nn.softmax(network.logits(network.begin(1)))[0], shares, rtol=1e-5)


@tied_too
def test_parameters_have_the_shapes_that_are_told_without_building(kind: str) -> None:
    arrays = to_arrays(build(recipe_of(kind), SYMBOLS)[1])
    assert {name: each.shape for name, each in arrays.items()} == class_of(kind.split()[0]).shapes(
        recipe_of(kind), SYMBOLS
    )
    assert {each.dtype for each in arrays.values()} == {np.dtype(np.float32)}


@each_kind
def test_training_drops_and_reading_does_not(kind: str, ids: np.ndarray) -> None:
    graph, params = built(kind)
    recipe = recipe_of(kind)
    network = assemble(graph, params)
    logits, _ = read(graph, params, ids, begin(kind))
    memory = begin(kind)

    @partial(jax.jit, static_argnums=0)
    def trained(recipe: Recipe, seed: int) -> Array:
        return network.regularise(recipe, jax.random.key(seed), 0, LANES)(ids, memory)[0]

    np.testing.assert_allclose(trained(replace(recipe, dropout=0.0, weight_drop=0.0), 1), logits, atol=1e-5)
    one, other = trained(recipe, 1), trained(recipe, 2)
    assert np.abs(one - logits).max() > 0.01
    assert np.abs(one - other).max() > 0.01


@each_kind
def test_units_that_are_switched_off_have_no_part_in_what_is_predicted(kind: str, ids: np.ndarray) -> None:
    network = assemble(*built(kind))
    if not isinstance(network, UnitNetwork):
        pytest.skip("a network without units to look at")
    _, memory = read(*built(kind), ids, begin(kind))
    layers, units = network.units
    said = network.activations(jax.tree.map(np.asarray, memory))
    assert said.shape == (LANES, layers, units)
    assert np.abs(said).max() <= 1
    nothing = np.zeros((LANES, layers, units), bool)
    for held in (network.hold(memory, nothing), network.step(ids[0], memory, nothing)):
        assert not network.activations(jax.tree.map(np.asarray, held)).any()
    everything = network.step(ids[0], memory, ~nothing)
    assert_near(everything, network.step(ids[0], memory))
