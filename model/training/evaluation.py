"""How well a network predicts a text, read in two ways: as a whole with the memory carried along, and in stretches.

`charlstm score` reports the first. A memory that is carried through more tokens than training ever does can drift to
values for which the network was not trained. In short stretches that begin with an empty memory it cannot. So if the
loss of the whole is much the higher, the memory has drifted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np
from jax import Array

from corpora.progress import Tell, paced
from model.networks.network import Graph, Memory, Params, assemble
from model.training.train_step import cross_entropy

EVALUATION_BLOCK = 4096
"""Tokens read in one call of evaluation, at most."""

_MOST_LOGITS = 1 << 22
"""Of one call: more tokens of a large vocabulary are read in several."""

RUN_UP = 128
"""Tokens at the beginning of a stretch whose predictions do not count: they fill the empty memory."""

STRETCH = 128
"""Predictions of a stretch that count."""

STRETCHES = 32
"""Stretches read side by side, evenly spread over the text. They take about a hundredth of the time of an epoch of half
a million characters."""

EvaluateBlock = Callable[[Params, Memory, np.ndarray], tuple[Array, Memory]]
"""Read N + 1 tokens: the loss of each of the N predictions, and the memory after."""


class Judgement(NamedTuple):
    """Mean losses over a text, in nats per character."""

    held_out: float
    """Read as a whole; NaN where there is nothing to predict or the reading was stopped."""
    windowed: float | None
    """Estimated for reading in stretches; None where the text is too short for one."""


@lru_cache(maxsize=8)
def make_evaluate_block(graph: Graph) -> EvaluateBlock:
    """Compile the reading of one long text without dropout."""

    @jax.jit
    def block(params: Params, memory: Memory, ids: Array) -> tuple[Array, Memory]:
        logits, memory = assemble(graph, params).read(ids[:-1, None], memory)
        return cross_entropy(logits[:, 0], ids[1:]), memory

    compiled: EvaluateBlock = block
    return compiled


@lru_cache(maxsize=8)
def _make_read_stretches(graph: Graph) -> Callable[[Params, Memory, np.ndarray], Array]:
    """Compile the reading of stretches, (RUN_UP + STRETCH + 1, n), for the losses that count."""

    @jax.jit
    def read_stretches(params: Params, memory: Memory, ids: Array) -> Array:
        logits, _ = assemble(graph, params).read(ids[:-1], memory, STRETCH)
        return cross_entropy(logits, ids[RUN_UP + 1 :])

    return read_stretches


def _together(tokens: int) -> int:
    """How many predictions among so many tokens are made in one call: a power of two."""
    return min(EVALUATION_BLOCK, max(STRETCH, 1 << (_MOST_LOGITS // tokens).bit_length() - 1))


def _losses(
    graph: Graph,
    params: Params,
    ids: np.ndarray,
    tokens: int,
    stop: Callable[[], bool] = lambda: False,
    progress: Tell | None = None,
) -> Iterator[np.ndarray]:
    """The losses of the N - 1 predictions of a text, block by block, until `stop` returns True."""
    told = paced(progress, "scoring", len(ids))
    block, memory, length = make_evaluate_block(graph), assemble(graph, params).begin(1), _together(tokens)
    for start in range(0, len(ids) - 1, length):
        if stop():
            return
        told(start)
        part = ids[start : start + length + 1]
        padded = np.zeros(length + 1, np.int32)
        padded[: len(part)] = part
        losses, memory = block(params, memory, padded)
        yield np.asarray(losses)[: len(part) - 1]


def evaluate(graph: Graph, params: Params, ids: np.ndarray, lengths: np.ndarray, progress: Tell | None = None) -> float:
    """Mean loss over a text of N tokens, in nats per character; NaN where there is nothing to predict.

    N - 1 tokens are predicted, the memory carried from the first to the last.

    Args:
        graph: the network.
        params: on one device.
        ids: the text, integers (N,).
        lengths: characters of every token, integers (V,).
        progress: told how far the text is, where it is long.
    """
    blocks = _losses(graph, params, ids, len(lengths), progress=progress)
    total = sum(float(losses.sum(dtype=np.float64)) for losses in blocks)
    return total / _characters(ids[1:], lengths) if len(ids) > 1 else math.nan


def judge(
    graph: Graph,
    params: Params,
    ids: np.ndarray,
    lengths: np.ndarray,
    stop: Callable[[], bool] = lambda: False,
) -> Judgement:
    """Read a text in both ways.

    Only some stretches are read. The difference between the two losses of their tokens is taken for the difference over
    the whole text, so that it does not depend on whether these stretches are hard or easy.

    Args:
        graph: the network.
        params: on one device.
        ids: the text, integers (N,).
        lengths: characters of every token, integers (V,).
        stop: called between blocks; True ends the reading.
    """
    blocks = list(_losses(graph, params, ids, len(lengths), stop))
    predicted, total = sum(map(len, blocks)), sum(float(losses.sum(dtype=np.float64)) for losses in blocks)
    if predicted == 0 or predicted < len(ids) - 1:
        return Judgement(math.nan, None)
    held_out = total / _characters(ids[1:], lengths)
    read = RUN_UP + STRETCH
    if predicted < read:
        return Judgement(held_out, None)
    starts = np.linspace(0, predicted - read, STRETCHES).astype(np.int64)
    stretches = ids[starts + np.arange(read + 1)[:, None]].astype(np.int32)
    lanes = min(STRETCHES, _together(len(lengths)) // STRETCH)
    read_stretches, empty = _make_read_stretches(graph), assemble(graph, params).begin(lanes)
    windowed = np.concatenate(
        [
            np.asarray(read_stretches(params, empty, stretches[:, first : first + lanes]), np.float64)
            for first in range(0, STRETCHES, lanes)
        ],
        axis=1,
    )
    carried = np.concatenate(blocks)[starts + np.arange(RUN_UP, read)[:, None]]
    difference = np.sum(windowed - carried)
    return Judgement(held_out, held_out + float(difference / _characters(stretches[RUN_UP + 1 :], lengths)))


def _characters(ids: np.ndarray, lengths: np.ndarray) -> int:
    return int(np.sum(lengths[ids], dtype=np.int64))
