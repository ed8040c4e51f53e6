"""How well a text is predicted, read in one go and in stretches: against NumPy, and where the state drifts."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import pytest

from corpora.progress import Pace, TextProgress
from model.networks.network import build
from model.recipe import FAST, Recipe
from model.training.dynamic_evaluation import learn_from
from model.training.evaluation import EVALUATION_BLOCK, RUN_UP, STRETCH, STRETCHES, Judgement, evaluate, judge
from model.training.events import DRIFT
from model.training.named_arrays import to_arrays

pytestmark = pytest.mark.usefixtures("two_devices")

SYMBOLS = 7
LANES = replace(FAST, hidden=8)
DEEP = replace(LANES, layers=2)

ONES = np.ones(SYMBOLS, np.int32)
"""Characters of every token."""


def numpy_losses(params: Any, recipe: Recipe, ids: np.ndarray) -> np.ndarray:
    """Nats of each predicted character, (N - 1, B), in float64; lanes (N, B) are read from an empty state."""
    w = {name: leaf.astype(np.float64) for name, leaf in to_arrays(params).items()}
    c, h = np.zeros((2, recipe.layers, ids.shape[1], recipe.hidden))
    losses = []
    for here, there in itertools.pairwise(ids):
        below = np.eye(SYMBOLS)[here]
        for layer in range(recipe.layers):
            z = below @ w[f"layers.{layer}.wx"] + h[layer] @ w[f"layers.{layer}.wh"] + w[f"layers.{layer}.b"]
            i, f, g, o = np.split(z, 4, axis=1)
            c[layer] = c[layer] / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
            below = h[layer] = np.tanh(c[layer]) / (1 + np.exp(-o))
        logits = below @ w["output.w"] + w["output.b"]
        losses.append(np.log(np.exp(logits).sum(axis=1)) - logits[range(len(there)), there])
    return np.array(losses)


def test_the_loss_of_a_text_equals_numpys_whatever_its_length(ids: np.ndarray) -> None:
    graph, params = build(DEEP, SYMBOLS)
    for length in (2, 100, EVALUATION_BLOCK, EVALUATION_BLOCK + 1, EVALUATION_BLOCK + 2, 2 * EVALUATION_BLOCK + 100):
        expected = numpy_losses(params, DEEP, ids[:length, None]).mean()
        np.testing.assert_allclose(evaluate(graph, params, ids[:length], ONES), expected, rtol=2e-6)
        assert judge(graph, params, ids[:length], ONES).held_out == evaluate(graph, params, ids[:length], ONES)


def test_how_far_a_long_text_is_scored_is_told(ids: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "is_due", lambda pace: True)
    told, (graph, params) = list[TextProgress](), build(LANES, SYMBOLS)
    text = ids[: 2 * EVALUATION_BLOCK + 100]
    evaluate(graph, params, text, ONES, told.append)
    assert told == [TextProgress("scoring", each * EVALUATION_BLOCK, len(text)) for each in range(3)]
    del told[:]
    learn_from(graph, params, text[:3000], ONES, rate=0.0, progress=told.append)
    assert [each.total for each in told] == [3000] * 3


def test_a_text_with_nothing_to_predict_has_no_loss() -> None:
    graph, params = build(LANES, SYMBOLS)
    for length in (0, 1):
        assert math.isnan(evaluate(graph, params, np.zeros(length, np.int32), ONES))
        assert math.isnan(judge(graph, params, np.zeros(length, np.int32), ONES).held_out)


def test_an_interrupted_evaluation_gives_no_loss(ids: np.ndarray) -> None:
    graph, params = build(LANES, SYMBOLS)
    answers = iter([False, True])
    stopped = judge(graph, params, ids, ONES, lambda: next(answers))
    assert math.isnan(stopped.held_out)
    assert stopped.windowed is None
    assert next(answers, None) is None


@pytest.mark.parametrize("length", [RUN_UP + STRETCH + 1, 300, 5000])
def test_stretches_count_what_comes_after_their_run_up(ids: np.ndarray, length: int) -> None:
    graph, params = build(replace(DEEP, forget_bias=6.0), SYMBOLS)  # remembers so long that it matters where it begins
    text = ids[:length]
    starts = np.linspace(0, length - 1 - RUN_UP - STRETCH, STRETCHES).astype(int)
    counted = starts + np.arange(RUN_UP, RUN_UP + STRETCH)[:, None]
    anew = numpy_losses(params, DEEP, text[starts + np.arange(RUN_UP + STRETCH + 1)[:, None]])[RUN_UP:]
    carried = numpy_losses(params, DEEP, text[:, None])[:, 0]
    judged = judge(graph, params, text, ONES)
    assert judged.windowed is not None
    assert judged.windowed - judged.held_out == pytest.approx((anew - carried[counted]).mean(), abs=1e-5)
    same = length == RUN_UP + STRETCH + 1
    assert (judged.windowed == pytest.approx(judged.held_out, abs=1e-5)) == same, "only the first stretch begins alike"


def test_a_text_shorter_than_a_stretch_is_read_in_one_way_only(ids: np.ndarray) -> None:
    graph, params = build(LANES, SYMBOLS)
    text = ids[: RUN_UP + STRETCH]
    assert judge(graph, params, text, ONES) == Judgement(evaluate(graph, params, text, ONES), None)


def test_a_drifting_state_raises_the_loss_of_the_text_read_in_one_go(ids: np.ndarray) -> None:
    graph, params = build(replace(LANES, hidden=1), SYMBOLS)
    params = jax.tree.map(np.zeros_like, params)
    # Nothing is forgotten, every character adds a thousandth, and what is remembered says: always the first symbol.
    params["layers"][0]["b"] = np.array([20, 20, 0.001, 20], np.float32)
    params["output"]["w"] = np.array([[5] + [0] * (SYMBOLS - 1)], np.float32)
    judged = judge(graph, params, ids[:5000], ONES)
    assert judged.windowed is not None
    assert judged.held_out > judged.windowed + 10 * DRIFT
