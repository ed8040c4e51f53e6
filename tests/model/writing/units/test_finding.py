"""Units that follow something are found: against brute force, and in a network whose units are known."""

from __future__ import annotations

from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from corpora.corpus import Corpus
from model.networks import network
from model.networks.network import build
from model.recipe import FAST
from model.sampling import Unit
from model.tokens.characters import CharacterTokenizer
from model.writing.language_model import LanguageModel
from model.writing.units.correlation import Correlations
from model.writing.units.finding import MOST_CHARACTERS, activations_along, excerpt, find_units
from model.writing.units.following import PROPERTIES

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = " “”abc"
RECIPE = replace(FAST, hidden=4, layers=2)
QUOTES = Unit(1, 3)


@pytest.fixture(scope="module")
def remembering(two_devices: None) -> LanguageModel:
    """A network in which unit 3 of the first layer is at tanh(1) inside quotes and at -tanh(1) outside of them."""
    graph, params = build(RECIPE, len(ALPHABET))
    params = jax.tree.map(np.array, params)
    layer, at = params["layers"][0], QUOTES.number - 1
    i, f, g = (layer["wx"][:, gate * RECIPE.hidden + at] for gate in range(3))
    layer["wh"][:, at :: RECIPE.hidden] = 0
    layer["b"][at :: RECIPE.hidden] = 0
    marks = np.array([each in "“”" for each in ALPHABET])
    i[:], f[:] = np.where(marks, 40, -40), np.where(marks, -40, 40)
    g[:] = [40 * (each == "“") - 20 for each in ALPHABET]
    tokenizer = CharacterTokenizer(ALPHABET, None, lowercase=False)
    return LanguageModel(graph, jax.tree.map(jnp.asarray, params), RECIPE, tokenizer)


def test_correlations_equal_those_of_numpy_however_the_text_is_cut(random: np.random.Generator) -> None:
    units, properties = random.normal(size=(500, 5)) + 100, random.normal(size=(500, 2))
    properties[:, 0] += 3 * units[:, 4]
    units[:, 2], both = 0.1, Correlations(5, 2)
    for start, end in ((0, 1), (1, 1), (1, 300), (300, 500)):
        both.add(units[start:end], properties[start:end])
    with np.errstate(invalid="ignore"):
        expected = np.corrcoef(units.T, properties.T)[5:, :5]
    expected[:, 2] = np.nan  # a value that never changes
    np.testing.assert_allclose(both.values, expected, atol=1e-10)


def test_nothing_is_known_of_no_text() -> None:
    assert np.isnan(Correlations(2, 1).values).all()


@pytest.mark.parametrize("length", [120, 3_000])
def test_the_unit_that_is_exactly_inside_quotes_is_found(remembering: LanguageModel, length: int) -> None:
    found = find_units(remembering, (" ab “cab a” c b ac" * 200)[:length], 2)
    best, second = found["inside quotes"]
    assert best.unit == QUOTES
    # Before the first mark of a stretch the unit is at 0; where stretches are long, none of that counts.
    assert best.correlation > (0.999 if length > 1_000 else 0.95)
    assert abs(second.correlation) < 0.9
    assert found["digit"] == (), "there are none"
    assert list(found) == list(PROPERTIES)


def test_what_is_read_in_stretches_is_what_is_read_in_one_go(remembering: LanguageModel) -> None:
    text = " ab “cab a” c b ac" * 100
    ids = remembering.encode(text).ids
    along = np.concatenate([*activations_along(remembering, ids)])
    assert along.shape == (len(text), 2, 4)
    inside = np.cumsum([(each == "“") - (each == "”") for each in text])
    np.testing.assert_allclose(along[10:, 0, 2], np.tanh(2.0 * inside[10:] - 1), atol=1e-5)
    correlations = np.corrcoef(along[128:].reshape(-1, 8).T, inside[128:])[8, :8]
    found = find_units(remembering, text, 8)["inside quotes"]
    by_unit = {each.unit: each.correlation for each in found}
    expected = [by_unit[Unit(layer, number)] for layer in (1, 2) for number in range(1, 5)]
    np.testing.assert_allclose(correlations, expected, atol=0.02)


def test_a_large_memory_is_looked_at_in_fewer_places_together(
    remembering: LanguageModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = remembering.encode(" ab “cab a” c b ac" * 10).ids
    usual = np.concatenate([*activations_along(remembering, ids)])
    monkeypatch.setattr(network, "MOST_MEMORIES", 500)
    parts = [*activations_along(remembering, ids)]
    assert {len(each) for each in parts[:-1]} == {4}
    np.testing.assert_array_equal(np.concatenate(parts), usual)


def test_what_is_not_wanted_any_more_is_not_read_to_its_end(remembering: LanguageModel) -> None:
    asked = []
    find_units(remembering, " ab “cab a” c b ac" * 1_000, 1, lambda: bool(asked.append(None)))
    assert len(asked) == 1


def test_units_are_looked_for_in_held_out_text_if_there_is_any() -> None:
    corpus = Corpus("text", "A text", ALPHABET, np.resize(np.arange(6, dtype=np.uint8), 100_000), None, ())
    read, held_out = excerpt(corpus, replace(RECIPE, held_out=0.1))
    assert held_out
    assert read == corpus.text(90_000, 100_000)
    read, held_out = excerpt(corpus, replace(RECIPE, held_out=0.0))
    assert not held_out
    assert read == corpus.text(0, MOST_CHARACTERS)
