"""Dynamic evaluation: each stretch is judged before it is learned from."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from model.baselines.mixing import Mixture
from model.networks.network import Params, assemble, build
from model.recipe import FAST
from model.tokens.characters import CharacterTokenizer
from model.training.dynamic_evaluation import learn_from
from model.training.evaluation import evaluate
from model.training.named_arrays import from_arrays, to_arrays
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


@pytest.mark.parametrize("mixed", [False, True])
def test_with_a_rate_of_zero_it_predicts_what_it_does_where_weights_hardly_move(
    ids: np.ndarray, mixed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    known, text = ids[:5000], ids[5000:7000]

    def loss(rate: float) -> float:
        mixture = Mixture(known, text, CharacterTokenizer("abcdefg")) if mixed else None
        return learn_from(graph, params, text, ONES, rate, mixture)[1]

    moving = loss(1e-30)
    monkeypatch.setattr(jax, "grad", pytest.fail)
    assert loss(0.0) == pytest.approx(moving, abs=1e-6)


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
    graph, trained = build(RECIPE, SYMBOLS)
    text, memory = ids[:54], assemble(graph, trained).begin(1)
    expected = {name: np.asarray(array, np.float64) for name, array in to_arrays(trained).items()}
    params, squares = trained, []
    for start in (0, 20, 40):
        inputs, targets = text[start : start + 20][: 53 - start], text[start + 1 : start + 21]

        def loss(params: Params, inputs: np.ndarray = inputs, targets: np.ndarray = targets, memory: Any = memory):
            logits, after = assemble(graph, params).read(inputs[:, None], memory)
            return cross_entropy(logits[:, 0], targets).mean(), after

        gradient, memory = jax.grad(loss, has_aux=True)(params)
        gradients = {name: np.asarray(array, np.float64) for name, array in to_arrays(gradient).items()}
        squares.append({name: g**2 for name, g in gradients.items()})
        r = {name: np.sqrt(np.mean([each[name] for each in squares], axis=0)) for name in gradients}
        m = np.mean(np.concatenate([each.ravel() for each in r.values()]))
        for name, g in gradients.items():
            back = np.minimum(1, 0.001 * r[name] / m) * (np.asarray(to_arrays(trained)[name]) - expected[name])
            expected[name] = expected[name] - 0.5 * g / (r[name] + 0.1 * m) + back
        params = from_arrays({name: array.astype(np.float32) for name, array in expected.items()}, trained)
    after, _ = learn_from(graph, trained, text, ONES, rate=0.5)
    for name, array in to_arrays(after).items():
        np.testing.assert_allclose(array, expected[name], atol=1e-3)


def test_learning_is_the_same_each_time_and_leaves_the_given_weights(ids: np.ndarray) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    given = {name: np.array(array) for name, array in to_arrays(params).items()}
    (once, loss), (again, same) = (learn_from(graph, params, ids[:3000], ONES) for _ in range(2))
    assert loss == same
    for name, array in to_arrays(once).items():
        np.testing.assert_array_equal(array, to_arrays(again)[name])
        np.testing.assert_array_equal(given[name], to_arrays(params)[name])


def test_what_follows_a_text_is_predicted_better_after_learning_from_it(ids: np.ndarray) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    learned, _ = learn_from(graph, params, ids[:3000], ONES)
    assert evaluate(graph, learned, ids[3000:4000], ONES) < evaluate(graph, params, ids[3000:4000], ONES) - 0.02


def test_counting_is_mixed_in_without_changing_what_the_network_learns(ids: np.ndarray) -> None:
    graph, params = build(RECIPE, SYMBOLS)
    tokenizer, known, text = CharacterTokenizer("abcdefg"), ids[:5000], ids[5000:7000]
    alone, loss = learn_from(graph, params, text, ONES)
    both, mixed = learn_from(graph, params, text, ONES, mixture=Mixture(known, text, tokenizer))
    assert mixed < loss - 0.1
    for name, array in to_arrays(both).items():
        np.testing.assert_allclose(array, to_arrays(alone)[name], atol=1e-6)


def test_a_text_without_targets_changes_no_weights() -> None:
    graph, params = build(RECIPE, SYMBOLS)
    after, loss = learn_from(graph, params, np.array([3]), ONES)
    assert math.isnan(loss)
    assert after is params
