"""Training that goes wrong: faults of every kind are noticed, taken back once, and recovered from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import jax
import numpy as np
import pytest

from corpora import ReadAs, open_corpus
from corpora.corpus import Corpus
from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs.epoch_weights import epoch_files, load_epoch
from model.runs.folder import Run
from model.training.events import EpochEnd, Event, Finished, Progress, RolledBack, SaveFailed
from model.training.guard.good_states import GoodStates
from model.training.guard.rollback import Rollback
from model.training.learner import Chunk, Learner
from model.training.publishing import Snapshot
from model.training.steering.training_commands import ScaleRate
from model.training.trainer import Trainer
from tests.model.runs.made_runs import create_run, metrics_of

pytestmark = pytest.mark.usefixtures("two_devices")

WINDOWS = replace(NOTEBOOK, hidden=8, window=6, stride=3, batch=16, epochs=8)
LANES = replace(FAST, hidden=8, window=6, batch=16, epochs=12, schedule="constant")
RECIPES = {"notebook": WINDOWS, "fast": LANES}

Fault = Callable[[Trainer, Learner], None]


@pytest.fixture(scope="module")
def corpus(ids: np.ndarray) -> Corpus:
    return Corpus("synthetic", "A synthetic text", "abcdefg", ids[:2000].astype(np.uint8), None, ())


def raise_the_rate(trainer: Trainer, learner: Learner) -> None:
    """Thirty times, as a slip of the hand may."""
    trainer.send(ScaleRate(300.0))


def spoil_a_gradient(trainer: Trainer, learner: Learner) -> None:
    """One batch whose loss, and with it the gradient, is no number."""
    take = learner.reader.take

    def spoiled(at: object, n: int, lanes: slice) -> object:
        learner.reader.take = take  # type: ignore[method-assign]
        batches = take(at, n, lanes)  # type: ignore[arg-type]
        batches.weights[0, 0] = math.nan
        return batches

    learner.reader.take = spoiled  # type: ignore[method-assign, assignment]


def spoil_a_weight(trainer: Trainer, learner: Learner) -> None:
    """A flipped bit, say."""

    def spoil(leaf: jax.Array) -> np.ndarray:
        return np.full(leaf.shape, np.inf, leaf.dtype)

    state = learner.on_host()
    params = state.params
    spoiled = params | {"output": params["output"] | {"w": spoil(params["output"]["w"])}}
    learner.take_over(state._replace(params=spoiled), learner.cursor)


FAULTS: dict[str, Fault] = {
    "rate": raise_the_rate,
    "gradient": spoil_a_gradient,
    "weight": spoil_a_weight,
}


def run_with(corpus: Corpus, recipe: Recipe, fault: Fault, after: int, keep: Run | None = None) -> Iterator[Event]:
    """A run's events, with a fault after so many epochs."""
    learner = Learner(corpus, recipe)
    trainer = Trainer(corpus, recipe, learner=learner)
    for event in trainer.run(keep=keep):
        yield event
        if isinstance(event, Progress) and event.epoch == after + 1 and fault is not None:
            fault(trainer, learner)
            fault = lambda *_: None  # noqa: E731
    return


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS.keys())
def test_one_fault_is_rolled_back_and_training_recovers(
    corpus: Corpus, recipe: Recipe, fault: Fault, tmp_path: Path
) -> None:
    run = create_run(tmp_path, "faulty", "synthetic", "fast", recipe, datetime.now(UTC), ["synthetic"])
    events = list(run_with(corpus, recipe, fault, recipe.epochs // 2, run))
    (back,) = [event for event in events if isinstance(event, RolledBack)]
    assert 0 < back.to_step < back.step
    assert back.rate_scale == 0.5
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.epoch) == ("epochs", recipe.epochs)
    ends = [event for event in events if isinstance(event, EpochEnd)]
    assert [end.epoch for end in ends] == list(range(1, recipe.epochs + 1))
    assert ends[-1].loss <= min(end.loss for end in ends) + 0.05
    assert not [event for event in events if isinstance(event, SaveFailed)]
    kept = metrics_of(run)
    assert [line["epoch"] for line in kept if line["event"] == "epoch_end"] == [end.epoch for end in ends]
    assert [line["reason"] for line in kept if line["event"] == "rolled_back"] == [back.reason]
    assert all(np.isfinite(array).all() for array in run.load("newest").arrays.values())


def test_the_weights_of_an_epoch_that_was_undone_go_and_come_anew(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path, "undone", "synthetic", "fast", LANES, datetime.now(UTC), ["synthetic"])
    recipe = replace(LANES, epochs=4)
    learner = Learner(corpus, recipe)
    trainer = Trainer(corpus, recipe, learner=learner, epoch_budget=1_000_000)
    published: list[Snapshot] = []
    events = trainer.run(published.append, keep=run)
    good = None
    for event in events:
        if isinstance(event, EpochEnd) and event.epoch == 2:
            good = learner.capture()
        if isinstance(event, EpochEnd) and event.epoch == 3:
            break
    monkeypatch.setattr(GoodStates, "take", lambda states: good)
    spoil_a_weight(trainer, learner)
    list(events)
    assert [each.ended for each in published if each.ended] == [1, 2, 3, 3, 4]
    first, second = (each for each in published if each.ended == 3)
    assert [*epoch_files(run)] == [1, 2, 3, 4]
    kept = load_epoch(run, 3).arrays["params.output.w"].tobytes()
    assert kept == second.params["output"]["w"].tobytes() != first.params["output"]["w"].tobytes()


@pytest.mark.parametrize("fault", [spoil_a_weight, raise_the_rate])
def test_without_the_guard_a_fault_ruins_the_run(corpus: Corpus, fault: Fault) -> None:
    events = list(run_with(corpus, replace(LANES, guard=False), fault, 6))
    assert not [event for event in events if isinstance(event, RolledBack)]
    ends = [event for event in events if isinstance(event, EpochEnd)]
    assert not ends[-1].loss <= min(end.loss for end in ends) + 0.3


def test_repeated_divergence_ends_with_the_best_weights(corpus: Corpus, tmp_path: Path) -> None:
    run = create_run(tmp_path, "hopeless", "synthetic", "fast", LANES, datetime.now(UTC), ["synthetic"])
    learner = Learner(corpus, LANES)
    trainer = Trainer(corpus, LANES, learner=learner)
    published: list[Snapshot] = []
    events: list[Event] = []
    for event in trainer.run(published.append, keep=run):
        events.append(event)
        if isinstance(event, Progress) and event.epoch > 3:
            spoil_a_weight(trainer, learner)
    finished = events[-1]
    assert isinstance(finished, Finished)
    assert finished.reason == "diverged"
    backs = [event for event in events if isinstance(event, RolledBack)]
    assert [back.rate_scale for back in backs] == [0.5**n for n in range(1, 7)]
    best = [each for each in published if each.best][-1]
    assert best.epoch == finished.best_epoch
    assert run.load("best").manifest.cursor.epoch == finished.best_epoch
    assert all(np.isfinite(array).all() for array in run.load("newest").arrays.values())


def test_a_rollback_halves_the_lowest_rate_of_what_went_well_and_names_a_raised_one(corpus: Corpus) -> None:
    learner = Learner(corpus, LANES)
    rollback = Rollback(learner)
    for scale in (16.0, 64.0):
        learner.set_rate_scale(scale)
        state = learner.capture()
        assert state is not None
        rollback.states.keep(state, best=scale == 16.0)
    for scale, halved, reason in (
        (128.0, 8.0, "a test at 128 times the recipe's rate"), (4.0, 2.0, "a test"), (math.nan, 8.0, "a test"),
    ):  # fmt: skip
        learner.set_rate_scale(scale)
        back = rollback.roll_back("a test")
        assert (back.rate_scale, back.reason) == (halved, reason)


def test_a_rollback_to_before_the_best_epoch_leaves_it_the_best(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(tmp_path, "far", "synthetic", "fast", LANES, datetime.now(UTC), ["synthetic"])
    recipe = replace(LANES, epochs=6, rate=0.01, momentum=0.9)
    learner = Learner(corpus, recipe)
    trainer = Trainer(corpus, recipe, learner=learner)
    events = trainer.run(keep=run)
    next(events)
    beginning = None
    for event in events:
        beginning = beginning or learner.capture()
        if isinstance(event, EpochEnd) and event.epoch == 5:
            break
    best = learner.totals.best
    monkeypatch.setattr(GoodStates, "take", lambda states: beginning)
    spoil_a_weight(trainer, learner)
    back = next(event for event in events if isinstance(event, RolledBack))
    assert back.to_step < 20
    ends = [next(event for event in events if isinstance(event, EpochEnd)) for _ in range(2)]
    assert all(end.judged > best for end in ends if best is not None)
    events.close()
    assert (learner.totals.best, learner.totals.best_epoch) == (best, 5)


def test_harder_text_does_not_count_as_divergence(corpus: Corpus, ids: np.ndarray) -> None:
    """Half of the text can be predicted and half of it is noise, read by few lanes one after the other."""
    noise = np.random.default_rng(5).integers(0, 7, 6000)
    mixed = np.concatenate([ids[:6000], noise, ids[:2000]]).astype(np.uint8)
    recipe = replace(LANES, batch=2, epochs=2, held_out=0.0)
    events = list(Trainer(Corpus("mixed", "Mixed", "abcdefg", mixed, None, ()), recipe).run())
    assert not [event for event in events if isinstance(event, RolledBack)]


def test_a_suspected_divergence_is_probed(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    learner, probed = Learner(corpus, LANES), []
    monkeypatch.setattr(learner.detector, "watch", lambda loss, norm: "it looks odd")
    monkeypatch.setattr(learner, "probe", lambda params=None: probed.append(params) or 1.0)
    chunk = Chunk(np.ones(3), np.ones(3), np.ones(3), np.ones(3))
    rollback = Rollback(learner)
    rollback.states.keep(learner.capture())  # type: ignore[arg-type]
    assert rollback.find_divergence(chunk) is None
    assert len(probed) == 4, "three times the weights, once the state to go back to"


# By hand


def exercise(random_seed: int, *, slip_after: int | None = None, **changes: object) -> list[Event]:
    """The exercise on real text, with the rate thirty times what it should be after so many epochs."""
    recipe = replace(NOTEBOOK, random_seed=random_seed, **changes)  # type: ignore[arg-type]
    trainer = Trainer(open_corpus("nietzsche", ReadAs(lowercase=True)), recipe, save_seconds=15)
    events: list[Event] = []
    for event in trainer.run():
        events.append(event)
        if isinstance(event, EpochEnd | RolledBack):
            print(f"seed {random_seed}: {event}", flush=True)
        if isinstance(event, EpochEnd) and event.epoch == slip_after:
            trainer.send(ScaleRate(30.0))
    return events


def losses_of(events: list[Event]) -> list[float]:
    return [event.loss for event in events if isinstance(event, EpochEnd)]


@pytest.mark.slow
@pytest.mark.parametrize("random_seed", [1, 2, 3])
def test_the_exercise_does_not_collapse_in_59_epochs(random_seed: int) -> None:
    events = exercise(random_seed)
    losses = losses_of(events)
    assert len({event.epoch for event in events if isinstance(event, EpochEnd)}) == 59  # one taken back ends twice
    assert losses[-1] <= min(losses) + 0.05


@pytest.mark.slow
def test_the_exercise_collapses_without_the_guard_and_not_with_it() -> None:
    """The rate is raised, so that the collapse need not be waited for."""
    losses = losses_of(exercise(1, epochs=4, slip_after=2, guard=False))
    assert not losses[-1] <= min(losses) + 0.3
    events = exercise(1, epochs=4, slip_after=2)
    losses = losses_of(events)
    assert losses[-1] <= min(losses) + 0.05
    assert len([event for event in events if isinstance(event, RolledBack)]) == 1
