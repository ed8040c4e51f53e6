"""Recipes of short trainings for tests, their events by kind, and the same training step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import TypeVar

import numpy as np
import pytest
from jax.sharding import Mesh

import model.training.learner
from corpora.corpus import Corpus
from model.devices.local_devices import make_mesh
from model.networks.network import Graph, build
from model.recipe import FAST, NOTEBOOK, Recipe
from model.tokens.batches import Cursor, open_reader
from model.training.events import (
    Event,
)
from model.training.named_arrays import to_arrays
from model.training.train_step import TrainChunk, init_state, make_train_chunk, place_batches

WINDOWS = replace(NOTEBOOK, hidden=8, window=6, stride=3, batch=16, epochs=2)
LANES = replace(FAST, hidden=8, window=6, batch=16, epochs=2, schedule="constant")
RECIPES = {"notebook": WINDOWS, "fast": LANES}
each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())

Kind = TypeVar("Kind")


shared_train_chunk = cache(make_train_chunk)


def share_compiled(patched: pytest.MonkeyPatch) -> None:
    """Let trainers share what is compiled; how long a run lasts is nothing to a step at a constant rate."""

    def make(graph: Graph, recipe: Recipe, carried: bool, total_steps: int, mesh: Mesh) -> TrainChunk:
        assert recipe.schedule == "constant"
        return shared_train_chunk(
            graph, replace(recipe, epochs=1, steps_per_epoch=0, held_out=0.0, guard=True), carried, 1, mesh
        )

    patched.setattr(model.training.learner, "make_train_chunk", make)


def of(kind: type[Kind], events: list[Event]) -> list[Kind]:
    return [event for event in events if isinstance(event, kind)]


def until(kind: type[Kind], events: Iterator[Event], passed: list[Event] | None = None) -> Kind:
    """The next event of a kind."""
    for event in events:
        if isinstance(event, kind):
            return event
        if passed is not None:
            passed.append(event)
    raise AssertionError(f"the run ended without {kind.__name__}")


def step_by_step(corpus: Corpus, recipe: Recipe) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Every step's loss and count, by epoch, and the last parameters: training without the loop."""
    training_ids, _ = corpus.split(recipe.held_out)
    reader, mesh = open_reader(training_ids, recipe), make_mesh(recipe.batch)
    graph, params = build(recipe, len(corpus.alphabet), cpu_kernels=True)
    state = init_state(graph, recipe, params, mesh)
    train_chunk = make_train_chunk(graph, recipe, reader.carried, recipe.epochs * reader.steps_per_epoch, mesh)
    losses, counts = np.zeros((2, recipe.epochs, reader.steps_per_epoch))
    for epoch in range(recipe.epochs):
        if reader.carried:
            empty = init_state(graph, recipe, build(recipe, len(corpus.alphabet))[1], mesh).memory
            state = state._replace(memory=empty)
        for step in range(reader.steps_per_epoch):
            batches = reader.take(Cursor(epoch, step), 1)
            state, metrics = train_chunk(state, place_batches(batches, mesh), 1)
            losses[epoch, step], counts[epoch, step] = metrics.losses[0], batches.weights.sum()
    return losses, counts, to_arrays(state.params)
