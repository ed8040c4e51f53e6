"""What the weights of one epoch write from the seed and the noise that all epochs share: its time-lapse samples."""

from __future__ import annotations

import hashlib
import random
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import jax
import numpy as np

from corpora.corpus import Corpus
from model.devices.local_devices import writing_device
from model.networks.network import Params
from model.recipe import MOST_STREAMS, Recipe
from model.sampling import Sampling
from model.tokens.beginning import whole_lines
from model.tokens.tokenizer import Encoded
from model.writing.language_model import CHUNK, LanguageModel, make_write_chunk, noise_keys, repeated
from model.writing.probabilities import settings_of
from model.writing.provenance import Sample, bits

MOST_CHARACTERS = 1_000
"""Of a time-lapse sample, however long the recipe's samples are: every epoch writes some."""


class Interrupted(Exception):  # noqa: N818 - no error: what was being written is not wanted any more
    """The writing of an epoch's samples was given up."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What every epoch writes, so that what differs are the weights."""

    seed: str
    noise_seed: int
    samplings: tuple[Sampling, ...]
    length: int
    """Characters of each sample; with longer tokens, its last one may reach beyond."""

    @classmethod
    def of(cls, recipe: Recipe, seed: str) -> Comparison:
        """All samplings of a recipe, from this seed and the noise that belongs to it.

        With the same noise for every seed, low temperatures would soon write the same after each. The samples are as
        long as the recipe's, or MOST_CHARACTERS: what is written again is as long as what is stored.
        """
        noise_seed = random.Random(f"{recipe.random_seed} time-lapse {seed}").getrandbits(63)
        return cls(seed, noise_seed, recipe.samplings, min(MOST_CHARACTERS, recipe.sample_length))


def usual_seed(corpus: Corpus, recipe: Recipe) -> str:
    """The beginning of the held-out text; of the text where none is held out; nothing where each line is a text."""
    if corpus.lines:
        return ""
    training, held_out = corpus.split(recipe.held_out)
    start = len(training) if len(held_out) else 0
    return corpus.text(start, start + recipe.seed_length)


def write_epoch(
    language_model: LanguageModel,
    comparison: Comparison,
    epoch: float,
    step: int,
    go_on: Callable[[], bool] = lambda: True,
) -> tuple[Sample, ...]:
    """The samples of an epoch, one for each sampling.

    Their names follow from the weights and all that is compared: the same samples have the same names.

    Args:
        language_model: with the epoch's weights.
        comparison: what is written.
        epoch: epochs that the weights have seen.
        step: optimiser steps that they have seen.
        go_on: asked every few tokens whether they are still wanted.

    Raises:
        Interrupted: they are not.
    """
    names = names_of(language_model.params, step, comparison)
    device, seed = writing_device(), language_model.encode_seed(comparison.seed)
    language_model = replace(language_model, params=jax.device_put(language_model.params, device))
    lanes = min(MOST_STREAMS, len(comparison.samplings))
    samples: list[Sample] = []
    with jax.default_device(device):
        for first in range(0, len(comparison.samplings), lanes):
            together = comparison.samplings[first : first + lanes]
            for lane, drawn in enumerate(_write_together(language_model, comparison, together, lanes, seed, go_on)):
                ids, probability, entropy = drawn
                samples.append(
                    Sample(
                        id=names[first + lane],
                        kind="time-lapse",
                        epoch=epoch,
                        step=step,
                        part=first + lane + 1,
                        parts=len(comparison.samplings),
                        seed=seed.text,
                        prefix=seed.prefix,
                        noise_seed=comparison.noise_seed,
                        stream=lane,
                        streams=lanes,
                        sampling=((0, together[lane]),),
                        text=language_model.tokenizer.decode(ids),
                        surprisal=bits(-np.log2(np.maximum(probability, 1e-38))),
                        entropy=bits(entropy),
                        lengths=_lengths(language_model.tokenizer.lengths[ids]),
                    )
                )
    return tuple(samples)


def write_asked(
    language_model: LanguageModel, corpus: Corpus, recipe: Recipe, epoch: float, step: int
) -> tuple[Sample, ...]:
    """A sample for each sampling of the recipe, all from one random place of the corpus.

    Args:
        language_model: with the present weights.
        corpus: what it is trained on.
        recipe: its samplings, and the lengths of seed and samples.
        epoch: epochs that the weights have seen.
        step: optimiser steps that they have seen.
    """
    start = random.randrange(max(1, len(corpus) - recipe.seed_length))
    seed = "" if corpus.lines else corpus.text(start, start + recipe.seed_length)
    comparison = Comparison.of(recipe, language_model.tokenizer.without_cut_word(seed))
    comparison = replace(comparison, noise_seed=random.getrandbits(63))
    samples = write_epoch(language_model, comparison, epoch, step)
    return tuple(
        replace(each, kind="key", part=0, parts=0, surprisal=bits(), entropy=bits(), lengths=array("H"))
        for each in samples
    )


def _lengths(of_tokens: np.ndarray) -> array[int]:
    return array("H", of_tokens.tolist() if of_tokens.max(initial=1) > 1 else ())


def names_of(params: Params, step: int, comparison: Comparison) -> tuple[str, ...]:
    """The names of the samples that these parameters write, as they are after so many steps, one for each sampling."""
    weights = hashlib.sha256(b"%d" % step)
    for leaf in jax.tree.leaves(params):
        weights.update(np.ascontiguousarray(leaf).view(np.uint8).data)
    names = []
    for sampling in comparison.samplings:
        one = weights.copy()
        one.update(repr((comparison.seed, comparison.noise_seed, comparison.length, sampling)).encode())
        names.append(one.hexdigest()[:12])
    return tuple(names)


def _write_together(
    language_model: LanguageModel,
    comparison: Comparison,
    samplings: Sequence[Sampling],
    lanes: int,
    seed: Encoded,
    go_on: Callable[[], bool],
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """The ids, probabilities and entropies, (n,) each, of texts that are written in one batch."""
    write_chunk = make_write_chunk(language_model.graph, language_model.tokenizer.order)
    settings = settings_of([*samplings, *[Sampling()] * (lanes - len(samplings))])
    keys = noise_keys(*[comparison.noise_seed] * lanes)
    state = jax.device_put(repeated(language_model.after_seed(seed), lanes), writing_device())
    chunks, characters, lengths = [], np.zeros(lanes, np.int64), language_model.tokenizer.lengths
    while characters[: len(samplings)].min() < comparison.length:
        if not go_on():
            raise Interrupted
        state, _, drawn = write_chunk(language_model.params, state, settings, keys, n=CHUNK)
        chunks.append([np.asarray(each) for each in (drawn.ids, drawn.probability, drawn.entropy)])
        characters += lengths[chunks[-1][0]].sum(axis=0)
    ids, probability, entropy = (np.concatenate(each) for each in zip(*chunks, strict=True))
    for lane in range(len(samplings)):
        n = language_model.tokenizer.enough(ids[:, lane], comparison.length)
        n = whole_lines(language_model.tokenizer, language_model.recipe, ids[:n, lane])
        yield ids[:n, lane], probability[:n, lane], entropy[:n, lane]
