"""Writing without some units: as if nothing read them, from the next character on, and never compiled anew."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from model.networks.network import Params, build
from model.networks.unit_network import UnitNetwork
from model.recipe import FAST
from model.sampling import Sampling, Unit
from model.tokens.characters import CharacterTokenizer
from model.writing.language_model import LanguageModel, WritingState, make_write_chunk, noise_keys, repeated
from model.writing.probabilities import kept_units, settings_of
from model.writing.trace import trace
from model.writing.units.switching import UnitError, check_units, unit_network

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = "\n abcdefghij"
RECIPE = replace(FAST, hidden=8, layers=2)
OFF = (Unit(1, 3), Unit(2, 8))
WITHOUT = Sampling(without_units=OFF)


@pytest.fixture(scope="module")
def language_model(two_devices: None) -> LanguageModel:
    graph, params = build(RECIPE, len(ALPHABET))
    params = jax.tree.map(lambda leaf: leaf * 3, params)
    return LanguageModel(graph, params, RECIPE, CharacterTokenizer(ALPHABET, None, lowercase=False))


def write(language_model: LanguageModel, state: WritingState, *samplings: Sampling) -> tuple[WritingState, np.ndarray]:
    """Eight characters a lane, all with the same noise."""
    write_chunk = make_write_chunk(language_model.graph)
    keys = noise_keys(*[1] * len(samplings))
    last, _, drawn = write_chunk(language_model.params, state, settings_of(samplings), keys, n=8)
    return last, np.asarray(drawn.ids)


def unread(params: Params) -> Params:
    """Parameters with which nothing takes in what the units say that are off."""
    copy: Params = jax.tree.map(np.array, params)
    for layer, unit in OFF:
        copy["layers"][layer - 1]["wh"][unit - 1] = 0
    copy["layers"][1]["wx"][OFF[0].number - 1] = 0
    copy["output"]["w"][OFF[1].number - 1] = 0
    return jax.tree.map(jnp.asarray, copy)


def test_a_text_without_units_is_the_text_of_a_network_in_which_nothing_reads_them(
    language_model: LanguageModel,
) -> None:
    read = repeated(language_model.read(np.arange(5)), 2)
    last, ids = write(language_model, read, WITHOUT, Sampling())
    _, expected = write(replace(language_model, params=unread(language_model.params)), read, Sampling(), Sampling())
    assert ids[:, 0].tolist() == expected[:, 0].tolist()
    assert ids[:, 1].tolist() != expected[:, 1].tolist(), "the other stream keeps its units"
    network = language_model.network
    assert isinstance(network, UnitNetwork)
    said = network.activations(jax.tree.map(np.asarray, last.memory))
    assert said.shape == (2, 2, 8)
    assert [said[0, layer - 1, unit - 1] for layer, unit in OFF] == [0, 0]
    assert np.count_nonzero(said) == said.size - len(OFF)


def test_the_odds_of_the_very_next_character_are_without_them(language_model: LanguageModel) -> None:
    read = language_model.read(np.arange(5))
    other = replace(language_model, params=unread(language_model.params))
    before, after = (
        trace(each, np.arange(2), sampling, read).odds.stages.after
        for each, sampling in (
            (other, Sampling()),
            (language_model, WITHOUT),
        )
    )
    np.testing.assert_allclose(after, before, rtol=1e-5)


def test_switching_other_units_never_recompiles(language_model: LanguageModel, compilations: Callable[[], int]) -> None:
    read = repeated(language_model.read(np.arange(5)), 2)
    write(language_model, read, Sampling(), Sampling())
    before = compilations()
    for unit in (Unit(1, 1), Unit(2, 5)):
        write(language_model, read, Sampling(without_units=(unit,)), WITHOUT)
    assert compilations() == before


def test_units_that_the_network_does_not_have_make_no_difference() -> None:
    kept = np.asarray(kept_units(settings_of([Sampling(without_units=(Unit(3, 1), Unit(1, 9), Unit(2, 4)))]), 2, 8))
    assert kept.shape == (1, 2, 8)
    assert np.argwhere(~kept).tolist() == [[0, 1, 3]]


def test_units_that_the_network_does_not_have_are_refused_with_those_that_it_has(
    language_model: LanguageModel,
) -> None:
    check_units(language_model.network, OFF)
    with pytest.raises(UnitError, match=r"no unit 3:1\. It has units 1:1 to 2:8"):
        check_units(language_model.network, [Unit(3, 1)])


def test_a_network_without_units_says_so() -> None:
    with pytest.raises(UnitError, match="does not tell what its single units do"):
        unit_network(object())  # type: ignore[arg-type]
    with pytest.raises(UnitError, match="does not tell what its single units do"):
        check_units(object(), OFF)  # type: ignore[arg-type]
    check_units(object(), [])  # type: ignore[arg-type]
