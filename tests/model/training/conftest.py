"""What the tests of the trainer share: a small corpus, a run, a clock, and what is compiled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import model.training.publishing
import model.training.trainer
from corpora.corpus import Corpus
from model.runs.folder import Run
from tests.model.runs.made_runs import create_run
from tests.model.training.short_trainings import LANES, share_compiled


@pytest.fixture
def compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainers share what is compiled; how long a run lasts is nothing to a step at a constant rate."""
    share_compiled(monkeypatch)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """The trainer's clock: each look at it finds `tick` seconds gone."""
    fake = SimpleNamespace(now=1000.0, tick=0.025)

    def perf_counter() -> float:
        fake.now += fake.tick
        return fake.now

    for module in (model.training.trainer, model.training.publishing):
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=perf_counter))
    return fake


@pytest.fixture(scope="module")
def corpus(ids: np.ndarray) -> Corpus:
    return Corpus("synthetic", "A synthetic text", "abcdefg", ids[:2000].astype(np.uint8), None, ("A note.",))


@pytest.fixture
def run_folder(tmp_path: Path) -> Run:
    return create_run(tmp_path, "test", "synthetic", "fast", LANES, datetime.now(UTC))
