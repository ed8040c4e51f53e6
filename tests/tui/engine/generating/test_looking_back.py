"""Odds of a place, and going on from it, with a real network: they are those that writing had there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.recipe import FAST
from model.sampling import Sampling, Unit
from tui.engine.generating.generator_protocol import Token
from tui.engine.generating.passage_states import STRETCH

if TYPE_CHECKING:
    from tui.engine.generating.generator import ModelGenerator

pytestmark = pytest.mark.usefixtures("two_devices")

ALPHABET = "\n abcdefghijklmnopqrstuvwxyz"
COOL, FILTERED = Sampling(0.7), Sampling(1.1, min_p=0.05, mirostat=2.0, dry=0.8)


def make(streams: int, hidden: int = 16) -> ModelGenerator:
    from model.networks.network import build
    from model.tokens.characters import CharacterTokenizer
    from model.writing.language_model import LanguageModel
    from tui.engine.generating.generator import ModelGenerator
    from tui.engine.generating.seeds import CorpusSeeds

    recipe = replace(FAST, hidden=hidden, seed_length=4)
    ids = np.tile(np.arange(len(ALPHABET), dtype=np.uint8), 20)
    corpus = Corpus("synthetic", "A synthetic text", ALPHABET, ids, None, ())
    graph, params = build(recipe, len(ALPHABET))
    params["output"]["w"] = params["output"]["w"] * 8
    language_model = LanguageModel(graph, params, recipe, CharacterTokenizer(ALPHABET, None, False))
    generator = ModelGenerator(language_model, CorpusSeeds(corpus), random.Random(1), streams)
    generator.begin(range(streams), "a seed", noise_seed=7)
    for stream in range(streams):
        generator.begin_passage(stream)
    return generator


def write(generator: ModelGenerator, stream: int, samplings: list[Sampling]) -> list[Token]:
    """Written one at a time."""
    written = [generator.write({stream: sampling}, 1)[stream][0] for sampling in samplings]
    return [Token(each.token, sampling) for each, sampling in zip(written, samplings, strict=True)]


@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("sampling", [COOL, FILTERED], ids=["temperature", "filters"])
def test_the_odds_are_those_that_the_next_character_is_drawn_from(streams: int, sampling: Sampling) -> None:
    generator, stream = make(streams), streams - 1
    for _ in range(20):
        likeliest = generator.odds(stream, sampling)
        (drawn,) = generator.write({stream: sampling}, 1)[stream]
        row = next((row for row in likeliest.rows if row.token == drawn.token), None)
        if row:
            assert row.text == drawn.character
            assert row.after == pytest.approx(drawn.probability, abs=1e-6)
            assert row.cut_by == ""
        assert likeliest.entropy == pytest.approx(drawn.entropy, abs=1e-5)
        assert [each.before for each in likeliest.rows] == sorted(
            (each.before for each in likeliest.rows), reverse=True
        )


def test_what_is_cut_is_named_by_its_filter_and_cannot_be_drawn() -> None:
    generator = make(1)
    rows = generator.odds(0, Sampling(1.0, top_k=3)).rows
    assert [row.cut_by for row in rows] == [""] * 3 + ["top-k"] * 7
    assert [row.after for row in rows[3:]] == [0.0] * 7
    assert {row.cut_by for row in generator.odds(0, Sampling(1.0, min_p=0.5)).rows} == {"", "min-p"}


def test_the_token_that_stands_there_is_listed_however_unlikely() -> None:
    generator = make(1)
    likely = [row.token for row in generator.odds(0, COOL).rows]
    unlikely = next(token for token in range(len(ALPHABET)) if token not in likely)
    assert [row.token for row in generator.odds(0, COOL, there=unlikely).rows] == [*likely[:-1], unlikely]
    assert [row.token for row in generator.odds(0, COOL, there=likely[3]).rows] == likely


@pytest.mark.parametrize("streams", [1, 4])
@pytest.mark.parametrize("sampling", [COOL, FILTERED], ids=["temperature", "filters"])
def test_the_odds_of_a_place_are_those_it_had_when_it_was_written(streams: int, sampling: Sampling) -> None:
    generator, stream = make(streams), streams - 1
    text: list[Token] = []
    then = []
    for _ in range(30):
        then.append(generator.odds(stream, sampling))
        text += write(generator, stream, [sampling])
    for place in (29, 28, 0, 13, 14):
        assert generator.odds(stream, sampling, text[:place]) == then[place]


@pytest.mark.parametrize("streams", [1, 4])
def test_writing_goes_on_from_a_place_as_it_did_there(streams: int) -> None:
    generator, stream = make(streams), streams - 1
    samplings = [COOL] * 10 + [FILTERED] * 30
    text = write(generator, stream, samplings)
    for place in (25, 3, 40):
        generator.go_to(stream, text[:place])
        assert write(generator, stream, samplings[place:]) == text[place:]


def test_going_back_in_one_stream_leaves_the_others_where_they_are() -> None:
    generator, undisturbed = make(2), make(2)
    for each in (generator, undisturbed):
        text = write(each, 0, [COOL] * 10)
        write(each, 1, [COOL] * 10)
    generator.go_to(0, text[:4])
    assert write(generator, 1, [COOL] * 10) == write(undisturbed, 1, [COOL] * 10)


def test_a_text_that_differs_in_the_middle_is_read_again_from_there() -> None:
    generator = make(1)
    text = write(generator, 0, [COOL] * 20)
    other = [*text[:9], Token((text[9].id + 1) % len(ALPHABET), COOL), *text[10:]]
    expected = make(1)
    for tokens in (text, other, text[:15], other):
        assert generator.odds(0, COOL, tokens) == expected.odds(0, COOL, tokens)
        expected = make(1)


@pytest.mark.parametrize("length", [STRETCH - 1, STRETCH, STRETCH + 1, 3 * STRETCH + 5])
def test_a_long_text_is_looked_back_on_stretch_by_stretch(length: int) -> None:
    generator, streams = make(2), {1: COOL}
    generator.watch(Unit(1, 3))
    written = [generator.write(streams, 1)[1][0] for _ in range(length)]
    text = [Token(each.token, COOL) for each in written]
    for place in (length, length - 1, length // 2, 0, length):
        generator.go_to(1, text[:place])
        following = [each.token for each in generator.write(streams, 5)[1]]
        assert following[: length - place] == [each.id for each in text[place : place + 5]]
    assert generator.activations(1, text) == [each.activation for each in written]
    assert generator.activations(1, []) == []


def test_little_is_kept_of_a_long_text() -> None:
    generator = make(1)
    text = write(generator, 0, [COOL] * 4 * STRETCH)
    generator.odds(0, COOL, text)
    passage = generator._passages[0]
    assert len(passage._beginnings) == 5
    assert passage._looked_at is not None
    assert len(passage._looked_at[1].position) == 1, "the place after the text begins a stretch"
    generator.odds(0, COOL, text[:-1])
    assert len(passage._looked_at[1].position) <= STRETCH + 1
    generator.odds(0, COOL, text[: STRETCH + 3])
    assert len(passage._beginnings) == 5, "what comes later is still known"


def test_looking_back_never_recompiles(compilations: Callable[[], int]) -> None:
    generator = make(4)
    generator.warm_up(1, 8)
    generator.warm_up_odds()
    text = write(generator, 2, [COOL] * 200)
    before = compilations()
    for place in (200, 199, 20, 0):
        generator.odds(2, FILTERED, text[:place], there=3)
    generator.go_to(2, [*text[:50], Token(3, FILTERED)])
    generator.odds(2, COOL)
    write(generator, 2, [FILTERED])
    assert compilations() == before


def test_the_odds_are_compiled_without_disturbing_what_is_written() -> None:
    generator, undisturbed = make(2), make(2)
    for each in (generator, undisturbed):
        write(each, 0, [COOL] * 20)
    generator.warm_up_odds()
    assert write(generator, 0, [COOL] * 20) == write(undisturbed, 0, [COOL] * 20)
    assert generator._ahead is not None, "what was written ahead is still there"


def test_characters_carry_what_a_unit_says_and_older_ones_are_told_on_request(compilations: Callable[[], int]) -> None:
    generator, streams = make(2), {0: COOL, 1: FILTERED}
    generator.warm_up(1, 8)
    generator.warm_up_odds()
    first = generator.write(streams, 1)
    before = compilations()
    generator.watch(Unit(1, 3))
    written = [*first[0], *(generator.write(streams, 1)[0][0] for _ in range(9))]
    tokens = [Token(each.token, COOL) for each in written]
    told = generator.activations(0, tokens)
    assert [each.activation for each in written[1:]] == told[1:]
    generator.watch(Unit(1, 4))
    assert generator.activations(0, tokens) != told
    assert compilations() == before, "another unit never recompiles"
    generator.watch(Unit(2, 1))
    (unknown,) = generator.write({0: COOL}, 1)[0]
    assert np.isnan(unknown.activation), "the network has one layer"
    generator.watch(Unit(1, 3))
    (off,) = generator.write({0: COOL.switched(Unit(1, 3))}, 1)[0]
    assert off.activation == 0


def test_units_are_looked_for_in_the_text_where_it_is_open() -> None:
    from tui.engine.generating.unit_search import MOST, search_units

    generator = make(1)
    ids = np.tile(np.arange(len(ALPHABET), dtype=np.uint8), 100)
    found = search_units(generator, Corpus("synthetic", "A text", ALPHABET, ids, None, ()), lambda: True)
    assert len(found.followed["space"]) == MOST
    assert found.problem == ""
    missing = search_units(generator, None, lambda: True)
    assert missing.followed == {}
    assert "not open here" in missing.problem


@pytest.mark.slow
def test_going_back_through_four_hundred_characters_of_the_default_network_is_not_felt() -> None:
    generator = make(4, FAST.hidden)
    text = write(generator, 0, [COOL] * 400)
    generator.odds(0, COOL, text[:399])

    def seconds(place: int) -> float:
        generator.begin_passage(0)  # nothing is known of the text any more
        begun = time.perf_counter()
        generator.odds(0, COOL, text[:place])
        return time.perf_counter() - begun

    assert min(seconds(399) for _ in range(10)) < 0.05
