"""The training step and evaluation: against NumPy and float64, and the same however they are cut or spread."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from jax import lax

from model.networks.dropout import dropout_masks
from model.networks.network import build
from model.recipe import FAST, NOTEBOOK, Recipe
from model.tokens.batches import Batches, Cursor
from model.training import train_step
from model.training.named_arrays import to_arrays
from model.training.train_step import CHUNK, init_state, make_schedule

pytestmark = pytest.mark.usefixtures("two_devices")

SYMBOLS = 7
WINDOWS = replace(NOTEBOOK, hidden=8, window=6, stride=3, batch=16)
LANES = replace(FAST, hidden=8, window=6, batch=16)
DEEP = replace(LANES, layers=2, dropout=0.3)
BEST = replace(DEEP, character_gates=True, weight_drop=0.4, random_offsets=True, rate=0.012, momentum=0.9)
NARROW = replace(BEST, precision="bfloat16")
RECIPES = {
    "notebook": WINDOWS,
    "fast": LANES,
    "two layers with dropout": DEEP,
    "all that best has": BEST,
    "all that best has, in bfloat16": NARROW,
}

each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
GetLearner = Callable[..., Any]


def equal(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> bool:
    """Whether all arrays agree bit by bit."""
    return one.keys() == other.keys() and all(one[name].tobytes() == other[name].tobytes() for name in one)


# One step after the other, in float64


def textbook_loss(params: Any, carries: Any, inputs: Any, targets: Any, weights: Any, masks: Any) -> Any:
    """The formulas of the network and its loss, spelt out; carries are (c, h) a layer."""
    below, after = jax.nn.one_hot(inputs, SYMBOLS, dtype=jnp.float64), []
    for layer, carry in enumerate(carries):
        w = params["layers"][layer]

        def read(carry: Any, x: Any, w: Any = w) -> Any:
            c, h = carry
            i, f, g, o = jnp.split(x @ w["wx"] + h @ w["wh"] + w["b"], 4, axis=-1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (c, h), h

        last, below = lax.scan(read, carry, below)
        below = below * masks[layer]
        after.append(last)
    logits = below[-targets.shape[0] :] @ params["output"]["w"] + params["output"]["b"]
    chosen = jnp.sum(jax.nn.log_softmax(logits) * jax.nn.one_hot(targets, SYMBOLS, dtype=jnp.float64), axis=-1)
    return jnp.sum(-chosen.mean(axis=0) * weights) / jnp.sum(weights), after


class NumpyOptimizer:
    """RMSprop as Keras 3 documents it and AdamW as its paper does, with clipping by the global norm."""

    def __init__(self, recipe: Recipe, params: Any) -> None:
        self.recipe, self.steps = recipe, 0
        self.mean = jax.tree.map(np.zeros_like, params)
        self.square = jax.tree.map(np.zeros_like, params)
        self.clipped = 0

    def direction(self, params: Any, gradient: Any) -> Any:
        recipe = self.recipe
        norm = np.sqrt(sum(np.sum(leaf**2) for leaf in jax.tree.leaves(gradient)))
        if recipe.clip and norm > recipe.clip:
            self.clipped += 1
            gradient = jax.tree.map(lambda g: g * recipe.clip / norm, gradient)
        self.steps += 1
        decay, momentum = recipe.decay, recipe.momentum
        self.square = jax.tree.map(lambda v, g: decay * v + (1 - decay) * g**2, self.square, gradient)
        if recipe.optimizer == "rmsprop":
            return jax.tree.map(lambda g, v: g / np.sqrt(v + recipe.epsilon), gradient, self.square)
        self.mean = jax.tree.map(lambda m, g: momentum * m + (1 - momentum) * g, self.mean, gradient)
        m_scale, v_scale = 1 - momentum**self.steps, 1 - decay**self.steps
        return jax.tree.map(
            lambda m, v, p: (m / m_scale) / (np.sqrt(v / v_scale) + recipe.epsilon) + recipe.weight_decay * p,
            self.mean,
            self.square,
            params,
        )


REFERENCES = {
    "notebook": WINDOWS,
    "all that adamw has": replace(
        DEEP, clip=0.2, weight_decay=0.1, decay=0.99, momentum=0.8, epsilon=1e-3, rate=0.02, warmup=0.25
    ),
}


@pytest.mark.parametrize("recipe", REFERENCES.values(), ids=REFERENCES.keys())
def test_steps_follow_the_formulas_in_float64(learner: GetLearner, recipe: Recipe) -> None:
    steps = 6
    learn = learner(recipe, 1, 100 if recipe.schedule == "constant" else steps)
    state = learn.begin()
    params = jax.tree.map(lambda leaf: np.array(leaf, np.float64), state.params)
    key, batches = np.array(state.key), learn.reader.take(Cursor(0, 0), steps)
    if recipe.reading == "windows":
        batches.weights[-1, 5:] = 0
    keys = jax.vmap(lambda step: jax.random.fold_in(jnp.asarray(key), step))(jnp.arange(steps))
    shape = (recipe.layers, recipe.hidden)
    draw = jax.jit(jax.vmap(lambda key: dropout_masks(recipe.dropout, shape, key, 0, recipe.batch)))
    masks = np.array(draw(keys), np.float64)
    state, metrics = learn.steps(state, batches)

    optimizer, clean = NumpyOptimizer(recipe, params), np.zeros((recipe.batch, recipe.hidden))
    carries: Any = [(clean, clean)] * recipe.layers
    with jax.enable_x64(True):
        differentiate = jax.jit(jax.value_and_grad(textbook_loss, has_aux=True))
        for step in range(steps):
            (loss, after), gradient = differentiate(params, carries, *(array[step] for array in batches), masks[step])
            assert gradient["output"]["w"].dtype == np.float64
            direction = optimizer.direction(params, jax.tree.map(np.array, gradient))
            rate = one_cycle(recipe, step, steps) if recipe.schedule == "one-cycle" else recipe.rate
            params = jax.tree.map(lambda p, d, rate=rate: p - rate * d, params, direction)
            carries = after if learn.reader.carried else carries
            np.testing.assert_allclose(metrics.losses[step], float(loss), atol=2e-6)
            np.testing.assert_allclose(metrics.rates[step], rate, rtol=1e-5)
    assert (optimizer.clipped > 0) == (recipe.clip > 0)
    for name, array in to_arrays(params).items():
        np.testing.assert_allclose(to_arrays(state.params)[name], array, atol=5e-6, err_msg=name)
    for got, expected in zip(jax.tree.leaves(state.memory), jax.tree.leaves(carries), strict=True):
        np.testing.assert_allclose(got, expected, atol=5e-6)
    np.testing.assert_array_equal(metrics.counts, batches.weights.sum(axis=1))
    assert int(state.step) == steps


def one_cycle(recipe: Recipe, step: int, total: int) -> float:
    """From rate / 25 straight up to the rate, then down half a cosine to rate / 100."""
    warmup = max(1, round(recipe.warmup * total))
    if step < warmup:
        return recipe.rate / 25 + (recipe.rate - recipe.rate / 25) * step / warmup
    low = recipe.rate / 100
    return low + (recipe.rate - low) * (1 + math.cos(math.pi * (step - warmup) / (total - warmup))) / 2


# However it is cut and spread


@each_recipe
def test_the_length_of_chunks_changes_no_bit(learner: GetLearner, recipe: Recipe) -> None:
    learn = learner(recipe)
    state, losses = learn.learn(12)
    for cuts in ((3, 3, 3, 3), (1,) * 12, (5, 7)):
        other_state, other_losses = learn.learn(*cuts)
        assert other_losses.tobytes() == losses.tobytes()
        assert equal(other_state, state)


@pytest.mark.parametrize("name", [name for name in RECIPES if name != "fast"])  # it has its own
def test_two_devices_train_like_one(learner: GetLearner, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPES[name]
    monkeypatch.setattr(train_step, "SMALL", 8 * SYMBOLS)  # some arrays are joined to be summed, some are not
    state, losses = learner(recipe, 1).learn(64, 36)
    other_state, other_losses = learner(recipe, 2).learn(64, 36)
    assert losses[-10:].mean() < losses[:10].mean() - 0.05, "something was learned"
    # Where a sum differs in its last bit, bfloat16 may round a factor the other way.
    near = 1e-5 if recipe.precision == "float32" else 1e-3
    np.testing.assert_allclose(other_losses, losses, atol=near)
    for part, array in state.items():
        if part.startswith(("params", "memory")):
            np.testing.assert_allclose(other_state[part], array, atol=10 * near, err_msg=part)


def test_fast_as_it_is_takes_the_same_first_steps_on_two_devices(learner: GetLearner) -> None:
    """Later steps may differ: at its rate without momentum, rounding grows (see tests/benchmarks/README.md)."""
    batches = learner(FAST, 1).reader.take(Cursor(0, 0), 9)
    (_, one), (_, two) = ((each := learner(FAST, devices)).steps(each.begin(), batches) for devices in (1, 2))
    assert one.losses[-1] < one.losses[0] - 0.05, "something was learned"
    np.testing.assert_allclose(two.losses, one.losses, atol=1e-5)
    np.testing.assert_allclose(two.norms, one.norms, rtol=1e-4)


def test_chunks_of_any_length_and_changes_of_the_rate_compile_once(
    learner: GetLearner, compilations: Callable[[], int]
) -> None:
    learn = learner(LANES)
    state, _ = learn.steps(learn.begin(), learn.reader.take(Cursor(0, 0), 2))
    before = compilations()
    for at, n in enumerate((1, 2, 5, CHUNK)):
        scale = jax.device_put(np.float32(0.5**at), state.rate_scale.sharding)
        state, metrics = learn.steps(state._replace(rate_scale=scale), learn.reader.take(Cursor(0, at), n))
        assert np.isfinite(metrics.losses).all()
    assert compilations() == before


def test_a_state_copied_to_the_host_and_back_continues_bit_exactly(learner: GetLearner) -> None:
    learn = learner(DEEP, 2)
    state, losses = learn.learn(12)
    half, _ = learn.steps(learn.begin(), learn.reader.take(Cursor(0, 0), 5))
    copied = train_step.place_state(jax.tree.map(np.array, half), learn.mesh)
    end, metrics = learn.steps(copied, learn.reader.take(Cursor(0, 5), 7))
    assert metrics.losses.tobytes() == losses[5:].tobytes()
    assert equal(to_arrays(end), state)


@pytest.mark.parametrize("devices", [1, 2])
def test_training_does_not_change_the_initial_parameters(learner: GetLearner, devices: int) -> None:
    learn = learner(WINDOWS, devices)
    _, params = build(WINDOWS, SYMBOLS)
    before = to_arrays(params)
    host = jax.tree.map(np.array, params)
    batches = learn.reader.take(Cursor(0, 0), 3)
    learn.steps(init_state(learn.graph, WINDOWS, host, learn.mesh), batches)
    assert equal(to_arrays(host), before)
    learn.steps(init_state(learn.graph, WINDOWS, params, learn.mesh), batches)
    assert equal(to_arrays(params), before)


def test_the_state_before_a_training_step_is_donated(learner: GetLearner) -> None:
    learn = learner(LANES, 1)
    state, batches = learn.begin(), learn.reader.take(Cursor(0, 0), 1)
    learn.steps(state, batches)
    with pytest.raises((RuntimeError, ValueError), match=r"deleted|donated"):
        learn.steps(state, batches)


# What a batch counts for


def test_padding_does_not_count_in_the_loss(learner: GetLearner) -> None:
    learn = learner(WINDOWS, 2)
    batches = learn.reader.take(Cursor(0, 0), 3)
    batches.weights[:, 5:] = 0
    other = Batches(batches.inputs.copy(), batches.targets.copy(), batches.weights)
    other.inputs[:, :, 5:], other.targets[:, :, 5:] = 1, 2
    (state, metrics), (other_state, other_metrics) = (
        learn.steps(learn.begin(), batches),
        learn.steps(learn.begin(), other),
    )
    assert metrics.losses.tobytes() == other_metrics.losses.tobytes()
    assert metrics.counts.tolist() == [5, 5, 5]
    assert equal(to_arrays(state), to_arrays(other_state))


def test_a_padded_batch_trains_like_the_smaller_one(learner: GetLearner) -> None:
    full, small = learner(WINDOWS, 1), learner(replace(WINDOWS, batch=5), 1)
    batches = full.reader.take(Cursor(0, 0), 3)
    batches.weights[:, 5:] = 0
    state, metrics = full.steps(full.begin(), batches)
    few = Batches(batches.inputs[:, :, :5], batches.targets[:, :, :5], batches.weights[:, :5])
    small_state, small_metrics = small.steps(small.begin(), few)
    np.testing.assert_allclose(metrics.losses, small_metrics.losses, atol=1e-6)
    for name, array in to_arrays(small_state.params).items():
        np.testing.assert_allclose(to_arrays(state.params)[name], array, atol=1e-5)


def test_windows_begin_empty_at_every_step_and_lanes_do_not(learner: GetLearner) -> None:
    for recipe in (WINDOWS, LANES):
        learn = learner(recipe)
        state, _ = learn.steps(learn.begin(), learn.reader.take(Cursor(0, 0), 3))
        filled = [np.abs(leaf).max() > 0 for leaf in jax.tree.leaves(state.memory)]
        assert filled == [recipe is LANES] * 2


def test_training_memorises_a_few_windows(learner: GetLearner, random: np.random.Generator) -> None:
    recipe = replace(LANES, hidden=32, window=16, batch=4, schedule="constant", rate=0.02)
    learn = learner(recipe)
    text = random.integers(0, SYMBOLS, (1, 17, 4)).astype(np.int32)
    text = np.repeat(text, CHUNK, axis=0)
    batches = Batches(text[:, :-1], text[:, 1:], np.ones((CHUNK, 4), np.float32))
    state = learn.begin()
    for _ in range(5):
        empty = jax.tree.map(lambda leaf: jax.device_put(np.zeros_like(leaf), leaf.sharding), state.memory)
        state, metrics = learn.steps(state._replace(memory=empty), batches)
    assert metrics.losses.min() < 0.05


@pytest.mark.parametrize("recipe", [WINDOWS, LANES, BEST], ids=["notebook", "fast", "all that best has"])
def test_bfloat16_products_train_like_float32(learner: GetLearner, recipe: Recipe) -> None:
    wide_state, wide = learner(recipe).learn(50)
    state, narrow = learner(replace(recipe, precision="bfloat16")).learn(50)
    assert not np.array_equal(narrow, wide)
    np.testing.assert_allclose(narrow, wide, atol=0.01)
    assert {name: array.dtype for name, array in state.items()} == {
        name: array.dtype for name, array in wide_state.items()
    }


# The learning rate


def test_the_scale_of_the_rate_scales_every_step(learner: GetLearner) -> None:
    learn = learner(LANES, 1)
    batches = learn.reader.take(Cursor(0, 0), 4)
    before = to_arrays(learn.begin().params)

    def scaled(scale: float) -> tuple[dict[str, np.ndarray], np.ndarray]:
        state = learn.begin()
        scale_there = jax.device_put(np.float32(scale), state.rate_scale.sharding)
        state, metrics = learn.steps(state._replace(rate_scale=scale_there), batches)
        return to_arrays(state.params), metrics.rates

    _, rates = scaled(1)
    halved, half_rates = scaled(0.5)
    unmoved, no_rates = scaled(0)
    np.testing.assert_allclose(half_rates, rates / 2, rtol=1e-6)
    assert not no_rates.any()
    assert equal(unmoved, before)
    assert not equal(halved, before)


def test_one_cycle_rises_to_the_rate_and_falls_to_a_hundredth() -> None:
    recipe = replace(LANES, rate=0.01, warmup=0.1)
    rates = np.array(jax.jit(jax.vmap(make_schedule(recipe, 200)))(jnp.arange(201)))
    np.testing.assert_allclose(rates, [one_cycle(recipe, step, 200) for step in range(201)], rtol=1e-4)
    assert rates.argmax() == 20
    np.testing.assert_allclose(rates[[0, 20, 200]], [0.01 / 25, 0.01, 0.01 / 100], rtol=1e-4)
    assert np.all(np.diff(rates[:21]) > 0)
    assert np.all(np.diff(rates[20:]) < 0)


def test_a_constant_rate_stays_the_same() -> None:
    schedule = make_schedule(WINDOWS, 100)
    assert {float(schedule(jnp.asarray(step))) for step in (0, 1, 99, 10_000)} == {float(np.float32(0.01))}


@example(2, 0.9, 0)
@given(st.integers(1, 50), st.floats(0, 0.9), st.integers(0, 60))
def test_a_run_of_any_length_has_a_schedule(total: int, warmup: float, step: int) -> None:
    recipe = replace(LANES, rate=0.01, warmup=warmup)
    rate = float(make_schedule(recipe, total)(jnp.asarray(step)))
    assert recipe.rate / 100 * 0.999 <= rate <= recipe.rate * 1.001
