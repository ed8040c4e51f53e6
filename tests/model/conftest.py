"""Small texts, recipes and networks that the tests of the learning core share; they compile once a session."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.fixture(scope="session")
def exercise() -> ModuleType:
    """tests/golden/exercise.py: the reference exercise's weights and batches."""
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
def compilations(two_devices: None) -> Iterator[Callable[[], int]]:
    """How many programs JAX has compiled, or taken from its cache of compiled ones, since the test began."""
    import jax

    seen: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event.endswith("backend_compile_duration"):
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield lambda: len(seen)
    jax.monitoring.unregister_event_duration_listener(listen)


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20240229)
