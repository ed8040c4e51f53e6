"""The generator that writes with real weights: which of them it loads."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.recipe import FAST
from model.sampling import Sampling

if TYPE_CHECKING:
    from model.training.publishing import Snapshot
    from tui.engine.generating.generator import ModelGenerator

pytestmark = pytest.mark.usefixtures("two_devices")

RECIPE = replace(FAST, hidden=8, seed_length=4)
TEXT = np.tile(np.arange(5, dtype=np.uint8), 20)


@pytest.fixture
def make(two_devices: None) -> Callable[[int], ModelGenerator]:
    """A generator of so many streams."""
    from model.networks.network import build
    from model.tokens.characters import CharacterTokenizer
    from model.writing.language_model import LanguageModel
    from tui.engine.generating.generator import ModelGenerator
    from tui.engine.generating.seeds import CorpusSeeds

    corpus = Corpus("synthetic", "A synthetic text", "abcde", TEXT, None, ())
    graph, params = build(RECIPE, 5)
    language_model = LanguageModel(graph, params, RECIPE, CharacterTokenizer("abcde", None, False))
    return lambda streams: ModelGenerator(language_model, CorpusSeeds(corpus), random.Random(1), streams)


@pytest.fixture
def generator(make: Callable[[int], ModelGenerator]) -> ModelGenerator:
    return make(1)


def snapshot(favourite: int, epoch: float, *, best: bool = False, bias: float = 1000.0) -> Snapshot:
    """Weights that write one character only."""
    import jax

    from model.networks.network import build
    from model.training.publishing import Snapshot

    _, params = build(RECIPE, 5)
    host = jax.tree.map(lambda leaf: np.zeros_like(np.asarray(leaf)), params)
    host["output"]["b"][favourite] = bias
    return Snapshot(host, epoch, step=round(10 * epoch), best=best)


def written(generator: ModelGenerator) -> str:
    generator.begin([0], "ab")
    return "".join(each.character for each in generator.write({0: Sampling()}, 8)[0])


def test_there_is_nothing_to_load_before_anything_is_published(generator: ModelGenerator) -> None:
    assert generator.load_weights(best=False) is None
    assert generator.load_weights(best=True) is None


def test_best_and_newest_weights_are_kept_side_by_side(generator: ModelGenerator) -> None:
    generator.publish(snapshot(2, epoch=3, best=True))
    generator.publish(snapshot(1, epoch=5))
    assert generator.load_weights(best=False) == (5, 50, False)
    assert written(generator) == "b" * 8
    assert generator.load_weights(best=True) == (3, 30, True)
    assert written(generator) == "c" * 8


def test_the_first_weights_of_an_epoch_are_kept_beside_the_newest(generator: ModelGenerator) -> None:
    for favourite, epoch in ((0, 0.5), (1, 0.9), (2, 1.0), (3, 1.4)):
        generator.publish(snapshot(favourite, epoch=epoch))
        assert generator.load_weights(False) == (epoch, round(10 * epoch), False)
    assert generator.load_weights(False, whole=True) == (1, 10, False)
    assert written(generator) == "c" * 8


def test_before_an_epoch_has_ended_its_first_weights_are_those_that_training_began_with(
    generator: ModelGenerator,
) -> None:
    generator.publish(snapshot(0, epoch=0.5))
    generator.publish(snapshot(1, epoch=0.9))
    assert generator.load_weights(False, whole=True) == (0.5, 5, False)


def test_weights_that_are_the_best_and_the_newest_can_be_published_in_any_order(generator: ModelGenerator) -> None:
    generator.publish(snapshot(1, epoch=5))
    generator.publish(snapshot(2, epoch=5, best=True))
    assert generator.load_weights(best=False) == (5, 50, False)
    assert written(generator) == "b" * 8


def test_the_newest_serve_where_there_are_no_best(generator: ModelGenerator) -> None:
    generator.publish(snapshot(1, epoch=0))
    assert generator.load_weights(best=True) == (0, 0, False)
    generator.publish(snapshot(2, epoch=1, best=True))
    assert generator.load_weights(best=True) == (1, 10, True)


def test_what_is_published_changes_nothing_until_it_is_loaded(generator: ModelGenerator) -> None:
    generator.publish(snapshot(1, epoch=1))
    generator.load_weights(best=False)
    generator.publish(snapshot(2, epoch=2))
    assert written(generator) == "b" * 8
    generator.load_weights(best=False)
    assert written(generator) == "c" * 8


@pytest.mark.parametrize("streams", [1, 4])
def test_steering_taking_back_and_reseeding_never_recompile(
    make: Callable[[int], ModelGenerator], streams: int, compilations: Callable[[], int]
) -> None:
    generator = make(streams)
    generator.publish(snapshot(1, epoch=1))
    generator.load_weights(best=False)
    generator.warm_up(1, 8)
    generator.begin(range(streams), "abc")
    before = compilations()
    for count in (1, 8, 1):
        generator.write({stream: Sampling(0.1 * stream) for stream in range(streams)}, count)
    generator.take_back(streams - 1, 3)
    generator.write({streams - 1: Sampling(2.0)}, 1)
    generator.begin([0], "another seed, of another length" * 5)
    generator.write({0: Sampling()}, 8)
    assert compilations() == before


def test_a_stream_that_kept_still_continues_as_if_it_had_not(make: Callable[[int], ModelGenerator]) -> None:
    def text(pauses: tuple[int, ...]) -> str:
        generator = make(2)
        generator.begin([0, 1], "ab", noise_seed=7)
        written = ""
        for step in range(20):
            streams = {0: Sampling()} if step in pauses else {0: Sampling(), 1: Sampling()}
            written += "".join(each.character for each in generator.write(streams, 1).get(1, []))
        return written

    assert text(()).startswith(text((3, 4, 11)))
    assert len(text((3, 4, 11))) == 17


# Writing ahead


def characters(generator: ModelGenerator, count: int, streams: Sequence[int] = (0, 1)) -> list[str]:
    """The next characters of streams, asked for one by one."""
    texts = [""] * len(streams)
    for _ in range(count):
        written = generator.write({stream: Sampling(2.0) for stream in streams}, 1)
        texts = [text + written[stream][0].character for text, stream in zip(texts, streams, strict=True)]
    return texts


@pytest.fixture
def two(make: Callable[[int], ModelGenerator]) -> Callable[[], ModelGenerator]:
    """Generators of two streams that write the same."""

    def begun() -> ModelGenerator:
        generator = make(2)
        generator.publish(snapshot(0, 1, bias=0.0))
        generator.load_weights(False)
        generator.begin([0, 1], "abc", 5)
        return generator

    return begun


def test_a_call_of_the_model_writes_several_characters_in_advance(two: Callable[[], ModelGenerator]) -> None:
    generator, calls = two(), 0
    write_chunk = generator._write_chunk

    def counting(*args: Any, **kwargs: Any) -> Any:
        nonlocal calls
        calls += 1
        return write_chunk(*args, **kwargs)

    generator._write_chunk = counting
    characters(generator, 41)
    assert calls == 6


def test_what_is_written_in_advance_is_what_is_written_one_by_one(two: Callable[[], ModelGenerator]) -> None:
    generator, interrupted = two(), two()
    one_by_one = ["", ""]
    for _ in range(30):
        interrupted.odds(0, Sampling())
        one_by_one = [text + new for text, new in zip(one_by_one, characters(interrupted, 1), strict=True)]
    assert characters(generator, 30) == one_by_one
    assert len(set(one_by_one[0])) > 1


@pytest.mark.parametrize("back", [1, 4, 13, 30])
def test_taking_back_returns_into_the_middle_of_a_call(two: Callable[[], ModelGenerator], back: int) -> None:
    generator = two()
    first = characters(generator, 30)
    generator.take_back(1, back)
    assert characters(generator, back, [1]) == [first[1][30 - back :]]
    assert characters(generator, 9, [0]) == [characters(generator, 9, [1])[0]], "stream 0 stayed where it was"


def test_another_sampling_counts_from_the_next_character_on(two: Callable[[], ModelGenerator]) -> None:
    generator = two()
    first = characters(generator, 12)[0]
    generator.write({0: Sampling(0.0), 1: Sampling(2.0)}, 1)
    fresh = two()
    assert characters(fresh, 12)[0] == first
    assert characters(generator, 5, [1]) == [characters(fresh, 6, [1])[0][1:]]
