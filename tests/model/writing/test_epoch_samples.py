"""What the weights of one epoch write from the seed and the noise that all epochs share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from corpora import Corpus
from model.sampling import Sampling
from model.training.trainer import Trainer
from model.writing.epoch_samples import Comparison, Interrupted, names_of, usual_seed, write_epoch
from model.writing.language_model import LanguageModel
from model.writing.provenance import bits, from_record, to_record
from model.writing.replay import draw_again
from tests.model.writing.time_lapses import RECIPE

pytestmark = pytest.mark.usefixtures("two_devices")


@pytest.fixture(scope="module")
def language_model(two_devices: None, corpus: Corpus) -> LanguageModel:
    return Trainer(corpus, RECIPE).language_model()


def test_an_epoch_writes_each_sampling_from_one_seed_and_one_noise(language_model: LanguageModel) -> None:
    comparison = Comparison.of(RECIPE, "jack no play")
    samples = write_epoch(language_model, comparison, 2.0, 99)
    assert [sample.sampling for sample in samples] == [((0, Sampling(t)),) for t in RECIPE.temperatures]
    assert {(sample.seed, sample.noise_seed, sample.kind, sample.parts) for sample in samples} == {
        ("jack no play", comparison.noise_seed, "time-lapse", 4)
    }
    assert [(sample.part, sample.stream, sample.streams) for sample in samples] == [(n + 1, n, 4) for n in range(4)]
    assert all((sample.epoch, sample.step) == (2.0, 99) for sample in samples)
    for sample in samples:
        assert len(sample.text) == len(sample.surprisal) == len(sample.entropy) == RECIPE.sample_length


def test_each_seed_has_noise_of_its_own() -> None:
    noises = [Comparison.of(RECIPE, seed).noise_seed for seed in ("jack", "jill", "jack")]
    assert noises[0] == noises[2] != noises[1]


def test_however_long_the_recipes_samples_are_those_of_epochs_end_soon(language_model: LanguageModel) -> None:
    endless = Comparison.of(replace(RECIPE, sample_length=1_000_000), "jack")
    assert (endless.length, Comparison.of(RECIPE, "jack").length) == (1_000, RECIPE.sample_length)
    sample, *_ = write_epoch(language_model, endless, 1.0, 1)
    assert len(sample.text) == 1_000
    draw_again(sample, {}, language_model)  # raises where another text comes


def test_surprisal_and_entropy_are_those_of_the_draws(language_model: LanguageModel) -> None:
    vocabulary = len(language_model.tokenizer)
    greedy, wild = (
        write_epoch(language_model, replace(Comparison.of(RECIPE, "jack"), samplings=(Sampling(t),)), 1.0, 1)[0]
        for t in (0.0, 100.0)
    )
    assert {*greedy.surprisal, *greedy.entropy} == {0.0}
    assert all(abs(each - np.log2(vocabulary)) < 0.2 for each in (*wild.surprisal, *wild.entropy))


def test_more_samplings_than_streams_are_written_in_several_batches(language_model: LanguageModel) -> None:
    samplings = tuple(Sampling(t) for t in (0.1, 0.5, 0.9, 1.3, 1.7, 0.1))
    samples = write_epoch(language_model, replace(Comparison.of(RECIPE, "jack"), samplings=samplings), 1.0, 1)
    assert [(sample.part, sample.stream, sample.streams) for sample in samples] == [
        (1, 0, 4), (2, 1, 4), (3, 2, 4), (4, 3, 4), (5, 0, 4), (6, 1, 4)
    ]  # fmt: skip
    assert samples[0].text == samples[5].text, "equal settings give equal text"
    for sample in samples:
        draw_again(sample, {}, language_model)  # raises where another text comes


def test_a_sample_goes_through_its_line_unchanged(language_model: LanguageModel) -> None:
    for sample in write_epoch(language_model, Comparison.of(RECIPE, "jack"), 1.0, 7):
        record = to_record(sample)
        assert from_record(record) == sample
        assert len(record["surprisal"]) == RECIPE.sample_length
        assert "lengths" not in record, "each token is a character"
        assert from_record(record | {"surprisal": ["much"]}) is None
        assert from_record(record | {"lengths": [100_000]}) is None
        assert from_record(record | {"entropy": [-1.0]}) is None
    assert "surprisal" not in to_record(replace(sample, surprisal=bits(), entropy=bits()))


def test_names_follow_from_weights_and_what_is_compared(language_model: LanguageModel) -> None:
    comparison, params = Comparison.of(RECIPE, "jack"), language_model.params
    names = names_of(params, 7, comparison)
    assert len({*names}) == 4
    assert names_of(params, 7, Comparison.of(RECIPE, "jack")) == names
    other_weights = params | {"output": params["output"] | {"w": params["output"]["w"] + 1e-7}}
    for others in (
        names_of(other_weights, 7, comparison),
        names_of(params, 8, comparison),
        names_of(params, 7, replace(comparison, seed="jane")),
    ):
        assert not {*others} & {*names}
    assert tuple(sample.id for sample in write_epoch(language_model, comparison, 1.0, 7)) == names


def test_writing_ends_within_a_few_tokens_where_it_is_not_wanted(language_model: LanguageModel) -> None:
    answers = iter([True, True, False])
    with pytest.raises(Interrupted):
        write_epoch(language_model, Comparison.of(RECIPE, "jack"), 1.0, 7, lambda: next(answers))


@pytest.mark.parametrize(("held_out", "start"), [(0.1, 1548), (0.0, 0)])
def test_the_usual_seed_is_the_beginning_of_what_is_held_out_or_of_the_text(
    corpus: Corpus, held_out: float, start: int
) -> None:
    recipe = replace(RECIPE, held_out=held_out)
    assert usual_seed(corpus, recipe) == corpus.text(start, start + 12)
