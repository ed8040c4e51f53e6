"""Counting what followed equal contexts, mixed with a network's predictions: the definition, and no look ahead."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest

from model.baselines.contexts import LATEST, Contexts
from model.baselines.mixing import Mixture, predictions
from model.tokens.characters import CharacterTokenizer

pytestmark = pytest.mark.usefixtures("two_devices")

ABC = CharacterTokenizer(" ,abc")


def text(length: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).choice(len(ABC), length, p=[0.2, 0.05, 0.4, 0.2, 0.15]).astype(np.int32)


def contexts_of(text: str, place: int) -> list[str]:
    """3, 5 and 8 characters; the word so far; and with the word before it."""
    word = place
    while word and text[word - 1].isalnum():
        word -= 1
    before = word
    while before and not text[before - 1].isalnum():
        before -= 1
    while before and text[before - 1].isalnum():
        before -= 1
    return [text[max(0, place - order) : place] for order in (3, 5, 8)] + [text[word:place], text[before:place]]


def followers_of(ids: np.ndarray, place: int) -> list[list[int]]:
    """Found by looking for them."""
    written = ABC.decode(ids)
    return [
        [int(ids[earlier]) for earlier in reversed(range(place)) if contexts_of(written, earlier)[kind] == context]
        for kind, context in enumerate(contexts_of(written, place))
    ]


def test_the_followers_are_those_of_earlier_equal_contexts_the_latest_first() -> None:
    ids = text(300)
    found = Contexts(ids, ABC).followers(20, 300)
    for place in range(20, 300):
        for kind, expected in enumerate(followers_of(ids, place)):
            there = found[place - 20, kind]
            assert there[there >= 0].tolist() == expected[:LATEST], (place, kind)


def test_what_comes_later_changes_no_followers() -> None:
    ids = text(400)
    changed = np.concatenate([ids[:200], text(200, seed=2)])
    np.testing.assert_array_equal(Contexts(ids, ABC).followers(0, 200), Contexts(changed, ABC).followers(0, 200))


def test_each_prediction_is_a_distribution_and_the_formula() -> None:
    ids = text(200)
    logits = np.random.default_rng(3).normal(size=(200, len(ABC))).astype(np.float32)
    every = np.exp(np.asarray(predictions(logits, Contexts(ids, ABC).followers(0, 200))), dtype=np.float64)
    np.testing.assert_allclose(every.sum(axis=-1), 1, atol=1e-5)
    for place in (0, 5, 150, 199):
        network = np.asarray(jax.nn.softmax(logits[place]))
        expected, followers = [network], followers_of(ids, place)
        for chain in (followers[:3], followers[3:]):
            q = network
            for tokens in (each[:LATEST] for each in chain):
                counts = np.bincount(tokens, minlength=len(ABC))
                if tokens:
                    q = (counts + len({*tokens}) * q) / (len(tokens) + len({*tokens}))
                expected.append(q)
        np.testing.assert_allclose(every[place], expected, rtol=1e-4, atol=1e-6)


def losses(known: np.ndarray, ids: np.ndarray, logits: np.ndarray, block: int) -> np.ndarray:
    """Of all tokens but the first."""
    mixture = Mixture(known, ids, ABC)
    parts = [np.asarray(mixture.losses(logits[start : start + block], start + 1)) for start in range(0, 60, block)]
    return np.concatenate(parts)


def test_the_mixed_probabilities_of_the_next_token_sum_to_1() -> None:
    known, ids = text(300), text(61, seed=4)
    logits = np.random.default_rng(5).normal(size=(60, len(ABC))).astype(np.float32)
    total = 0.0
    for token in range(len(ABC)):
        ids[60] = token
        total += math.exp(-losses(known, ids, logits, 20)[59])
    assert total == pytest.approx(1, abs=1e-5)


def test_no_token_helps_to_predict_itself_or_one_before() -> None:
    known, ids = text(300), text(61, seed=4)
    logits = np.zeros((60, len(ABC)), np.float32)
    changed = ids.copy()
    changed[41:] = (changed[41:] + 1) % len(ABC)
    before, after = losses(known, ids, logits, 20), losses(known, changed, logits, 20)
    np.testing.assert_array_equal(before[:40], after[:40])
    assert (before[40:] != after[40:]).any()


def test_blocks_make_no_difference_and_a_repeated_text_is_predicted_better_each_time() -> None:
    once = text(20)
    ids = np.concatenate([once, once, once, once[:1]])
    logits = np.zeros((60, len(ABC)), np.float32)
    whole = losses(once[:0], ids, logits, 60)
    np.testing.assert_allclose(losses(once[:0], ids, logits, 20), whole, rtol=1e-5)
    first, second, third = whole.reshape(3, 20).mean(axis=1)
    assert third < second < first


def test_the_weights_of_the_mixture_follow_the_gradient() -> None:
    known, ids = text(300), text(41, seed=4)
    logits = np.random.default_rng(5).normal(size=(40, len(ABC))).astype(np.float32)
    inputs = predictions(logits, Contexts(np.concatenate([known, ids]), ABC).followers(301, 341))
    w, expected = np.array([0.5, *[0.12] * 5], np.float32), []

    def loss(w: np.ndarray, place: int) -> jax.Array:
        return -jax.nn.log_softmax(w @ inputs[place])[ids[1 + place]]

    for place in range(40):
        value, gradient = jax.value_and_grad(loss)(w, place)
        expected.append(float(value))
        w = w - 0.0004 * gradient
    np.testing.assert_allclose(np.asarray(Mixture(known, ids, ABC).losses(logits, 1)), expected, rtol=1e-4)
