"""Trace: what a language model thinks at every place of a text that is already there, in one compiled call.

The text is read token by token with the settings that write it (teacher forcing), so states, probabilities and
entropies are those of the writing. Shapes: `N` tokens, `B` lanes, `V` tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple, TypeVar

import jax
import numpy as np
from jax import Array, lax

from model.networks.network import Graph, Params, assemble, places_together
from model.sampling import Sampling
from model.writing.language_model import LanguageModel, Order, WritingState, advanced, next_logits
from model.writing.probabilities import Settings, Stages, entropy_of, remember, settings_of, stages
from model.writing.units.switching import hold, step, units_on

LENGTHS = (64, 512)
"""Places in one compiled call: a text is padded to the first that it fits, and cut where it fits none. With a large
memory or vocabulary, only the first is used."""

_MOST_ODDS = 8_000_000
"""Numbers in the odds of all places of a call: 32 MB, a few times over."""

Leaves = TypeVar("Leaves")


class Places(NamedTuple):
    """The N + 1 places of a text: before each of its tokens, and after the last."""

    states: WritingState
    """(N + 1, B, ...) a leaf: the last continues the text."""
    logits: Array
    """Of the token that follows, (N + 1, B, V)."""


class NextOdds(NamedTuple):
    """Of the token that follows a place."""

    stages: Stages
    """(..., B, V) a leaf."""
    entropy: Array
    """Of what is drawn from, in bits, (..., B)."""


class Trace(NamedTuple):
    """A text of N tokens, place by place, on the host."""

    places: Places
    odds: NextOdds
    """Of the places, (N + 1, B, ...) a leaf."""
    probability: np.ndarray
    """Of each token, in the distribution that it is drawn from, (N, B)."""


ReadPlaces = Callable[[Params, WritingState, Settings, np.ndarray], Places]
"""Read ids (L, B), with settings (L, B) each: the L places before them."""


@lru_cache(maxsize=8)
def make_read_places(graph: Graph, order: Order) -> ReadPlaces:
    """Compile the reading of each of LENGTHS. Settings and parameters are arguments: changing them never recompiles."""

    @jax.jit
    def read_places(params: Params, state: WritingState, settings: Settings, ids: Array) -> Places:
        network = assemble(graph, params)

        def read_one(state: WritingState, now: tuple[Settings, Array]) -> tuple[WritingState, Places]:
            settings, ids = now
            kept = units_on(network, settings)
            memory = hold(network, state.memory, kept)
            logits = next_logits(network, state, memory, order)
            history = remember(state.history, ids, settings, jax.nn.softmax(logits))
            return advanced(state, step(network, ids, memory, kept), history, order), Places(state, logits)

        return lax.scan(read_one, state, (settings, ids))[1]

    compiled: ReadPlaces = read_places
    return compiled


@jax.jit
def odds_of(places: Places, settings: Settings) -> NextOdds:
    """The odds at places (..., B, V), compiled once for each shape."""
    logits = places.logits
    axes = logits.ndim - 1
    one_by_one = jax.tree.map(
        lambda leaf: leaf.reshape(-1, *leaf.shape[axes:]), (logits, settings, places.states.history)
    )
    odds = stages(*one_by_one)
    both = NextOdds(odds, entropy_of(odds.after))
    together: NextOdds = jax.tree.map(lambda leaf: leaf.reshape(*logits.shape[:-1], *leaf.shape[1:]), both)
    return together


NextToken = Callable[[Params, WritingState, Settings], NextOdds]
"""The odds of the next token of B lanes."""


@lru_cache(maxsize=8)
def make_next_token(graph: Graph, order: Order = None) -> NextToken:
    """Compile the odds of the next token, without drawing it."""

    @jax.jit
    def next_token(params: Params, state: WritingState, settings: Settings) -> NextOdds:
        network = assemble(graph, params)
        memory = hold(network, state.memory, units_on(network, settings))
        odds: NextOdds = odds_of(Places(state, next_logits(network, state, memory, order)), settings)
        return odds

    compiled: NextToken = next_token
    return compiled


def read_places(
    language_model: LanguageModel,
    ids: np.ndarray,
    samplings: Sampling | Sequence[Sampling],
    after: WritingState | None = None,
) -> Places:
    """The states and logits of a whole text, without the odds; see `trace`."""
    parts = _read_parts(language_model, ids, samplings, after)
    return _joined([_without_padding(places, len(part)) for part, places, _ in parts])


def trace(
    language_model: LanguageModel,
    ids: np.ndarray,
    samplings: Sampling | Sequence[Sampling],
    after: WritingState | None = None,
) -> Trace:
    """A whole text, place by place: for samples, not for books, whose parts `trace_parts` gives one by one.

    Args:
        language_model: reads it.
        ids: the text, integers (N,), the same in all lanes.
        samplings: of every token and of the one that follows, N + 1; or one for all.
        after: the state that the text continues; None has read nothing. Its lanes are the lanes of the trace.
    """
    parts = list(trace_parts(language_model, ids, samplings, after))
    return Trace(
        _joined([part.places for part in parts]),
        _joined([part.odds for part in parts]),
        np.concatenate([part.probability for part in parts]),
    )


def trace_parts(
    language_model: LanguageModel,
    ids: np.ndarray,
    samplings: Sampling | Sequence[Sampling],
    after: WritingState | None = None,
) -> Iterator[Trace]:
    """A text in parts of fewer than LENGTHS[-1] tokens, each read on from the one before; see `trace`."""
    for part, places, settings in _read_parts(language_model, ids, samplings, after):
        odds = _without_padding(odds_of(places, settings), len(part))
        likely = np.asarray(odds.stages.after)[np.arange(len(part)), :, part]
        yield Trace(_without_padding(places, len(part)), odds, likely)


def _read_parts(
    language_model: LanguageModel,
    ids: np.ndarray,
    samplings: Sampling | Sequence[Sampling],
    after: WritingState | None,
) -> Iterator[tuple[np.ndarray, Places, Settings]]:
    """The ids of each part, and its places and settings with the padding."""
    state = language_model.read(np.empty(0, np.int32)) if after is None else after
    large = places_together(state.memory, LENGTHS[-1]) < LENGTHS[-1]
    large |= LENGTHS[-1] * len(state.position) * len(language_model.tokenizer) > _MOST_ODDS
    read = make_read_places(language_model.graph, language_model.tokenizer.order)
    lengths = LENGTHS[:1] if large else LENGTHS
    most = lengths[-1] - 1
    for start in range(0, max(1, len(ids)), most):
        state = jax.tree.map(np.asarray, state)  # JAX compiles anew for arguments from elsewhere
        part, lanes = ids[start : start + most], len(state.position)
        length = next(each for each in lengths if each > len(part))
        padded = np.zeros((length, lanes), np.int32)
        padded[: len(part)] = part[:, None]
        at = samplings if isinstance(samplings, Sampling) else samplings[start : start + len(part) + 1]
        settings = _settings(at, length, lanes)
        places = read(language_model.params, state, settings, padded)
        yield part, places, settings
        state = _without_padding(places.states, len(part))
        state = jax.tree.map(lambda leaf: leaf[-1], state)


def _settings(samplings: Sampling | Sequence[Sampling], length: int, lanes: int) -> Settings:
    """Settings (L, B), those of the last place for the padding."""
    of_places = settings_of([samplings] if isinstance(samplings, Sampling) else samplings)
    at = np.minimum(np.arange(length), len(of_places) - 1)
    return np.repeat(of_places[at][:, None], lanes, axis=1)


def _without_padding(leaves: Leaves, tokens: int) -> Leaves:
    """The places of so many tokens, on the host."""
    kept: Leaves = jax.tree.map(lambda leaf: np.asarray(leaf)[: tokens + 1], leaves)
    return kept


def _joined(parts: Sequence[Leaves]) -> Leaves:
    """The places of all parts: the one after a part is the first of the next."""
    but_last = [jax.tree.map(lambda leaf: leaf[:-1], part) for part in parts[:-1]]
    whole: Leaves = jax.tree.map(lambda *leaves: np.concatenate(leaves), *but_last, parts[-1])
    return whole
