"""Small texts, recipes and networks that the tests of the learning core share; they compile once a session."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from model.recipe import Recipe

if TYPE_CHECKING:
    from model.tokens.batches import Batches
    from model.training.train_step import Metrics, TrainState

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="session")
def exercise() -> ModuleType:
    """tests/model/golden/exercise.py: the reference exercise's weights and batches."""
    spec = importlib.util.spec_from_file_location("exercise", GOLDEN / "exercise.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def golden() -> dict[str, Any]:
    """What Keras 3 gave for the exercise."""
    recorded: dict[str, Any] = json.loads((GOLDEN / "keras_notebook.json").read_text(encoding="utf-8"))
    return recorded


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20240229)


SYMBOLS = 7
"""Distinct characters of the synthetic text."""


@pytest.fixture(scope="session")
def ids() -> np.ndarray:
    """A text in which every character has a favourite successor: there is something to learn."""
    random = np.random.default_rng(7)
    favourite, surprise = random.permutation(SYMBOLS), random.random(10_000) < 0.3
    text = random.integers(0, SYMBOLS, 10_000).astype(np.int32)
    for place in range(1, len(text)):
        if not surprise[place]:
            text[place] = favourite[text[place - 1]]
    return text


class Learner:
    """Trains a recipe's network on a text, as the training loop does but for the epochs: one pass at most."""

    def __init__(self, recipe: Recipe, ids: np.ndarray, devices: int, total_steps: int) -> None:
        from model.devices import local_devices
        from model.networks import network
        from model.tokens import batches
        from model.training import train_step

        self.recipe, self._training = recipe, train_step
        self.reader = batches.open_reader(ids, recipe)
        self.mesh = local_devices.make_mesh(recipe.batch, devices)
        self.graph, _ = network.build(recipe, SYMBOLS, cpu_kernels=True)
        self.train_chunk = train_step.make_train_chunk(self.graph, recipe, self.reader.carried, total_steps, self.mesh)

    def begin(self) -> TrainState:
        from model.networks.network import build

        return self._training.init_state(self.graph, self.recipe, build(self.recipe, SYMBOLS)[1], self.mesh)

    def steps(self, state: TrainState, batches: Batches) -> tuple[TrainState, Metrics]:
        """One chunk; the metrics are those of its steps, on the host."""
        n = len(batches.inputs)
        state, metrics = self.train_chunk(state, self._training.place_batches(batches, self.mesh), n)
        return state, type(metrics)(*(np.array(each)[:n] for each in metrics))

    def learn(self, *cuts: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """The state and the losses after chunks of so many steps."""
        from model.tokens.batches import Cursor
        from model.training.named_arrays import to_arrays

        state, losses, done = self.begin(), [], 0
        for n in cuts:
            state, metrics = self.steps(state, self.reader.take(Cursor(0, done), n))
            losses.append(metrics.losses)
            done += n
        return to_arrays(state), np.concatenate(losses)


@pytest.fixture(scope="session")
def learner(two_devices: None, ids: np.ndarray) -> Callable[..., Learner]:
    """Learners by recipe, devices and length of the run; each is compiled once a session."""

    @cache
    def make(recipe: Recipe, devices: int = 1, total_steps: int = 100) -> Learner:
        return Learner(recipe, ids, devices, total_steps)

    return make
