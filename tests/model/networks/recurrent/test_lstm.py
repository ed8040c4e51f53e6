"""The network: its parameters' names and first values, and what it computes, against NumPy."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import jax
import numpy as np
import pytest

from model.networks.network import Graph, Params, assemble, build, count
from model.networks.recurrent.recurrent_network import Carries
from model.recipe import FAST, NOTEBOOK, Recipe
from model.training.named_arrays import to_arrays

pytestmark = pytest.mark.usefixtures("two_devices")

SYMBOLS, TIME, LANES = 11, 9, 3
SMALL = replace(FAST, hidden=8)
RECIPES = [SMALL, replace(SMALL, layers=3), replace(SMALL, layers=2, character_gates=True)]


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def numpy_read(params: Params, recipe: Recipe, ids: np.ndarray, masks: np.ndarray | None = None) -> np.ndarray:
    """The last layer's outputs, (T, B, H), in float64 from empty carries."""
    w = {name: leaf.astype(np.float64) for name, leaf in to_arrays(params).items()}
    below = np.eye(SYMBOLS)[ids]
    for layer in range(recipe.layers):
        wx, wh, b = (w[f"layers.{layer}.{name}"] for name in ("wx", "wh", "b"))
        c = h = np.zeros((ids.shape[1], recipe.hidden))
        hs = []
        for x in below:
            if layer == 0 and recipe.character_gates:
                h = 2 * sigmoid(x @ w["layers.0.gates"]) * h
            i, f, g, o = np.split(x @ wx + h @ wh + b, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            hs.append(h)
        below = np.array(hs) * (1 if masks is None else masks[layer])
    return below


@partial(jax.jit, static_argnums=0)
def read(
    graph: Graph, params: Params, ids: jax.Array, carries: Carries, masks: jax.Array | None = None
) -> tuple[jax.Array, Carries]:
    return assemble(graph, params).outputs(ids, carries, masks)


@partial(jax.jit, static_argnums=0)
def step(graph: Graph, params: Params, ids: jax.Array, carries: Carries) -> Carries:
    return assemble(graph, params).step(ids, carries)


@pytest.mark.parametrize("recipe", RECIPES, ids=["one layer", "three layers", "gates"])
def test_reading_equals_numpy(random: np.random.Generator, recipe: Recipe) -> None:
    graph, params = build(recipe, SYMBOLS)
    ids = random.integers(0, SYMBOLS, (TIME, LANES))
    hs, carries = read(graph, params, ids, assemble(graph, params).begin(LANES))
    expected = numpy_read(params, recipe, ids)
    np.testing.assert_allclose(hs, expected, atol=1e-6)
    np.testing.assert_allclose(carries[-1].h, expected[-1], atol=1e-6)
    logits, _ = assemble(graph, params).read(ids, assemble(graph, params).begin(LANES))
    assert logits.shape == (TIME, LANES, SYMBOLS)
    np.testing.assert_allclose(
        logits, expected @ np.array(params["output"]["w"]) + np.array(params["output"]["b"]), atol=1e-5
    )


def test_masks_cut_what_a_layer_hands_on_but_not_what_it_remembers(random: np.random.Generator) -> None:
    recipe = replace(SMALL, layers=3)
    graph, params = build(recipe, SYMBOLS)
    ids = random.integers(0, SYMBOLS, (TIME, LANES))
    masks = random.integers(0, 2, (3, LANES, recipe.hidden)).astype(np.float32) * 2
    hs, _ = read(graph, params, ids, assemble(graph, params).begin(LANES), masks)
    np.testing.assert_allclose(hs, numpy_read(params, recipe, ids, masks), atol=1e-6)


@pytest.mark.parametrize("recipe", RECIPES, ids=["one layer", "three layers", "gates"])
def test_one_character_at_a_time_is_reading(random: np.random.Generator, recipe: Recipe) -> None:
    graph, params = build(recipe, SYMBOLS)
    ids = random.integers(0, SYMBOLS, (TIME, LANES))
    hs, after = read(graph, params, ids, assemble(graph, params).begin(LANES))
    carries = assemble(graph, params).begin(LANES)
    for at in range(TIME):
        carries = step(graph, params, ids[at], carries)
        np.testing.assert_allclose(carries[-1].h, hs[at], atol=1e-6)
    for got, expected in zip(jax.tree.leaves(carries), jax.tree.leaves(after), strict=True):
        np.testing.assert_allclose(got, expected, atol=1e-6)


def test_parameters_have_names_and_shapes_that_a_reader_of_a_checkpoint_expects() -> None:
    _, params = build(replace(SMALL, layers=2), SYMBOLS)
    assert {name: array.shape for name, array in to_arrays(params).items()} == {
        "layers.0.wx": (SYMBOLS, 32),
        "layers.0.wh": (8, 32),
        "layers.0.b": (32,),
        "layers.1.wx": (8, 32),
        "layers.1.wh": (8, 32),
        "layers.1.b": (32,),
        "output.w": (8, SYMBOLS),
        "output.b": (SYMBOLS,),
    }
    assert all(array.dtype == np.float32 for array in to_arrays(params).values())


def test_gates_are_a_table_of_the_first_layer_that_begins_at_the_plain_lstm(random: np.random.Generator) -> None:
    graph, params = build(replace(SMALL, layers=2, character_gates=True), SYMBOLS)
    plain_graph, plain = build(replace(SMALL, layers=2), SYMBOLS)
    assert to_arrays(params).keys() - to_arrays(plain).keys() == {"layers.0.gates"}
    assert params["layers"][0]["gates"].shape == (SYMBOLS, 8)
    ids, carries = random.integers(0, SYMBOLS, (9, 2)), assemble(graph, params).begin(2)
    got, expected = read(graph, params, ids, carries)[0], read(plain_graph, plain, ids, carries)[0]
    np.testing.assert_allclose(got, expected, atol=1e-7)


def test_the_exercises_network_has_as_many_parameters_as_the_one_in_keras() -> None:
    _, params = build(NOTEBOOK, 57)
    assert count(params) == 4 * 128 * (57 + 128 + 1) + 57 * (128 + 1)


def test_the_same_random_seed_begins_the_same_and_another_does_not() -> None:
    one, same, other = (to_arrays(build(replace(SMALL, random_seed=seed), SYMBOLS)[1]) for seed in (3, 3, 4))
    for name, array in one.items():
        np.testing.assert_array_equal(array, same[name])
        if name.endswith(("wx", "wh", "w")):
            assert np.all(array != other[name])


def test_no_two_matrices_begin_alike() -> None:
    arrays = to_arrays(build(replace(SMALL, layers=3), 8)[1])
    matrices = [gate for name in arrays if arrays[name].ndim == 2 for gate in np.split(arrays[name], 4, axis=1)[:1]]
    assert len({matrix.tobytes() for matrix in matrices}) == len(matrices)


@pytest.mark.parametrize("forget_bias", [1.0, -0.5])
def test_only_the_forget_gate_begins_biased(forget_bias: float) -> None:
    arrays = to_arrays(build(replace(SMALL, forget_bias=forget_bias, layers=2), SYMBOLS)[1])
    for layer in (0, 1):
        np.testing.assert_array_equal(arrays[f"layers.{layer}.b"], np.repeat([0, forget_bias, 0, 0], 8))
    assert not arrays["output.b"].any()


def test_fused_initialisation_is_that_of_keras() -> None:
    recipe = replace(SMALL, hidden=64, initialisation="fused")
    arrays = to_arrays(build(recipe, 57)[1])
    wh = arrays["layers.0.wh"].astype(np.float64)
    np.testing.assert_allclose(wh @ wh.T, np.eye(64), atol=1e-6)
    _assert_uniform_within(arrays["layers.0.wx"], np.sqrt(6 / (57 + 4 * 64)))
    _assert_uniform_within(arrays["output.w"], np.sqrt(6 / (64 + 57)))


def test_per_gate_initialisation_makes_every_gates_matrix_orthogonal() -> None:
    recipe = replace(SMALL, hidden=64, initialisation="per-gate", layers=2)
    arrays = to_arrays(build(recipe, 57)[1])
    for layer, inputs in ((0, 57), (1, 64)):
        for gate in np.split(arrays[f"layers.{layer}.wh"].astype(np.float64), 4, axis=1):
            np.testing.assert_allclose(gate @ gate.T, np.eye(64), atol=1e-6)
        for gate in np.split(arrays[f"layers.{layer}.wx"], 4, axis=1):
            _assert_uniform_within(gate, np.sqrt(6 / (inputs + 64)))


def _assert_uniform_within(array: np.ndarray, limit: float) -> None:
    assert np.abs(array).max() <= limit
    assert np.abs(array).max() > 0.98 * limit
    assert abs(array.mean()) < 4 * limit / np.sqrt(3 * array.size)
    np.testing.assert_allclose(array.std(), limit / np.sqrt(3), rtol=0.05)


def test_orthogonal_matrices_are_uniform_over_rotations_and_reflections() -> None:
    """QR alone leaves R's diagonal of one sign, which biases the first entries."""
    corners = [
        np.split(to_arrays(build(replace(SMALL, hidden=2, random_seed=seed), 3)[1])["layers.0.wh"], 4, axis=1)
        for seed in range(250)
    ]
    corners = np.array(corners).reshape(-1, 2, 2)
    assert abs(np.mean(corners[:, 0, 0])) < 0.1
    assert 0.4 < np.mean(np.linalg.det(corners) > 0) < 0.6


def test_carries_have_a_place_for_every_layer_and_lane() -> None:
    carries = assemble(*build(replace(SMALL, layers=3), SYMBOLS)).begin(LANES)
    assert [leaf.shape for leaf in jax.tree.leaves(carries)] == [(LANES, 8)] * 6
