"""The causal convolution: what Keras's computes from the same weights, how far back it sees, and what it carries."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.networks.conv import convolved, normalised
from model.networks.network import assemble, build, places_together
from model.networks.sight import receptive_field
from model.recipe import preset
from model.training.named_arrays import from_arrays
from tests.model.conftest import GOLDEN

pytestmark = pytest.mark.usefixtures("two_devices")

KERAS = json.loads((GOLDEN / "keras_conv.json").read_text("utf-8"))
SMALL = replace(preset("fast", "conv"), hidden=4, layers=3, kernel=3, dilations=(1, 2, 4))


def test_it_computes_what_a_stack_of_kerass_causal_convolutions_does() -> None:
    weights = {name: np.array(each, np.float32) for name, each in KERAS["weights"].items()}
    ids, logits = np.array(KERAS["ids"], np.int32), np.array(KERAS["logits"], np.float32)
    graph, params = build(SMALL, 5)
    network = assemble(graph, from_arrays(weights, params))
    got, _ = network.read(ids, network.begin(2))
    np.testing.assert_allclose(got, logits, atol=1e-5)

    # The first layer alone: a plain Conv1D(padding="causal").
    x = np.concatenate([np.zeros((2, 2, 4), np.float32), normalised(weights["embedding"][ids])])
    taps = [jnp.asarray(x[start : start + 16]) for start in (0, 1, 2)]
    plain = convolved(taps, weights["layers.0.w"]) + weights["layers.0.b"]
    np.testing.assert_allclose(plain, KERAS["convolved"], atol=1e-5)


@pytest.mark.parametrize(
    ("kernel", "layers", "dilations", "field", "gaps"),
    [(2, 3, (1, 2, 4, 8), 8, ()), (3, 2, (1, 3), 9, ()), (2, 4, (1, 2), 7, ()), (3, 2, (1, 4), 11, (4, 8))],
)
def test_it_sees_exactly_its_receptive_field(
    random: np.random.Generator, kernel: int, layers: int, dilations: tuple[int, ...], field: int, gaps: tuple[int, ...]
) -> None:
    recipe = replace(SMALL, kernel=kernel, layers=layers, dilations=dilations)
    assert receptive_field(recipe) == field
    assert recipe.sight == ("sees 9 of the last 11 characters" if gaps else f"sees {field} characters back")
    network = assemble(*build(recipe, 5))
    read = jax.jit(lambda ids: network.read(ids, network.begin(3), 1)[0])
    ids = random.integers(0, 5, (field + 3, 3))
    logits = read(ids)
    for back in range(1, field + 4):
        other = ids.copy()
        other[-back] = (other[-back] + 1) % 5
        assert np.array_equal(read(other), logits) == (back > field or back in gaps), back


def test_a_network_that_carries_a_memory_has_no_receptive_field() -> None:
    for kind in ("lstm", "gru", "rnn"):
        assert receptive_field(preset("fast", kind)) is None
        assert preset("fast", kind).sight == ""
    assert replace(SMALL, tokens="words").sight == "sees 15 tokens back"


def test_what_is_carried_is_what_will_be_looked_at_again() -> None:
    memory = assemble(*build(SMALL, 5)).begin(6)
    assert [queue.shape for queue in memory.before] == [(6, 2, 4), (6, 4, 4), (6, 8, 4)]
    assert memory.units.shape == (6, 3, 4)


def test_the_farther_it_sees_the_fewer_memories_are_looked_at_together() -> None:
    def together(*dilations: int) -> int:
        recipe = replace(preset("fast", "conv"), layers=len(dilations), dilations=dilations)
        return places_together(assemble(*build(recipe, 5)).begin(32), 64)

    assert (together(1, 2, 4, 8), together(16, 64), together(512, 512), together(4096, 4096)) == (64, 64, 4, 1)


def test_products_of_bfloat16_are_off_by_its_rounding_and_no_more(random: np.random.Generator) -> None:
    w = jnp.asarray(random.normal(size=(2, 4, 6)), jnp.float32)
    taps = [jnp.asarray(random.normal(size=(5, 3, 4)), jnp.float32) for _ in range(2)]

    def there_and_back(precision: str) -> list[np.ndarray]:
        outputs, pull_back = jax.vjp(partial(convolved, precision=precision), taps, w)
        return jax.tree.leaves((outputs, pull_back(outputs)))

    for got, exact in zip(there_and_back("bfloat16"), there_and_back("float32"), strict=True):
        assert got.dtype == np.float32
        off = np.linalg.norm(got - exact) / np.linalg.norm(exact)
        assert 0 < off < 3 * 2**-8  # bfloat16 has eight significant bits


def test_each_layer_adds_little_at_first_and_no_two_matrices_begin_alike() -> None:
    _, params = build(replace(SMALL, hidden=32), 50)
    for layer in params["layers"].values():
        others = [layer["skip"], *layer["w"].reshape(3, 32, 2, 32).transpose(0, 2, 1, 3).reshape(-1, 32, 32)]
        assert len({np.asarray(each).tobytes() for each in others}) == 7
        if "residual" in layer:
            assert np.abs(layer["residual"]).max() < 0.11 * np.abs(layer["skip"]).max()
