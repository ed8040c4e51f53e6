"""Dropout of outputs and of weights: chances, means, and draws that depend on lane, layer and step alone."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.networks.dropout import drop_weights, dropout_masks
from model.networks.network import assemble, build
from model.networks.recurrent import lstm
from model.recipe import FAST

pytestmark = pytest.mark.usefixtures("two_devices")


def test_dropout_keeps_each_output_with_its_chance_and_the_mean_as_it_was() -> None:
    masks = np.array(jax.jit(lambda key: dropout_masks(0.25, (2, 200), key, 0, 50))(jax.random.key(1)))
    assert masks.shape == (2, 50, 200)
    assert set(np.unique(masks)) == {0, np.float32(1 / 0.75)}
    assert abs(masks.mean() - 1) < 0.02
    assert len({mask.tobytes() for mask in masks.reshape(-1, 200)}) == 100, "layers and lanes draw on their own"


def test_dropout_is_drawn_by_lane_whatever_the_device() -> None:
    draw = jax.jit(lambda seed, first: dropout_masks(0.3, (2, 16), jax.random.key(seed), first, 8))
    np.testing.assert_array_equal(draw(1, 4)[:, :4], draw(1, 0)[:, 4:])
    assert not np.array_equal(draw(2, 0), draw(1, 0))


def test_weight_drop_keeps_each_weight_with_its_chance_and_the_mean_as_it_was() -> None:
    dropped = np.array(drop_weights(jnp.ones((64, 256)), jax.random.key(3), 0.25))
    assert set(np.unique(dropped)) == {0, np.float32(4 / 3)}
    assert abs(dropped.mean() - 1) < 0.03


def test_what_a_weight_draws_has_nothing_to_do_with_its_neighbours_or_with_other_steps() -> None:
    rows, columns, chance = 128, 512, 0.4
    draw = jax.jit(
        lambda step: drop_weights(jnp.ones((rows, columns)), jax.random.fold_in(jax.random.key(7), step), chance)
    )
    steps = np.array([draw(step) for step in range(32)]) > 0
    off = (steps - (1 - chance)) / np.sqrt(chance * (1 - chance))  # of mean 0 and variance 1
    for axis in range(3):  # the largest of thousands of means that are drawn like this is 4 to 5
        assert np.abs(off.mean(axis=axis)).max() * np.sqrt(off.shape[axis]) < 6
    for step, row, column in [(1, 0, 0), (2, 0, 0), (0, 1, 0), (0, 0, 1), (0, 0, 2), (0, 0, 4), (0, 0, 256), (1, 0, 1)]:
        other = np.roll(off, (step, row, column), (0, 1, 2))
        assert abs((off * other).mean()) * np.sqrt(off.size) < 4
    chances = np.array([drop_weights(jnp.ones((512, 512)), jax.random.key(8), each) == 0 for each in (0.1, 0.5, 0.95)])
    np.testing.assert_allclose(chances.mean((1, 2)), [0.1, 0.5, 0.95], atol=0.004)


def test_only_recurrent_weights_are_dropped_and_every_layer_and_step_has_its_own_draw(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = replace(FAST, hidden=64, layers=2, batch=4, weight_drop=0.25)
    graph, params = build(recipe, 7)
    params = jax.tree.map(jnp.ones_like, params)
    used: list[tuple[np.ndarray, np.ndarray]] = []

    def recur(zx, wh, carry, *_):  # type: ignore[no-untyped-def]
        used.append((np.array(zx), np.array(wh)))
        return jnp.ones((3, 4, 64)), carry

    monkeypatch.setattr(lstm, "recur", recur)
    network = assemble(graph, params)
    for seed in (3, 4):
        network.regularise(recipe, jax.random.key(seed), 0, 4)(np.zeros((3, 4), int), network.begin(4))
    for zx, wh in used:
        assert len(np.unique(zx)) == 1
        assert set(np.unique(wh)) == {0, np.float32(4 / 3)}
        assert abs(wh.mean() - 1) < 0.03
    assert len({wh.tobytes() for _, wh in used}) == 4
