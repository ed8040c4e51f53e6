"""Dynamic evaluation: each stretch is judged before it is learned from."""

from __future__ import annotations

import math
from dataclasses import replace

import jax
import numpy as np
import pytest

from model.networks.network import assemble, build
from model.recipe import FAST
from model.training.dynamic_evaluation import learn_from
from model.training.evaluation import evaluate
from model.training.named_arrays import to_arrays
from model.training.train_step import cross_entropy

pytestmark = pytest.mark.usefixtures("two_devices")

SYMBOLS = 7
ONES = np.ones(SYMBOLS, np.int32)
RECIPE = replace(FAST, hidden=8, layers=2)


@pytest.mark.parametrize("length", [2, 20, 21, 1281, 3000])
def test_with_a_rate_of_zero_it_equals_plain_evaluation(ids: np.ndarray, length: int) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    after, loss = learn_from(graph, params, ids[:length], ONES, rate=0.0)
    assert loss == pytest.approx(evaluate(graph, params, ids[:length], ONES), abs=1e-5)
    for name, array in to_arrays(after).items():
        np.testing.assert_array_equal(array, to_arrays(params)[name])


def test_dynamic_evaluation_improves_only_what_comes_later(ids: np.ndarray) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    _, still = learn_from(graph, params, ids, ONES, rate=0.0)
    _, moving = learn_from(graph, params, ids, ONES)
    assert moving < still - 0.02
    first = ids[:21]
    assert learn_from(graph, params, first, ONES)[1] == pytest.approx(
        learn_from(graph, params, first, ONES, rate=0.0)[1], abs=1e-6
    )


def test_steps_are_the_formula_over_stretches_of_20(ids: np.ndarray) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    text, expected, memory = ids[:54], params, assemble(graph, params).begin(1)
    for start in (0, 20, 40):
        inputs, targets = text[start : start + 20][: 53 - start], text[start + 1 : start + 21]

        def loss(params: dict, inputs: np.ndarray = inputs, targets: np.ndarray = targets, memory=memory):
            logits, after = assemble(graph, params).read(inputs[:, None], memory)
            return cross_entropy(logits[:, 0], targets).mean(), after

        gradient, memory = jax.grad(loss, has_aux=True)(expected)
        norm = math.sqrt(sum(float((leaf**2).sum()) for leaf in jax.tree.leaves(gradient)))
        expected = jax.tree.map(lambda p, g, n=norm: p - 0.5 * g / max(1.0, n), expected, gradient)
    after, _ = learn_from(graph, params, text, ONES, rate=0.5)
    for name, array in to_arrays(after).items():
        np.testing.assert_allclose(array, to_arrays(expected)[name], atol=1e-5)


def test_a_text_without_targets_changes_no_weights() -> None:
    graph, params = build(RECIPE, SYMBOLS)
    after, loss = learn_from(graph, params, np.array([3]), ONES)
    assert math.isnan(loss)
    assert after is params
