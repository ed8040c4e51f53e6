"""Several texts written at once, in batches of one size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import jax
import numpy as np

from model.sampling import Sampling
from model.writing.language_model import (
    CHUNK,
    DrawnToken,
    LanguageModel,
    WritingState,
    drawn_tokens,
    make_write_chunk,
    noise_keys,
)
from model.writing.probabilities import settings_of

LANES = 8
"""Texts in a batch. It is always full, with copies where there are fewer texts: a product of another shape rounds
differently, so this way a text depends only on what was wanted of it, never on what is written beside it."""


class Wanted(NamedTuple):
    """A text to write."""

    seed: str
    """The text to continue."""
    sampling: Sampling
    random_seed: int


def draw_together(
    language_model: LanguageModel, wanted: Sequence[Wanted], length: int
) -> Iterator[list[list[DrawnToken]]]:
    """Write up to LANES texts of `length` characters each: a few tokens of every text at a time, as they are drawn."""
    full = [*wanted, *[wanted[-1]] * (LANES - len(wanted))]
    read = {seed: language_model.after_seed(language_model.encode_seed(seed)) for seed in {each.seed for each in full}}
    state: WritingState = jax.tree.map(lambda *lanes: np.concatenate(lanes), *[read[each.seed] for each in full])
    settings = settings_of([each.sampling for each in full])
    keys = noise_keys(*[each.random_seed for each in full])
    tokenizer = language_model.tokenizer
    write_chunk = make_write_chunk(language_model.graph, tokenizer.order)
    left = np.full(len(wanted), length)
    while left.max() > 0:
        state, _, drawn = write_chunk(language_model.params, state, settings, keys, n=CHUNK)
        ids = np.asarray(drawn.ids)
        needed = [tokenizer.enough(ids[:, lane], left[lane]) for lane in range(len(wanted))]
        left -= tokenizer.lengths[ids[:, : len(wanted)]].sum(axis=0)
        yield [drawn_tokens(drawn, lane, tokenizer)[:n] for lane, n in enumerate(needed)]
