"""Every kind of network is trained as the LSTM is: on any number of devices, rolled back, and resumed to the bit."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from corpora.corpus import Corpus
from model.networks.network_kinds import NETWORKS
from model.recipe import Recipe, preset
from model.runs.continuing.resuming import read_past
from model.training.events import EpochEnd, Event, Finished, Progress, RolledBack
from model.training.learner import Learner
from model.training.steering.training_commands import ScaleRate, Stop
from model.training.trainer import Trainer
from tests.model.runs.made_runs import create_run
from tests.model.training.short_trainings import of

pytestmark = pytest.mark.usefixtures("two_devices")

each_other_kind = pytest.mark.parametrize("kind", [kind for kind in NETWORKS if kind != "lstm"])
"""The LSTM is what all other tests train."""


def recipe_of(kind: str) -> Recipe:
    """Two small layers, with all of what `best` has."""
    size = {"hidden": 8, "layers": 2, "window": 6, "batch": 16}
    return replace(preset("best", kind), **size, rate=0.01, schedule="constant", epochs=6)


@each_other_kind
def test_two_devices_train_like_one(compiled_once: None, corpus: Corpus, kind: str) -> None:
    recipe = replace(recipe_of(kind), epochs=2)
    one, two = (of(EpochEnd, list(Trainer(corpus, recipe, devices=devices).run())) for devices in (1, 2))
    assert one[1].loss < one[0].loss
    for end, other in zip(one, two, strict=True):
        assert other.loss == pytest.approx(end.loss, abs=1e-5)
        assert other.held_out == pytest.approx(end.held_out, abs=1e-5)


@each_other_kind
def test_a_run_that_diverged_and_was_resumed_equals_the_one_that_was_never_left(
    compiled_once: None, corpus: Corpus, kind: str, tmp_path: Path
) -> None:
    recipe = recipe_of(kind)

    def train(name: str, *stops: int) -> list[Event]:
        """The events of a run whose rate is raised far too much after epoch 3, with a stop in each of these epochs."""
        run = create_run(tmp_path, name, "synthetic", "fast", recipe, datetime.now(UTC), ["synthetic"])
        events, raised = list[Event](), False
        for stop in (*stops, None):
            past = read_past(run) if events else None
            continued = {"resume_from": past.newest, "best": past.best} if past else {}
            trainer = Trainer(corpus, recipe, learner=None if past else Learner(corpus, recipe), **continued)
            for event in trainer.run(keep=run):
                events.append(event)
                if isinstance(event, EpochEnd) and event.epoch == 3 and not raised:
                    trainer.send(ScaleRate(3000.0))
                    raised = True
                if isinstance(event, Progress) and event.epoch == stop:
                    trainer.send(Stop())
        return events

    whole, left = train("whole"), train("left", 2, 5)
    assert len(of(RolledBack, whole)) >= 1
    ends = of(EpochEnd, whole)
    assert ends[-1].loss < ends[0].loss
    assert isinstance(left[-1], Finished)
    assert [(end.epoch, end.loss, end.held_out) for end in of(EpochEnd, left)] == [
        (end.epoch, end.loss, end.held_out) for end in ends
    ]
