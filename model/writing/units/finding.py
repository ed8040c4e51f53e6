"""Finding units by what they follow: a network reads a text, and each unit is compared with what is known of the text.

Source: Karpathy, Johnson and Fei-Fei (2015), who looked for such units by eye.
Shapes: `T` places, `B` lanes, `L` layers, `H` units, `N` tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np
from jax import Array, lax

from corpora.corpus import Corpus
from model.networks.network import Graph, Memory, Params, assemble, places_together
from model.recipe import Recipe
from model.sampling import Unit
from model.writing.language_model import LanguageModel
from model.writing.units.correlation import Correlations
from model.writing.units.following import PROPERTIES, Followed, Follows
from model.writing.units.properties import properties_of
from model.writing.units.switching import check_units, unit_network

MOST_CHARACTERS = 30_000
"""Of a text that is read to find units."""

_BLOCK = 64
"""Places read in one call, at most."""
_LANES = 32
"""Stretches of a text read side by side."""
_RUN_UP = 128
"""Places at the beginning of a stretch that do not count: they fill the empty memory."""


class Excerpt(NamedTuple):
    """A stretch of a run's text, in which units are looked for."""

    text: str
    held_out: bool
    """Whether the network was not trained on it."""


def excerpt(corpus: Corpus, recipe: Recipe) -> Excerpt:
    """The beginning of the held-out text; where none is held out, of the text itself."""
    training, held_out = corpus.split(recipe.held_out)
    start = len(training) if len(held_out) else 0
    return Excerpt(corpus.text(start, min(len(corpus), start + MOST_CHARACTERS)), bool(len(held_out)))


def find_units(
    language_model: LanguageModel, text: str, top: int, go_on: Callable[[], bool] = lambda: True
) -> Followed:
    """The units that follow each property of a text best.

    Args:
        language_model: reads it.
        text: the first MOST_CHARACTERS of it count.
        top: how many units of each property.
        go_on: asked every few places whether they are still wanted; otherwise what was read so far decides.

    Raises:
        UnitError: the network has no units.
    """
    network = unit_network(language_model.network)
    text = text[:MOST_CHARACTERS]
    ids = language_model.encode(text).ids
    # A token has the properties of its last character.
    known = properties_of(text)[np.cumsum(language_model.tokenizer.lengths[ids]) - 1]
    layers, units = network.units
    correlations = Correlations(layers * units, len(PROPERTIES))
    for places, activations in _stretches(language_model, ids):
        correlations.add(activations.reshape(-1, layers * units), known[places])
        if not go_on():
            break
    return {name: _best(row, network.units, top) for name, row in zip(PROPERTIES, correlations.values, strict=True)}


def activations_along(language_model: LanguageModel, ids: np.ndarray) -> Iterator[np.ndarray]:
    """The activations of all units after each token of a text, part by part, float32 (n, L, H).

    Args:
        language_model: its network has units.
        ids: the text, integers (N,).
    """
    for _, activations in _read(language_model, ids[:, None]):
        yield activations[:, 0]


def unit_along(
    language_model: LanguageModel,
    texts: Sequence[tuple[str, str]],
    unit: Unit,
    go_on: Callable[[], bool],
) -> tuple[tuple[float, ...], ...]:
    """What a unit says at each character of texts that are read side by side: after the token that it belongs to.

    Args:
        language_model: reads them.
        texts: what each begins with, for which nothing is told, and its text.
        unit: of the network.
        go_on: asked every few places whether it is still wanted; otherwise the rest is 0.

    Raises:
        UnitError: the network has no such unit.
    """
    check_units(language_model.network, [unit])
    begun = [language_model.encode_seed(before, "").ids for before, _ in texts]
    written = [language_model.encode(after).ids for _, after in texts]
    lanes = [np.concatenate(both) for both in zip(begun, written, strict=True)]
    ids = np.zeros((max(map(len, lanes)), len(lanes)), np.int32)
    for lane, tokens in enumerate(lanes):
        ids[: len(tokens), lane] = tokens
    said = np.zeros(ids.shape, np.float32)
    for places, activations in _read(language_model, ids):
        said[places] = activations[..., unit.layer - 1, unit.number - 1]
        if not go_on():
            break
    lengths = language_model.tokenizer.lengths
    told = (
        said[len(before) : len(before) + len(after), lane]
        for lane, (before, after) in enumerate(zip(begun, written, strict=True))
    )
    return tuple(tuple(np.repeat(each, lengths[after]).tolist()) for each, after in zip(told, written, strict=True))


def _best(row: np.ndarray, shape: tuple[int, ...], top: int) -> tuple[Follows, ...]:
    """Those of the units (U,) with the largest correlations, of whatever sign."""
    order = np.argsort(-np.nan_to_num(np.abs(row)), kind="stable")[:top]
    placed = ((Unit(*(int(each) + 1 for each in np.unravel_index(unit, shape))), float(row[unit])) for unit in order)
    return tuple(Follows(unit, value) for unit, value in placed if not np.isnan(value))


def _stretches(language_model: LanguageModel, ids: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Places of a text (n,) and the activations there (n, L, H), in any order; all but those that fill the memory."""
    run_up = _RUN_UP if len(ids) > 2 * _RUN_UP else 0
    length = -(-(len(ids) - run_up) // _LANES) if run_up else len(ids)
    places = np.arange(run_up + length)[:, None] + length * np.arange(_LANES if run_up else 1)
    for at, activations in _read(language_model, ids[np.minimum(places, max(0, len(ids) - 1))]):
        there = places[at]
        counts = (np.arange(at.start, at.stop)[:, None] >= run_up) & (there < len(ids))
        yield there[counts], activations[counts]


def _read(language_model: LanguageModel, ids: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Read texts (T, B) side by side: which places of them, and the activations after these, (n, B, L, H)."""
    network = unit_network(language_model.network)
    read, memory = _make_read(language_model.graph), language_model.network.begin(ids.shape[1])
    size = places_together(memory, _BLOCK)
    for start in range(0, len(ids), size):
        part = ids[start : start + size]
        block = np.zeros((size, ids.shape[1]), np.int32)
        block[: len(part)] = part
        memory, after = read(language_model.params, memory, block)
        activations = network.activations(jax.tree.map(np.asarray, after))
        yield slice(start, start + len(part)), activations[: len(part)]


_Read = Callable[[Params, Memory, np.ndarray], tuple[Memory, Memory]]
"""Read ids (n, B): the memory after them, and after each of them."""


@lru_cache(maxsize=8)
def _make_read(graph: Graph) -> _Read:
    @jax.jit
    def read(params: Params, memory: Memory, ids: Array) -> tuple[Memory, Memory]:
        network = assemble(graph, params)

        def read_one(memory: Memory, ids: Array) -> tuple[Memory, Memory]:
            memory = network.step(ids, memory)
            return memory, memory

        both: tuple[Memory, Memory] = lax.scan(read_one, memory, ids)
        return both

    compiled: _Read = read
    return compiled
