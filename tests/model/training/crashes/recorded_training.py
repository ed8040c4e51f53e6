"""A real training of a tiny network with everything that a person does to one, its files recorded.

It is begun, saved, steered, paused, rolled back, stopped and resumed with more epochs; samples are written meanwhile.
It happens to the step, so that it can be compared with one that nothing interrupts.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import model.runs.saver
import model.training.trainer
from corpora.corpus import Corpus
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint
from model.runs.continuing.resuming import read_past
from model.runs.epoch_weights import parameters_of
from model.runs.folder import Run
from model.runs.listing import create_run
from model.runs.run_facts import RunFacts
from model.runs.saver import Saver
from model.training.events import EpochEnd, Progress, Saved
from model.training.guard.good_states import GoodStates
from model.training.learner import Learner
from model.training.steering.training_commands import Command, Pause, Resume, Save, ScaleRate, Stop
from model.training.trainer import Trainer
from tests.model.training.crashes.recorded_files import Recorder
from tests.model.training.guard.test_rollback import spoil_a_weight
from tests.model.training.short_trainings import LANES

RUN = "data/runs/run"
"""Where it is in the folder that is recorded; the folder of runs is made with it."""
RECIPE = replace(LANES, epochs=3)
EVERY = 1
"""Steps between two lines."""
MORE_EPOCHS = 4
"""In all, when it is resumed."""
STEPS: dict[int, tuple[Command, ...]] = {
    4: (Save(),),
    25: (ScaleRate(0.5),),
    27: (Pause(), Save()),
    30: (ScaleRate(1.5), Save()),
    43: (Save(),),
}
"""What is asked for after which step."""
SPOILT_AT, STOPPED_AT = 57, 62


class Kept(NamedTuple):
    """A state that was given to be saved."""

    step: int
    epoch: int
    """Whole epochs done."""
    arrays: str
    """The digest of its arrays."""
    parameters: str
    best: bool
    ended: int | None
    lines: int
    """Lines of metrics up to then."""


@dataclass
class Keeping:
    """What a training gives to be saved, and what of it is saved."""

    states: list[Kept] = field(default_factory=list)
    given: list[Checkpoint] = field(default_factory=list)
    """The same states, whole."""
    saved: int = 0
    """How many of them are saved."""
    samples: int = 0
    lines: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)


class Promised(NamedTuple):
    """What was said to be saved."""

    states: int
    """The first so many of those that were given."""
    samples: int


def digest(state: Checkpoint) -> str:
    """Of all bits of its arrays."""
    seen = hashlib.sha256()
    for name, array in sorted(state.arrays.items()):
        seen.update(name.encode() + array.tobytes())
    return seen.hexdigest()


@contextmanager
def watched_saving(keeping: Keeping, recorder: Recorder | None = None) -> Iterator[None]:
    """Note what is given to be saved, and promised as saved."""
    keep, do, forget = Saver.keep, Saver.do, Saver.forget_epochs

    def kept(saver: Saver, state: Checkpoint, *, best: bool, ended: int | None = None) -> None:
        at, weights = state.manifest, digest(parameters_of(state))
        keeping.states.append(Kept(at.step, at.cursor.epoch, digest(state), weights, best, ended, keeping.lines))
        keeping.given.append(state)
        keep(saver, state, best=best, ended=ended)

    def noted(saver: Saver, job: Any) -> None:
        keeping.lines += 1
        do(saver, job)

    def forgotten(saver: Saver, after: int) -> None:
        forget(saver, after)
        keeping.lines -= 1  # this was no line

    def saved(path: str, step: int) -> Saved:
        with keeping.changed:
            keeping.saved = len(keeping.states)
            if recorder:
                recorder.promise(Promised(keeping.saved, keeping.samples))
            keeping.changed.notify_all()
        return Saved(path, step)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Saver, "keep", kept)
        patched.setattr(Saver, "do", noted)
        patched.setattr(Saver, "forget_epochs", forgotten)
        patched.setattr(model.runs.saver, "Saved", saved)
        patched.setattr(model.training.trainer, "CHUNK", 1)
        # The epoch's end that was saved last is undone, as where the weights before it are better.
        patched.setattr(GoodStates, "take", lambda states: keeping.given[-2])
        yield


def train(
    trainer: Trainer, learner: Learner, run: Run, keeping: Keeping, *, stop: bool, done: Collection[int] = ()
) -> None:
    """Train by the script from where it is, each save waited for; what is `done` at these steps is not done again."""
    for event in trainer.run(keep=run):
        with keeping.changed:
            assert keeping.changed.wait_for(lambda: keeping.saved == len(keeping.states), 60)
        if isinstance(event, EpochEnd) or (isinstance(event, Progress) and event.step % 7 == 0):
            keeping.samples += 1
            run.append_sample({"epoch": event.epoch, "text": "is what it wrote " * 9})
        if isinstance(event, Saved):
            trainer.send(Resume())
        if isinstance(event, Progress):
            commands = STEPS.get(event.step, ())
            if event.step == STOPPED_AT:
                commands = (Stop() if stop else Save(),)
            for command in commands:
                if not (isinstance(command, ScaleRate) and event.step in done):
                    trainer.send(command)
            if event.step == SPOILT_AT and learner.rate_scale == 0.75:
                spoil_a_weight(trainer, learner)


def epochs_kept(states: Sequence[Kept]) -> dict[int, str]:
    """The digests of epochs' weights when all of these are saved: a rollback takes back those after it."""
    epochs: dict[int, str] = {}
    for state in states:
        epochs = {epoch: weights for epoch, weights in epochs.items() if epoch <= state.epoch}
        if state.ended:
            epochs[state.ended] = state.parameters
    return epochs


def facts_of(corpus: Corpus, recipe: Recipe) -> RunFacts:
    return RunFacts(corpus.name, ("synthetic",), "fast", recipe, datetime.now(UTC))


def uninterrupted(corpus: Corpus, root: Path) -> Keeping:
    """The training without a stop."""
    keeping = Keeping()
    recipe = replace(RECIPE, epochs=MORE_EPOCHS)
    run = create_run(root, "whole", facts_of(corpus, recipe))
    learner = Learner(corpus, recipe)
    trainer = Trainer(corpus, recipe, log_every=EVERY, learner=learner, epoch_budget=1_000_000)
    with run, watched_saving(keeping):
        train(trainer, learner, run, keeping, stop=False)
    return keeping


def recorded(corpus: Corpus, recorder: Recorder) -> Keeping:
    """The training with all that happens to its files."""
    keeping = Keeping()
    with recorder.recording(), watched_saving(keeping, recorder):
        root, name = os.path.split(recorder.top / RUN)
        run = create_run(Path(root), name, facts_of(corpus, RECIPE))
        run.release()
        recorder.promise(Promised(0, 0))
        for _ in range(3):  # to the end; learning on until it is stopped; to the end again
            go_on(run, corpus, keeping, stop=True)
    return keeping


def go_on(run: Run, corpus: Corpus, keeping: Keeping, *, stop: bool) -> None:
    """Train a run from what its folder keeps, as the program does."""
    with run.lock() as run:
        past = read_past(run)
        if past.newest and past.recipe.epochs < MORE_EPOCHS:
            past = past.learning_on(MORE_EPOCHS)
            run.set_epochs(MORE_EPOCHS)
        learner = Learner(corpus, past.recipe)
        trainer = Trainer(
            corpus,
            past.recipe,
            log_every=EVERY,
            learner=learner,
            epoch_budget=1_000_000,
            resume_from=past.newest,
            best=past.best,
            replay=past.replay,
        )
        done = [change.step for change in past.replay]
        train(trainer, learner, run, keeping, stop=stop, done=done)
