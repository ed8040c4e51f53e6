"""Trace: reading a text place by place tells what writing it told, and its losses are those of the score."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import jax
import numpy as np
import pytest

from model.networks import network
from model.networks.network import build
from model.recipe import FAST
from model.sampling import Sampling
from model.tokens.characters import CharacterTokenizer
from model.writing.language_model import (
    LanguageModel,
    WritingState,
    lane_of,
    make_write_chunk,
    noise_keys,
    repeated,
    with_lane,
)
from model.writing.probabilities import settings_of
from model.writing.trace import LENGTHS, trace, trace_parts

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = "\n ,.abcdefghijklmnopqrstuvwxyz"
COOL, WARM = Sampling(0.5), Sampling(1.2)
LOOKING_BACK = Sampling(0.8, top_p=0.95, mirostat=2.0, dry=0.8, temperature_last=True)


def make(hidden: int, layers: int = 1) -> LanguageModel:
    """A language model with strong opinions: fresh weights alone find every character about as likely."""
    recipe = replace(FAST, hidden=hidden, layers=layers)
    graph, params = build(recipe, len(ALPHABET))
    params["output"]["w"] = params["output"]["w"] * 8
    return LanguageModel(graph, params, recipe, CharacterTokenizer(ALPHABET, lowercase=True))


@pytest.fixture(scope="module", params=[1, 2], ids=["one layer", "two layers"])
def language_model(two_devices: None, request: pytest.FixtureRequest) -> LanguageModel:
    return make(16, request.param)


def write(
    language_model: LanguageModel, state: WritingState, samplings: list[Sampling], lanes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[WritingState]]:
    """The first lane's tokens, probabilities and entropies, one a call, and the states of all lanes after each."""
    write_chunk, state = make_write_chunk(language_model.graph), repeated(state, lanes)
    drawn, states = [], []
    for sampling in samplings:
        settings, keys = settings_of([sampling] * lanes), noise_keys(*[3] * lanes)
        state, _, one = write_chunk(language_model.params, state, settings, keys, n=1)
        drawn.append([np.asarray(each)[0, 0] for each in (one.ids, one.probability, one.entropy)])
        states.append(jax.tree.map(np.asarray, state))
    ids, probability, entropy = (np.array(each) for each in zip(*drawn, strict=True))
    return ids, probability, entropy, states


def test_odds_of_a_large_vocabulary_are_found_in_small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    model = make(16)
    ids = model.encode("a text of some length, " * 6).ids
    whole = trace(model, ids, COOL)
    monkeypatch.setattr("model.writing.trace._MOST_ODDS", 100)
    np.testing.assert_allclose(trace(model, ids, COOL).probability, whole.probability, atol=1e-6)
    assert [len(part.probability) for part in trace_parts(model, ids, COOL)] == [63, 63, len(ids) - 126]


@pytest.mark.parametrize("lanes", [1, 4])
@pytest.mark.parametrize("length", [1, 40, 63, 64, LENGTHS[-1] + 100])
def test_a_trace_tells_what_was_told_while_writing(language_model: LanguageModel, lanes: int, length: int) -> None:
    seed = language_model.read(language_model.encode("a seed of some length").ids)
    samplings = [(COOL, WARM, LOOKING_BACK)[place // 25 % 3] for place in range(length + 1)]
    ids, probability, entropy, states = write(language_model, seed, samplings[:-1], lanes)
    traced = trace(language_model, ids, samplings, repeated(seed, lanes))
    for lane in range(lanes):
        np.testing.assert_allclose(traced.probability[:, lane], probability, atol=1e-5)
        np.testing.assert_allclose(traced.odds.entropy[:-1, lane], entropy, atol=1e-4)
    assert len(traced.places.logits) == length + 1
    for place in {0, length // 2, length - 1}:
        there = jax.tree.map(lambda leaf, at=place + 1: leaf[at], traced.places.states)
        jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, atol=1e-5), there, states[place])
        assert there.position.tolist() == [place + 1] * lanes


def test_writing_goes_on_from_any_place_as_it_did(language_model: LanguageModel) -> None:
    seed, lanes = language_model.read(language_model.encode("a seed").ids), 4
    ids, _, _, _ = write(language_model, seed, [WARM] * 60, lanes)
    places = trace(language_model, ids, WARM, repeated(seed, lanes)).places
    for place in (0, 1, 30, 59):
        state = jax.tree.map(lambda leaf, at=place: leaf[at], places.states)
        again, _, _, _ = write(language_model, lane_of(state, 1), [WARM] * (60 - place), lanes)
        np.testing.assert_array_equal(again, ids[place:])


def test_lanes_may_begin_in_states_of_their_own(language_model: LanguageModel) -> None:
    one, other = (language_model.read(language_model.encode(text).ids) for text in ("one text", "and another"))
    ids = language_model.encode("goes on like this").ids
    both = trace(language_model, ids, WARM, with_lane(repeated(one, 2), 1, other))
    for lane, state in enumerate((one, other)):
        alone = trace(language_model, ids, WARM, state)
        np.testing.assert_allclose(both.probability[:, lane], alone.probability[:, 0], atol=1e-6)


@pytest.mark.parametrize("length", [2, 65, 2000])
def test_the_losses_of_the_places_are_those_of_the_score(
    language_model: LanguageModel, random: np.random.Generator, length: int
) -> None:
    ids = random.integers(0, len(ALPHABET), length)
    parts = list(trace_parts(language_model, ids[1:], Sampling(), language_model.read(ids[:1])))
    losses = -np.log(np.concatenate([part.probability for part in parts]))[:, 0]
    assert len(losses) == length - 1
    assert math.isclose(losses.mean(dtype=np.float64), language_model.score(ids), rel_tol=1e-5)
    whole = trace(language_model, ids[1:], Sampling(), language_model.read(ids[:1]))
    np.testing.assert_array_equal(-np.log(whole.probability)[:, 0], losses)
    for part, following in pairwise(parts):
        np.testing.assert_allclose(part.places.logits[-1], following.places.logits[0], atol=1e-5)


def test_a_large_memory_is_read_with_in_small_parts_that_tell_the_same(
    language_model: LanguageModel, random: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = random.integers(0, len(ALPHABET), 150)
    usual = trace(language_model, ids, COOL)
    monkeypatch.setattr(network, "MOST_MEMORIES", 10_000)
    parts = [*trace_parts(language_model, ids, COOL)]
    assert [len(part.probability) for part in parts] == [63, 63, 24]
    np.testing.assert_allclose(np.concatenate([part.probability for part in parts]), usual.probability, rtol=1e-5)


def test_a_text_of_no_tokens_has_the_place_after_its_seed(language_model: LanguageModel) -> None:
    seed = language_model.read(language_model.encode("a seed").ids)
    traced = trace(language_model, np.empty(0, np.int32), COOL, seed)
    _, _, entropy, _ = write(language_model, seed, [COOL], 1)
    assert traced.probability.shape == (0, 1)
    np.testing.assert_allclose(traced.odds.entropy[:, 0], entropy, atol=1e-4)


def test_texts_settings_and_weights_never_recompile(
    language_model: LanguageModel, compilations: Callable[[], int]
) -> None:
    state = language_model.read(np.arange(5))
    for length in LENGTHS:
        trace(language_model, np.zeros(length - 1, np.int32), COOL, state)
    other = replace(language_model, params=jax.tree.map(lambda leaf: leaf * 2, language_model.params))
    before = compilations()
    for length in (0, 1, 20, 63, 400, 1000):
        ids = np.arange(length, dtype=np.int32) % len(ALPHABET)
        trace(language_model, ids, [WARM] * (length + 1), state)
        trace(other, ids, Sampling(0.0))
    assert compilations() == before


@pytest.mark.slow
def test_four_hundred_characters_of_the_default_network_take_no_time_that_can_be_felt(two_devices: None) -> None:
    language_model = make(FAST.hidden)
    state, ids = language_model.read(np.arange(20)), np.arange(400, dtype=np.int32) % len(ALPHABET)

    def seconds() -> float:
        begun = time.perf_counter()
        trace(language_model, ids, COOL, repeated(state, 4))
        return time.perf_counter() - begun

    seconds()
    assert min(seconds() for _ in range(10)) < 0.05
