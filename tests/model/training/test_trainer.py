"""The training loop: what it tells, in which order, and how it answers commands."""

from __future__ import annotations

import math
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TypeVar

import numpy as np
import pytest
from jax.sharding import Mesh

import model.training.learner
import model.training.publishing
import model.training.trainer
from corpora.corpus import Corpus
from model.devices.local_devices import make_mesh
from model.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Progress,
    Saved,
    SaveFailed,
    Step,
    Unpaused,
)
from model.networks.network import Graph, build
from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs.checkpoint import Checkpoint
from model.runs.epoch_weights import epoch_files, load_epoch
from model.runs.folder import Run
from model.runs.listing import create_run
from model.runs.saver import Saver
from model.tokens.batches import BatchError, Cursor, open_reader
from model.training.evaluation import Judgement, judge
from model.training.named_arrays import to_arrays
from model.training.publishing import Snapshot
from model.training.train_step import TrainChunk, init_state, make_train_chunk, place_batches
from model.training.trainer import Trainer
from model.training_commands import Pause, Resume, Save, ScaleRate, Stop
from model.writing.language_model import LanguageModel

pytestmark = pytest.mark.usefixtures("two_devices", "compiled_once")

WINDOWS = replace(NOTEBOOK, hidden=8, window=6, stride=3, batch=16, epochs=2)
LANES = replace(FAST, hidden=8, window=6, batch=16, epochs=2, schedule="constant")
RECIPES = {"notebook": WINDOWS, "fast": LANES}
each_recipe = pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())

Kind = TypeVar("Kind")


shared_train_chunk = cache(make_train_chunk)


@pytest.fixture
def compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trainers share what is compiled; how long a run lasts is nothing to a step at a constant rate."""

    def make(graph: Graph, recipe: Recipe, carried: bool, total_steps: int, mesh: Mesh) -> TrainChunk:
        assert recipe.schedule == "constant"
        return shared_train_chunk(graph, replace(recipe, epochs=1, held_out=0.0, guard=True), carried, 1, mesh)

    monkeypatch.setattr(model.training.learner, "make_train_chunk", make)


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


# What is told


@each_recipe
def test_a_run_tells_its_story_in_order(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, recipe)
    events = list(trainer.run())
    letters = {CorpusReady: "r", Compiled: "c", Progress: "p", EpochEnd: "e", Finished: "f"}
    story = "".join(letters[type(event)] for event in events)
    assert re.fullmatch(f"rc(p+e){{{recipe.epochs}}}f", story)

    training_ids, _ = corpus.split(recipe.held_out)
    steps = open_reader(training_ids, recipe).steps_per_epoch
    assert events[0] == CorpusReady(
        name="synthetic",
        title="A synthetic text",
        characters=2000,
        sequences=len(range(0, 2000 - 6, 3)) if recipe is WINDOWS else len(range(0, 2000 - 60, 3)),
        distinct=7,
        training_characters=1800,
        held_out_characters=200,
        notes=("A note.",),
    )
    (compiled,) = of(Compiled, events)
    assert compiled == replace(
        compiled, parameters=trainer.parameters, devices=2, steps_per_epoch=steps, epochs=2, run=None
    )
    assert compiled.seconds > 0
    (finished,) = of(Finished, events)
    ends = of(EpochEnd, events)
    best = min(ends, key=lambda end: end.held_out or math.inf)
    assert finished == Finished(
        reason="epochs",
        epoch=2,
        step=2 * steps,
        seconds=ends[-1].seconds,
        best_held_out=best.held_out,
        best_epoch=best.epoch,
        run=None,
    )


@each_recipe
def test_progress_counts_every_step_once(corpus: Corpus, recipe: Recipe) -> None:
    events = list(Trainer(corpus, recipe).run())
    progress = of(Progress, events)
    steps = progress[0].steps_per_epoch
    assert {each.steps_per_epoch for each in progress} == {steps}
    assert [each.step for each in progress] == [(each.epoch - 1) * steps + each.step_in_epoch for each in progress]
    assert [each.step for each in progress] == sorted({each.step for each in progress})
    assert progress[-1].step == 2 * steps
    for epoch, end in enumerate(of(EpochEnd, events), start=1):
        last = [each for each in progress if each.epoch == epoch][-1]
        assert (end.epoch, end.step, last.step_in_epoch) == (epoch, epoch * steps, steps)
        assert end.loss == last.epoch_loss
    seconds = [event.seconds for event in events if isinstance(event, Progress | EpochEnd | Finished)]
    assert seconds == sorted(seconds)


@each_recipe
def test_losses_are_those_of_training_step_by_step(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, recipe)
    events = list(trainer.run())
    losses, counts, params = step_by_step(corpus, recipe)
    if recipe.reading == "windows":
        assert counts[0, -1] < recipe.batch, "the last batch is a smaller one"
    ends = of(EpochEnd, events)
    np.testing.assert_allclose([end.loss for end in ends], np.average(losses, axis=1, weights=counts), rtol=1e-6)
    for each in of(Progress, events):
        np.testing.assert_allclose(each.loss, losses.ravel()[each.step - 1], rtol=1e-6)
        so_far = slice((each.epoch - 1) * each.steps_per_epoch, each.step)
        mean = np.average(losses.ravel()[so_far], weights=counts.ravel()[so_far])
        np.testing.assert_allclose(each.epoch_loss, mean, rtol=1e-6)
    for name, array in to_arrays(trainer.language_model().params).items():
        np.testing.assert_array_equal(array, params[name])


def test_the_same_recipe_and_corpus_give_the_same_run_whatever_the_clock_says(
    corpus: Corpus, clock: SimpleNamespace
) -> None:
    losses, chunks = set(), set()
    for clock.tick in (0.001, 0.03, 0.2):
        events = list(Trainer(corpus, LANES).run())
        losses.add(tuple((end.loss, end.held_out) for end in of(EpochEnd, events)))
        chunks.add(len(of(Progress, events)))
    assert len(losses) == 1
    assert len(chunks) == 3, "the chunks differ in length"


@each_recipe
def test_the_held_out_loss_equals_the_score_of_that_text(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, recipe)
    events = trainer.run()
    for _ in range(recipe.epochs):
        end = until(EpochEnd, events)
        assert end.held_out == trainer.language_model().score(corpus.split(recipe.held_out)[1])
        assert end.held_out is not None
        assert end.bpc == pytest.approx(end.held_out / math.log(2))


def test_a_held_out_text_that_is_long_enough_is_read_in_stretches_too(corpus: Corpus) -> None:
    recipe = replace(LANES, held_out=0.3)
    trainer = Trainer(corpus, recipe)
    for end in of(EpochEnd, list(trainer.run())):
        assert end.windowed is not None
    language_model = trainer.language_model()
    judged = judge(language_model.graph, language_model.params, corpus.split(0.3)[1], language_model.tokenizer.lengths)
    assert (end.held_out, end.windowed) == judged


def test_the_best_epoch_minimises_the_worse_of_its_two_losses(
    corpus: Corpus, run_folder: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    judgements = [Judgement(3.0, 1.5), Judgement(1.8, 1.75), Judgement(1.7, 1.9), Judgement(1.9, None)]
    answers = iter(judgements)
    monkeypatch.setattr(model.training.learner, "judge", lambda *_: next(answers))
    events = list(Trainer(corpus, replace(LANES, epochs=4)).run(keep=run_folder))
    assert [(end.held_out, end.windowed) for end in of(EpochEnd, events)] == judgements
    assert [end.drifts for end in of(EpochEnd, events)] == [True, False, False, False]
    finished = of(Finished, events)[0]
    assert (finished.best_held_out, finished.best_epoch) == (1.8, 2)
    best = run_folder.load("best").manifest
    assert best.cursor == Cursor(2, 0)
    assert (best.progress["best"], best.progress["best_held_out"], best.progress["best_epoch"]) == (1.8, 1.8, 2)


@pytest.mark.parametrize("held_out", [0.0, 0.0005])
def test_without_held_out_text_no_held_out_loss_is_printed(corpus: Corpus, held_out: float) -> None:
    events = list(Trainer(corpus, replace(LANES, held_out=held_out)).run())
    assert of(CorpusReady, events)[0].held_out_characters == len(corpus.split(held_out)[1])
    ends = of(EpochEnd, events)
    assert [(end.held_out, end.bpc) for end in ends] == [(None, None)] * 2
    assert of(Finished, events)[0].best_held_out is None


def test_speed_is_the_text_read_in_the_time_it_took(corpus: Corpus, clock: SimpleNamespace) -> None:
    """Two looks at the clock a chunk: `tick` seconds each; the chunk that compiled does not count."""
    recipe = replace(LANES, epochs=1)
    events = list(Trainer(corpus, recipe).run())
    progress = of(Progress, events)
    assert progress[0].characters_per_second == 0
    for chunks, each in enumerate(progress[1:], start=1):
        read = (each.step - progress[0].step) * recipe.batch * recipe.window
        assert each.characters_per_second == pytest.approx(read / (chunks * clock.tick))
    assert of(EpochEnd, events)[0].characters_per_second == progress[-1].characters_per_second
    assert progress[-1].seconds == pytest.approx(len(progress) * clock.tick)


def test_chunks_grow_to_fill_the_time_between_two_commands(corpus: Corpus, clock: SimpleNamespace) -> None:
    ends = [each.step for each in of(Progress, list(Trainer(corpus, replace(LANES, epochs=1)).run()))]
    assert np.diff([0, *ends]).tolist() == [1, 1, 8, 8]


@each_recipe
def test_nothing_compiles_after_the_first_epoch(
    corpus: Corpus, recipe: Recipe, compilations: Callable[[], int]
) -> None:
    trainer = Trainer(corpus, replace(recipe, epochs=3))
    events = trainer.run()
    until(EpochEnd, events)
    before = compilations()
    trainer.send(ScaleRate(0.5))
    assert len(of(EpochEnd, list(events))) == 2
    assert compilations() == before


# Snapshots


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


# Commands


def test_stop_ends_the_run_at_once(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run()
    step = until(Progress, events).step
    trainer.send(Stop())
    (finished,) = list(events)
    assert isinstance(finished, Finished)
    assert (finished.reason, finished.step, finished.epoch) == ("stopped", step, 0)


def test_stop_before_the_first_step_ends_the_run(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    trainer.send(Stop())
    assert [type(event) for event in trainer.run()] == [CorpusReady, Finished]


@pytest.mark.parametrize("paused", [False, True])
def test_stop_interrupts_the_reading_of_the_held_out_text(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, paused: bool
) -> None:
    trainer = Trainer(corpus, LANES)
    asked = []

    def endless(block: object, params: object, ids: object, lengths: object, stop: Callable[[], bool]) -> Judgement:
        if paused:
            trainer.send(Pause())
            assert not stop()
        trainer.send(Stop())
        while not stop():
            asked.append(True)
            assert len(asked) < 10, "the reading goes on though the run was stopped"
        return Judgement(math.nan, None)

    monkeypatch.setattr(model.training.learner, "judge", endless)
    events = list(trainer.run())
    assert not of(EpochEnd, events)
    assert of(Finished, events)[0].reason == "stopped"


def test_no_step_is_done_between_pause_and_resume(corpus: Corpus, clock: SimpleNamespace) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run()
    before = until(Progress, events)
    trainer.send(Pause())
    assert next(events) == Paused(before.step)
    begun = time.monotonic()

    def go_on() -> None:
        clock.now += 1000
        trainer.send(Resume())

    threading.Timer(0.3, go_on).start()
    assert next(events) == Unpaused(before.step)
    assert time.monotonic() - begun >= 0.3
    after = next(events)
    assert isinstance(after, Progress)
    assert after.step > before.step
    assert after.seconds - before.seconds < 1, "a pause is no training time"
    assert of(Finished, list(events))[0].reason == "epochs"


def test_pauses_are_reported_and_written_to_the_run(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    for command in (Pause(), Pause(), Resume(), Pause(showing=True), Pause(), Stop()):
        trainer.send(command)
    events = list(trainer.run(keep=run_folder))
    pauses = [Paused(0), Unpaused(0), Paused(0, showing=True), Paused(0)]
    assert [event for event in events if isinstance(event, Paused | Unpaused)] == pauses
    told = [event for event, _ in run_folder.events() if not isinstance(event, CorpusReady)]
    assert told[:-1] == pauses
    assert isinstance(told[-1], Finished)


def test_saving_while_paused_does_no_step(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run(keep=run_folder)
    step = until(Progress, events).step
    trainer.send(Pause())
    trainer.send(Save())
    assert next(events) == Paused(step)
    assert next(events) == Saved(str(run_folder.checkpoints()[0]), step)
    begun = time.monotonic()
    threading.Timer(0.3, trainer.send, [Resume()]).start()
    until(Progress, events)
    assert time.monotonic() - begun >= 0.3
    events.close()


def test_a_paused_run_can_be_stopped(corpus: Corpus) -> None:
    trainer = Trainer(corpus, LANES)
    for command in (Pause(), Stop()):
        trainer.send(command)
    finished = of(Finished, list(trainer.run()))[0]
    assert (finished.reason, finished.step) == ("stopped", 0)


def test_set_rate_scales_the_schedule_from_the_next_step_on(corpus: Corpus) -> None:
    trainer = Trainer(corpus, WINDOWS)
    events = trainer.run()
    assert until(Progress, events).rate == pytest.approx(0.01)
    trainer.send(ScaleRate(0.25))
    assert until(Progress, events).rate == pytest.approx(0.0025)
    trainer.send(ScaleRate(0))
    before = to_arrays(trainer.language_model().params)
    rest = list(events)
    assert {each.rate for each in of(Progress, rest)} == {0}
    assert all(
        before[name].tobytes() == array.tobytes() for name, array in to_arrays(trainer.language_model().params).items()
    )


def test_the_time_limit_ends_the_epoch_and_the_run(corpus: Corpus, clock: SimpleNamespace) -> None:
    trainer = Trainer(corpus, LANES, max_seconds=0.06)
    events = list(trainer.run())
    *_, progress, end, finished = events
    assert isinstance(progress, Progress)
    assert isinstance(end, EpochEnd)
    assert isinstance(finished, Finished)
    assert 0.06 <= progress.seconds == end.seconds == finished.seconds < 0.09
    assert 0 < progress.step_in_epoch < progress.steps_per_epoch
    assert (end.epoch, end.step, end.loss) == (1, progress.step, progress.epoch_loss)
    assert end.held_out == trainer.language_model().score(corpus.split(LANES.held_out)[1])
    assert (finished.reason, finished.epoch, finished.step) == ("time", 0, progress.step)
    assert (finished.best_held_out, finished.best_epoch) == (end.held_out, 1)


def test_a_time_limit_reached_in_the_last_epoch_is_not_the_reason(corpus: Corpus, clock: SimpleNamespace) -> None:
    needed = of(Finished, list(Trainer(corpus, LANES).run()))[0].seconds
    events = list(Trainer(corpus, LANES, max_seconds=needed - 0.001).run())
    assert [end.epoch for end in of(EpochEnd, events)] == [1, 2]
    assert of(Finished, events)[0].reason == "epochs"


def test_a_time_limit_of_zero_ends_the_run_without_a_step(corpus: Corpus) -> None:
    events = list(Trainer(corpus, LANES, max_seconds=0).run())
    assert [type(event) for event in events] == [CorpusReady, Finished]
    assert events[-1] == replace(events[-1], reason="time", step=0, best_held_out=None, best_epoch=None)


# What cannot be learned from


@each_recipe
def test_a_tiny_corpus_is_refused(ids: np.ndarray, recipe: Recipe) -> None:
    tiny = Corpus("tiny", "Tiny", "abcdefg", ids[:50].astype(np.uint8), None, ())
    with pytest.raises(
        BatchError, match=r"^There are 45 characters to train on \(the last 10% of the text is held out"
    ):
        Trainer(tiny, recipe)


def test_a_batch_that_does_not_divide_over_the_devices_is_refused(corpus: Corpus) -> None:
    with pytest.raises(ValueError, match="take --batch 14 or 16"):
        Trainer(corpus, replace(LANES, batch=15), devices=2)


@each_recipe
def test_weights_of_nan_are_never_the_best(corpus: Corpus, recipe: Recipe) -> None:
    trainer = Trainer(corpus, replace(recipe, guard=False))
    events = trainer.run()
    good = until(EpochEnd, events)
    trainer.send(ScaleRate(math.inf))
    rest = list(events)
    assert math.isnan(of(EpochEnd, rest)[0].loss)
    finished = of(Finished, rest)[0]
    assert (finished.best_held_out, finished.best_epoch) == (good.held_out, 1)


def test_a_run_with_only_nan_losses_has_no_best_epoch(corpus: Corpus) -> None:
    trainer = Trainer(corpus, replace(LANES, guard=False))
    trainer.send(ScaleRate(math.nan))
    finished = of(Finished, list(trainer.run()))[0]
    assert (finished.reason, finished.best_held_out, finished.best_epoch) == ("epochs", None, None)


# Keeping


def test_every_epoch_is_kept_and_the_best_can_be_asked_again(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = list(trainer.run(keep=run_folder))
    ends, saved = of(EpochEnd, events), of(Saved, events)
    assert saved[-1].step == ends[-1].step
    assert events[-2:] == [saved[-1], of(Finished, events)[0]], "all is on the disk before the run is over"
    assert of(Finished, events)[0].run == str(run_folder.folder)
    kept = [line for line in run_folder.metrics() if line["event"] == "epoch_end"]
    assert [(line["epoch"], line["loss"], line["held_out"]) for line in kept] == [
        (end.epoch, end.loss, end.held_out) for end in ends
    ]
    newest = run_folder.load("newest")
    assert newest.manifest.cursor == Cursor(2, 0)
    assert newest.manifest.step == ends[-1].step == int(newest.arrays["step"])
    for name, array in to_arrays(trainer.language_model().params).items():
        np.testing.assert_array_equal(newest.arrays[f"params.{name}"], array)
    best = LanguageModel.from_checkpoint(run_folder.load("best"))
    # Scoring needs no kernels for the CPU: it rounds elsewhere than the training did.
    score = best.score(corpus.split(LANES.held_out)[1])
    assert score == pytest.approx(of(Finished, events)[0].best_held_out, rel=1e-6)
    assert best.tokenizer == trainer.tokenizer


def test_stopping_saves_the_training_so_far(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = trainer.run(keep=run_folder)
    progress = until(Progress, events)
    trainer.send(Stop())
    assert [type(event) for event in events] == [Saved, Finished]
    checkpoint = run_folder.load("newest")
    assert checkpoint.manifest.cursor == Cursor(0, progress.step_in_epoch)
    assert checkpoint.manifest.step == progress.step
    for name, array in to_arrays(trainer.language_model().params, "params.").items():
        assert checkpoint.arrays[name].tobytes() == array.tobytes()


def test_the_run_is_saved_in_the_middle_of_an_epoch_too(
    corpus: Corpus, run_folder: Run, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed: list[Cursor] = []

    def hand_over(saver: Saver, checkpoint: Checkpoint, *, best: bool, ended: int | None) -> None:
        handed.append(checkpoint.manifest.cursor)

    monkeypatch.setattr(Saver, "keep", hand_over)
    list(Trainer(corpus, LANES, save_seconds=0.2).run(keep=run_folder))
    assert [cursor for cursor in handed if not cursor.step] == [Cursor(1, 0), Cursor(2, 0)]
    assert [cursor for cursor in handed if cursor.step]


def test_the_weights_of_each_epochs_end_are_kept_as_they_were_published(corpus: Corpus, run_folder: Run) -> None:
    published: list[Snapshot] = []
    list(Trainer(corpus, LANES, epoch_budget=1_000_000).run(published.append, keep=run_folder))
    ends = {each.ended: each for each in published if each.ended}
    assert [*ends] == [*epoch_files(run_folder)] == [1, 2]
    for epoch, snapshot in ends.items():
        kept = load_epoch(run_folder, epoch)
        assert (kept.manifest.step, snapshot.epoch) == (snapshot.step, epoch)
        assert kept.arrays.keys() == (there := to_arrays(snapshot.params, "params.")).keys()
        assert all(array.tobytes() == there[name].tobytes() for name, array in kept.arrays.items())


def test_an_epoch_that_was_cut_short_keeps_its_weights_until_it_is_resumed(corpus: Corpus, run_folder: Run) -> None:
    list(Trainer(corpus, LANES, max_seconds=1e-9, epoch_budget=1_000_000).run(keep=run_folder))
    path = run_folder.folder / "epochs" / "epoch-0001.safetensors"
    assert epoch_files(run_folder) == {1: path}
    resumed = Trainer(corpus, LANES, resume_from=run_folder.load("newest"), epoch_budget=1_000_000)
    events = resumed.run(keep=run_folder)
    until(Progress, events)
    for _ in range(500):
        if not path.exists():
            break
        time.sleep(0.01)
    assert not path.exists()
    list(events)
    assert load_epoch(run_folder, 1).manifest.cursor == Cursor(1, 0)


def test_every_nth_step_is_logged_wherever_chunks_begin(corpus: Corpus, run_folder: Run) -> None:
    losses, _, _ = step_by_step(corpus, LANES)
    events = list(Trainer(corpus, LANES, log_every=5).run(keep=run_folder))
    logged = of(Step, events)
    assert [each.step for each in logged] == list(range(5, losses.size + 1, 5))
    np.testing.assert_array_equal([each.loss for each in logged], np.float32(losses.ravel()[4::5]))
    assert [each.epoch for each in logged] == [1 + (each.step - 1) // losses.shape[1] for each in logged]
    whole, every = losses.ravel(), 5
    means = [whole[end - every : end].mean() for end in range(every, whole.size + 1, every)]
    assert [each.mean for each in logged] == pytest.approx(means)
    so_far = [losses[each.epoch - 1, : each.step - (each.epoch - 1) * losses.shape[1]].mean() for each in logged]
    assert [each.epoch_loss for each in logged] == pytest.approx(so_far)
    kept = [line for line in run_folder.metrics() if line["event"] == "step"]
    assert [(line["step"], line["loss"]) for line in kept] == [(each.step, each.loss) for each in logged]


def test_the_loss_seen_live_at_a_logged_step_is_the_logged_one(corpus: Corpus) -> None:
    events = list(Trainer(corpus, LANES, log_every=1).run())
    seen = {each.step: each.loss for each in of(Progress, events)}
    logged = {each.step: each.loss for each in of(Step, events)}
    assert seen
    assert seen == {step: logged[step] for step in seen}


def test_a_failed_save_is_reported_and_training_continues(corpus: Corpus, run_folder: Run) -> None:
    checkpoints = run_folder.folder / "checkpoints"
    checkpoints.rmdir()
    checkpoints.write_text("in the way")
    events = list(Trainer(corpus, LANES).run(keep=run_folder))
    assert len(of(EpochEnd, events)) == 2
    assert of(SaveFailed, events)
    assert not of(Saved, events)
    assert of(Finished, events)[0].reason == "epochs"


def test_checkpoints_are_saved_even_if_metrics_cannot_be_written(corpus: Corpus, run_folder: Run) -> None:
    (run_folder.folder / "metrics.jsonl").mkdir()
    events = list(Trainer(corpus, LANES).run(keep=run_folder))
    assert of(SaveFailed, events)
    assert of(Saved, events)
    assert run_folder.load("newest").manifest.cursor == Cursor(2, 0)
