"""Trace: what a language model thinks at every place of a text that is already there, in one compiled call.

The text is read token by token with the settings that write it (teacher forcing), so states, probabilities and
entropies are those of the writing. Shapes: `N` tokens, `B` lanes, `V` tokens of the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np
from jax import Array, lax

from model.networks.network import Graph, Params, assemble
from model.sampling import Sampling
from model.writing.language_model import LanguageModel, WritingState
from model.writing.probabilities import Settings, entropy_of, remember, settings_of, stages

LENGTHS = (64, 512)
"""Places in one compiled call: a text is padded to the first that it fits, and cut where it fits none."""


class Places(NamedTuple):
    """The N + 1 places of a text: before each of its tokens, and after the last."""

    states: WritingState
    """(N + 1, B, ...) a leaf: the last continues the text."""
    logits: Array
    """Of the token that follows, (N + 1, B, V)."""
    probabilities: Array
    """That it is drawn from, (N + 1, B, V)."""
    entropy: Array
    """Of these probabilities, in bits, (N + 1, B)."""


class Trace(NamedTuple):
    """A text of N tokens, place by place, on the host."""

    places: Places
    probability: np.ndarray
    """Of each token, in the distribution that it is drawn from, (N, B)."""


ReadPlaces = Callable[[Params, WritingState, Settings, np.ndarray], Places]
"""Read ids (L, B), with settings (L, B) each: the L places before them."""


@lru_cache(maxsize=8)
def make_read_places(graph: Graph) -> ReadPlaces:
    """Compile the reading of each of LENGTHS. Settings and parameters are arguments: changing them never recompiles."""

    @jax.jit
    def read_places(params: Params, state: WritingState, settings: Settings, ids: Array) -> Places:
        network = assemble(graph, params)

        def read_one(state: WritingState, now: tuple[Settings, Array]) -> tuple[WritingState, Places]:
            settings, ids = now
            memory, position, history = state
            logits = network.logits(memory)
            odds = stages(logits, settings, history)
            history = remember(history, ids, settings, odds.before)
            after = WritingState(network.step(ids, memory), position + 1, history)
            return after, Places(state, logits, odds.after, entropy_of(odds.after))

        return lax.scan(read_one, state, (settings, ids))[1]

    compiled: ReadPlaces = read_places
    return compiled


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
    last = len(parts) - 1
    # The place after a part is the first of the next.
    places = [jax.tree.map(lambda leaf: leaf[:-1], part.places) for part in parts[:last]] + [parts[last].places]
    whole: Places = jax.tree.map(lambda *leaves: np.concatenate(leaves), *places)
    return Trace(whole, np.concatenate([part.probability for part in parts]))


def trace_parts(
    language_model: LanguageModel,
    ids: np.ndarray,
    samplings: Sampling | Sequence[Sampling],
    after: WritingState | None = None,
) -> Iterator[Trace]:
    """A text in parts of fewer than LENGTHS[-1] tokens, each traced on from the one before; see `trace`."""
    begin = language_model.read(np.empty(0, np.int32)) if after is None else after
    state: WritingState = jax.tree.map(np.asarray, begin)  # JAX compiles anew for arguments from elsewhere
    lanes, read_places = len(state.position), make_read_places(language_model.graph)
    most = LENGTHS[-1] - 1
    for start in range(0, max(1, len(ids)), most):
        part = ids[start : start + most]
        length = next(each for each in LENGTHS if each > len(part))
        padded = np.zeros((length, lanes), np.int32)
        padded[: len(part)] = part[:, None]
        at = samplings if isinstance(samplings, Sampling) else samplings[start : start + len(part) + 1]
        places = read_places(language_model.params, state, _settings(at, length, lanes), padded)
        places = _until(len(part), places)
        chosen = np.take_along_axis(np.asarray(places.probabilities)[:-1], padded[: len(part), :, None], axis=-1)
        yield Trace(places, chosen[..., 0])
        state = jax.tree.map(lambda leaf: leaf[-1], places.states)


def _until(last: int, places: Places) -> Places:
    """Those of the text, without the padding, on the host."""
    kept: Places = jax.tree.map(lambda leaf: np.asarray(leaf)[: last + 1], places)
    return kept


def _settings(samplings: Sampling | Sequence[Sampling], length: int, lanes: int) -> Settings:
    """Settings (L, B), those of the last place for the padding."""
    of_places = settings_of([samplings] if isinstance(samplings, Sampling) else samplings)
    at = np.minimum(np.arange(length), len(of_places) - 1)
    return np.repeat(of_places[at][:, None], lanes, axis=1)
