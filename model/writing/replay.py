"""Writing a stored sample again, to the character, from its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import jax
import numpy as np

from model.devices.local_devices import writing_device
from model.sampling import Sampling
from model.tokens.tokenizer import Tokenizer
from model.writing.language_model import (
    DrawnToken,
    LanguageModel,
    WritingState,
    drawn_tokens,
    lane_of,
    make_write_chunk,
    noise_keys,
    repeated,
)
from model.writing.probabilities import settings_of
from model.writing.provenance import ProvenanceError, Sample
from model.writing.trace import trace


def draw_again(sample: Sample, samples: Mapping[str, Sample], language_model: LanguageModel) -> list[DrawnToken]:
    """The tokens of a sample, drawn anew.

    Args:
        sample: what to write.
        samples: those of its run by id: a parent is written first, up to the point where this sample starts.
        language_model: with the weights that the sample was written with.

    Raises:
        ProvenanceError: it cannot be written again, or the text is another: other versions or another machine.
    """
    with jax.default_device(_device()):
        _, tokens = _written(sample, len(sample.text), samples, language_model)
    if "".join(each.token for each in tokens) != sample.text:
        raise ProvenanceError("this machine or these versions write another text than the one that is stored")
    return tokens


@cache
def _device() -> jax.Device:
    """The same kind of device as the screen writes on, so that the same text is drawn."""
    return writing_device()


def _written(
    sample: Sample, length: int, samples: Mapping[str, Sample], language_model: LanguageModel
) -> tuple[WritingState, list[DrawnToken]]:
    """The first characters of a sample, and the state of its lane after them.

    The batch is as large as it was then, because a product of other shapes rounds differently. What its other lanes
    hold makes no difference: here it is the same text.
    """
    if sample.noise_seed is None:
        raise ProvenanceError("its noise is not known")
    state = repeated(_beginning(sample, samples, language_model), sample.streams)
    text, tokens = sample.text[: min(sample.chosen, length)], list[DrawnToken]()
    if text:
        state, tokens = _after_choices(sample, text, state, language_model)
    write_chunk = make_write_chunk(language_model.graph, language_model.tokenizer.order)
    keys = noise_keys(*[sample.noise_seed] * sample.streams)
    while len(text) < length:
        settings = settings_of([_sampling_at(sample, len(text))] * sample.streams)
        state, _, drawn = write_chunk(language_model.params, state, settings, keys, n=1)
        (token,) = drawn_tokens(drawn, sample.stream, language_model.tokenizer)
        tokens.append(token)
        text += token.token
    return lane_of(state, sample.stream), tokens


def _after_choices(
    sample: Sample, text: str, state: WritingState, language_model: LanguageModel
) -> tuple[WritingState, list[DrawnToken]]:
    """Tokens that were chosen by hand, and the state after them: as if they had been drawn."""
    ids = _ids_of_choices(sample, text, language_model.tokenizer)
    ends = np.cumsum(language_model.tokenizer.lengths[ids])
    samplings = [_sampling_at(sample, offset) for offset in (0, *ends.tolist())]
    traced = trace(language_model, ids, samplings, state)
    after: WritingState = jax.tree.map(lambda leaf: leaf[-1], traced.places.states)
    there = np.arange(len(ids)), sample.stream, ids
    odds = (np.asarray(traced.odds.stages.before)[there], np.asarray(traced.odds.stages.after)[there])
    texts = map(language_model.tokenizer.text_of, ids.tolist())
    return after, [*map(DrawnToken, texts, *(each.tolist() for each in odds))]


def _ids_of_choices(sample: Sample, text: str, tokenizer: Tokenizer) -> np.ndarray:
    """The tokens that were chosen, as they were: other tokens may have the same text."""
    if not sample.chosen_lengths:
        return tokenizer.encode(text).ids
    numbers, ids, start = {tokenizer.text_of(token): token for token in range(len(tokenizer))}, list[int](), 0
    for length in sample.chosen_lengths:
        if start < len(text):
            ids.append(numbers.get(text[start : start + length], -1))
        start += length
    if -1 in ids or sum(sample.chosen_lengths) != sample.chosen:
        raise ProvenanceError("the tokens that were chosen are not known")
    return np.array(ids, np.int32)


def _sampling_at(sample: Sample, offset: int) -> Sampling:
    return next(sampling for since, sampling in reversed(sample.sampling) if since <= offset)


def _beginning(sample: Sample, samples: Mapping[str, Sample], language_model: LanguageModel) -> WritingState:
    """The state of one lane where a sample begins: after its seed, or at its place in another sample."""
    if sample.parent is None:
        return language_model.after_seed(language_model.encode_seed(sample.seed, sample.prefix))
    parent = samples.get(sample.parent.id)
    if parent is None or parent.step != sample.step or len(parent.text) < sample.parent.offset:
        raise ProvenanceError("the sample that it continues is not stored")
    state, _ = _written(parent, sample.parent.offset, samples, language_model)
    return state
