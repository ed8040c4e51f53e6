"""How well a network predicts a text, read in two ways: all of it with the state carried along, and in stretches.

The first is what `charlstm score` says. Carried through more characters than a lane of training has, a state can drift
to where the network never learned to read; in stretches that begin with an empty one it cannot. So where the first
way of reading is much the worse, it is the state that has drifted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

import jax
import numpy as np
from jax import Array

from model.networks.network import Graph, Memory, Params, assemble
from model.training.train_step import cross_entropy

EVALUATION_BLOCK = 4096
"""Characters read in one call of evaluation."""

RUN_UP = 128
"""Characters that a stretch begins with and whose predictions do not count: they fill the empty state."""

STRETCH = 128
"""Predictions of a stretch that count."""

STRETCHES = 32
"""Read side by side, evenly spread over the text, for about a hundredth of what an epoch of half a million characters
takes."""

EvaluateBlock = Callable[[Params, Memory, np.ndarray], tuple[Array, Memory]]
"""Read EVALUATION_BLOCK + 1 characters: the loss of each prediction, and the memory after."""


class Judgement(NamedTuple):
    """Mean losses over a text, in nats per predicted character."""

    held_out: float
    """The state carried from zero through all of it; NaN where there is nothing to predict or reading was ended."""
    windowed: float | None
    """As if all of it were read in stretches from an empty state; None where it is too short for one."""


@lru_cache(maxsize=8)
def make_evaluate_block(graph: Graph) -> EvaluateBlock:
    """Compile the reading of one long text, one character after the other, as it is."""

    @jax.jit
    def block(params: Params, memory: Memory, ids: Array) -> tuple[Array, Memory]:
        logits, memory = assemble(graph, params).read(ids[:-1, None], memory)
        return cross_entropy(logits[:, 0], ids[1:]), memory

    compiled: EvaluateBlock = block
    return compiled


@lru_cache(maxsize=8)
def _make_read_stretches(graph: Graph) -> Callable[[Params, Memory, np.ndarray], Array]:
    """Compile the reading of stretches, (RUN_UP + STRETCH + 1, STRETCHES): the losses that count, in the same order."""

    @jax.jit
    def read_stretches(params: Params, memory: Memory, ids: Array) -> Array:
        logits, _ = assemble(graph, params).read(ids[:-1], memory, STRETCH)
        return cross_entropy(logits, ids[RUN_UP + 1 :])

    return read_stretches


def _losses(graph: Graph, params: Params, ids: np.ndarray, stop: Callable[[], bool]) -> Iterator[np.ndarray]:
    """The losses of the N - 1 predictions of a text, block by block; fewer where `stop` says so between two."""
    block, memory = make_evaluate_block(graph), assemble(graph, params).begin(1)
    for start in range(0, len(ids) - 1, EVALUATION_BLOCK):
        if stop():
            return
        part = ids[start : start + EVALUATION_BLOCK + 1]
        padded = np.zeros(EVALUATION_BLOCK + 1, np.int32)
        padded[: len(part)] = part
        losses, memory = block(params, memory, padded)
        yield np.asarray(losses)[: len(part) - 1]


def evaluate(graph: Graph, params: Params, ids: np.ndarray) -> float:
    """Mean loss over a text of N characters: N - 1 predictions, the state carried from zero through all of it.

    Args:
        graph: the network.
        params: on one device.
        ids: the text, integers (N,).
    """
    total = sum(float(losses.sum(dtype=np.float64)) for losses in _losses(graph, params, ids, lambda: False))
    return total / (len(ids) - 1) if len(ids) > 1 else math.nan


def judge(
    graph: Graph,
    params: Params,
    ids: np.ndarray,
    stop: Callable[[], bool] = lambda: False,
) -> Judgement:
    """Read a text both ways. The losses are `evaluate`'s, and in stretches what it would be.

    Only some stretches are read. How much better or worse the very same characters are predicted there is taken for
    the difference over the whole text, so that hard and easy passages do not blur it.

    Args:
        graph: the network.
        params: on one device.
        ids: the text, integers (N,).
        stop: asked between blocks; True ends the reading.
    """
    blocks = list(_losses(graph, params, ids, stop))
    predicted, total = sum(map(len, blocks)), sum(float(losses.sum(dtype=np.float64)) for losses in blocks)
    if predicted == 0 or predicted < len(ids) - 1:
        return Judgement(math.nan, None)
    held_out = total / predicted
    read = RUN_UP + STRETCH
    if predicted < read:
        return Judgement(held_out, None)
    starts = np.linspace(0, predicted - read, STRETCHES).astype(np.int64)
    stretches = ids[starts + np.arange(read + 1)[:, None]].astype(np.int32)
    windowed = _make_read_stretches(graph)(params, assemble(graph, params).begin(STRETCHES), stretches)
    carried = np.concatenate(blocks)[starts + np.arange(RUN_UP, read)[:, None]]
    return Judgement(held_out, held_out + float(np.mean(np.asarray(windowed, np.float64) - carried)))
