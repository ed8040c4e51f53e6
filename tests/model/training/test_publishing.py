"""Snapshots of the parameters, published while training continues."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.networks.network import build
from model.training.named_arrays import to_arrays
from model.training.publishing import Snapshot
from model.training.trainer import Trainer
from tests.model.training.short_trainings import LANES

pytestmark = pytest.mark.usefixtures("two_devices", "compiled_once")


def test_snapshots_stay_as_they_were(corpus: Corpus) -> None:
    snapshots: list[tuple[Snapshot, dict[str, np.ndarray]]] = []
    trainer = Trainer(corpus, LANES)
    list(trainer.run(lambda snapshot: snapshots.append((snapshot, to_arrays(snapshot.params)))))
    steps = snapshots[-1][0].step
    places = [(snapshot.epoch, snapshot.step) for snapshot, _ in snapshots]
    assert places[0] == (0, 0)
    assert {(1, steps // 2), (2, steps)} <= set(places)
    for snapshot, at_the_time in snapshots:
        for name, array in to_arrays(snapshot.params).items():
            assert array.tobytes() == at_the_time[name].tobytes()
    first, last = snapshots[0][1], snapshots[-1][1]
    _, params = build(LANES, 7)
    assert all(first[name].tobytes() == array.tobytes() for name, array in to_arrays(params).items())
    assert all(
        last[name].tobytes() == array.tobytes() for name, array in to_arrays(trainer.language_model().params).items()
    )
    assert all(first[name].tobytes() != last[name].tobytes() for name in first)


def test_new_weights_are_published_about_every_second(corpus: Corpus, clock: SimpleNamespace) -> None:
    clock.tick = 0.11
    published: list[float] = []
    list(Trainer(corpus, replace(LANES, epochs=4)).run(lambda snapshot: published.append(clock.now)))
    between = np.diff(published)
    assert len(between) > 4
    assert between.max() < 4
    assert between.min() > 0.1
