"""The history of steering: what counts of it, and that repeating it gives the very same weights."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

from corpora.corpus import Corpus
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint
from model.training.events import (
    CorpusReady,
    Event,
    Finished,
    Paused,
    Progress,
    RateScaled,
    Resumed,
    RolledBack,
    StopPlanned,
)
from model.training.learner import Learner
from model.training.steering.history import Change, SteeringHistory
from model.training.steering.training_commands import Command, Pause, Resume, ScaleRate
from model.training.trainer import Trainer
from tests.model.training.short_trainings import RECIPES, of

CORPUS = CorpusReady("a", "A", 1000, 500, 30, 900, 100, ())
RESUMED = Resumed(1, 90, None, ())


def changes(*events: Event, step: int = 0) -> list[Change]:
    return SteeringHistory.of(events).changes(step)


def test_a_resumed_run_repeats_what_came_after_its_checkpoint() -> None:
    steered = RateScaled(80, 0.5, 0.5), RateScaled(90, 0.5, 0.25), RateScaled(120, 2.0, 0.5)
    assert changes(*steered, step=90) == [Change(90, 0.25), Change(120, 0.5)]
    assert changes(*steered, RESUMED, step=90) == changes(*steered, step=90), "also when it was left once more"


def test_a_new_change_replaces_those_that_were_still_to_be_repeated() -> None:
    assert changes(RateScaled(120, 0.5, 0.5), RESUMED, RateScaled(100, 2.0, 2.0), step=90) == [Change(100, 2.0)]


def test_a_rollback_undoes_the_changes_after_the_weights_it_returns_to() -> None:
    back = RolledBack(150, 100, 2, "the loss was no number", 0.5)
    events = RateScaled(80, 0.5, 0.5), RateScaled(100, 4.0, 2.0), RateScaled(140, 2.0, 4.0), back
    assert changes(*events) == [Change(80, 0.5), Change(100, 2.0), Change(100, 0.5, by_hand=False)]
    assert back in SteeringHistory.of(events).events


def test_a_planned_stop_is_known_until_it_is_taken_back_or_the_run_ends() -> None:
    history = SteeringHistory.of([CORPUS, StopPlanned(5, 1)])
    assert history.last_epoch == 1
    history.apply(StopPlanned(6, None))
    assert history.last_epoch is None
    for end in (Finished("stopped", 1, 10, 1.0, None, None, None), CORPUS):
        assert SteeringHistory.of([StopPlanned(5, 1), end]).last_epoch is None


def test_what_was_done_is_listed_by_step() -> None:
    events = [Paused(5), Paused(6, showing=True), RateScaled(7, 0.5, 0.5), RESUMED, StopPlanned(6, 1)]
    assert SteeringHistory.of(events).events == [events[0], events[4], events[2]]


# Repeated


def steered(
    corpus: Corpus, recipe: Recipe, commands: dict[int, list[Command]]
) -> tuple[list[Event], dict[int, Checkpoint], Checkpoint | None]:
    """A training that gets commands after these steps: its events, its states by step, and the last."""
    learner = Learner(corpus, recipe)
    trainer = Trainer(corpus, recipe, learner=learner)
    events, states = list[Event](), dict[int, Checkpoint]()
    for event in trainer.run():
        events.append(event)
        if isinstance(event, RolledBack):
            states = {step: state for step, state in states.items() if step <= event.to_step}
        if isinstance(event, Progress):
            for step in [step for step in commands if step <= event.step]:
                for command in commands.pop(step):
                    trainer.send(command)
            if state := learner.capture():
                states[event.step] = state
    return events, states, learner.capture()


@pytest.mark.usefixtures("two_devices", "compiled_once")
@pytest.mark.parametrize("chance", [1, 2, 3])
@pytest.mark.parametrize("name", RECIPES)
def test_a_run_that_is_steered_ends_with_the_same_weights_wherever_it_is_resumed(
    corpus: Corpus, name: str, chance: int
) -> None:
    recipe, draw = replace(RECIPES[name], epochs=3), random.Random(chance)
    commands = dict[int, list[Command]]()
    for _ in range(4):
        commands.setdefault(draw.randrange(1, 50), []).append(ScaleRate(draw.choice((0.5, 2.0))))
    commands.setdefault(draw.randrange(1, 50), []).extend((Pause(), Resume()))
    if chance == 3:
        commands.setdefault(40, []).append(ScaleRate(math.nan))
    events, states, last = steered(corpus, recipe, commands)
    assert last is not None
    assert len(of(RateScaled, events)) == 4 + (chance == 3)
    assert bool(of(RolledBack, events)) is (chance == 3)
    for step, state in draw.sample(sorted(states.items()), 4):
        learner = Learner(corpus, recipe)
        replay = SteeringHistory.of(events).changes(step)
        list(Trainer(corpus, recipe, learner=learner, resume_from=state, replay=replay).run())
        again = learner.capture()
        assert again is not None
        for array, arrays in last.arrays.items():
            assert arrays.tobytes() == again.arrays[array].tobytes(), f"{array}, resumed at step {step}"
