"""The time-lapse: every epoch has its samples, and training never waits for them."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import numpy as np
import pytest

import model.writing.time_lapse
from corpora import Corpus
from model.runs.checkpoint import load
from model.runs.folder import Run
from model.training.events import EpochEnd, Finished, RolledBack
from model.training.publishing import Snapshot
from model.training.trainer import Trainer
from model.writing.epoch_samples import usual_seed
from model.writing.language_model import LanguageModel
from model.writing.provenance import Sample
from model.writing.replay import draw_again
from model.writing.stored_samples import read_samples, weights_of
from tests.model.writing.time_lapses import RECIPE, SECONDS, Told, running, stored, time_lapse_for, train

pytestmark = pytest.mark.usefixtures("two_devices")


def test_every_epoch_has_its_samples(corpus: Corpus, run: Run) -> None:
    told = train(corpus, run)
    assert [epoch for epoch, _ in told.epochs] == [1, 2, 3]
    assert stored(run) == dict(told.epochs)
    assert told.complaints == []
    seeds = {(sample.seed, sample.noise_seed) for samples in stored(run).values() for sample in samples}
    assert len(seeds) == 1
    ends = [event.step for event, _ in run.events() if isinstance(event, EpochEnd)]
    assert [samples[0].step for samples in stored(run).values()] == ends


def test_epochs_that_end_while_a_seed_is_pinned_write_it_as_well(corpus: Corpus, run: Run) -> None:
    told = train(corpus, run, pin_at={1: "jack ", 2: None})
    assert told.of_pinned.keys() == {2}
    assert stored(run) == dict(told.epochs), "the run's own are as ever"
    own, pinned = read_samples(run)[4:8], read_samples(run)[8:12]
    assert told.of_pinned[2] == tuple(pinned)
    assert [sample.seed for sample in pinned if sample] == ["jack "] * 4
    for one, other in zip(own, pinned, strict=True):
        assert one
        assert other
        assert (one.noise_seed, one.step, one.sampling) == (other.noise_seed, other.step, other.sampling)
    (path,) = {weights_of(run, sample) for sample in pinned if sample}
    model = LanguageModel.from_checkpoint(load(path))
    for sample in filter(None, pinned):
        draw_again(sample, {}, model)  # raises where another text comes


def test_the_runs_own_seed_pinned_is_written_once(corpus: Corpus, run: Run) -> None:
    told = train(corpus, run, recipe=replace(RECIPE, epochs=1), pinned=usual_seed(corpus, RECIPE))
    assert told.of_pinned == {}
    assert len(read_samples(run)) == 4


def test_epochs_that_are_shorter_than_their_samples_take_are_written_from_the_kept_weights(
    corpus: Corpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model.writing.time_lapse, "_HELD_BYTES", 1)
    slow, most = model.writing.time_lapse.write_epoch, [0]

    def write_slowly(*args: object) -> tuple[Sample, ...]:
        most[0] = max(most[0], len(time_lapse._held))
        time.sleep(0.3)
        return slow(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(model.writing.time_lapse, "write_epoch", write_slowly)
    trainer = Trainer(corpus, replace(RECIPE, epochs=9), epoch_budget=10_000_000)
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told())
    with running(time_lapse):
        for event in trainer.run(time_lapse.take, keep=run):
            time_lapse.hear(event)
        assert time_lapse.wait(SECONDS)
    assert most[0] <= 1
    assert sorted(epoch for epoch, _ in told.epochs) == list(range(1, 10))
    assert told.complaints == []
    by_epoch = stored(run)
    assert all(len(by_epoch[epoch]) == 4 for epoch in range(1, 10))


def test_samples_that_cannot_be_written_any_more_are_said(
    corpus: Corpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(corpus, RECIPE)
    params = trainer.language_model().params
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told())
    monkeypatch.setattr(model.writing.time_lapse, "_HELD_BYTES", 1)
    for epoch in (1, 2, 3):
        time_lapse.take(Snapshot(params, float(epoch), epoch, ended=epoch))
    time_lapse.hear(Finished("epochs", 3, 3, 1.0, None, None, None))
    with running(time_lapse):
        assert time_lapse.wait(SECONDS)
    assert [epoch for epoch, _ in told.epochs] == [3]
    assert told.complaints == [
        "The samples of epochs 1-2 could not be written in time, and their weights are no longer kept."
    ]


def test_training_never_waits_for_samples(corpus: Corpus, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    held = threading.Event()
    monkeypatch.setattr(model.writing.time_lapse, "write_epoch", lambda *_: held.wait(SECONDS))
    trainer = Trainer(corpus, RECIPE)
    time_lapse = time_lapse_for(trainer, corpus, run, Told())
    threading.Thread(target=time_lapse.run, daemon=True).start()
    events = list(trainer.run(time_lapse.take, keep=run))
    assert isinstance(events[-1], Finished)
    assert not time_lapse.wait(0.0)
    held.set()
    time_lapse.stop()


def test_an_epoch_that_was_undone_is_written_anew(corpus: Corpus, run: Run) -> None:
    trainer = Trainer(corpus, RECIPE)
    first, second = Trainer(corpus, RECIPE).language_model().params, None
    second = {**first, "output": {**first["output"], "w": first["output"]["w"] + 1}}
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told())
    with running(time_lapse):
        time_lapse.take(Snapshot(first, 1.0, 10, ended=1))
        time_lapse.take(Snapshot(first, 2.0, 20, ended=2))
        while len(told.epochs) < 2:
            time.sleep(0.01)
        time_lapse.hear(RolledBack(25, 10, 1, "the loss was no number", 0.5))
        time_lapse.take(Snapshot(second, 2.0, 20, ended=2))
        time_lapse.hear(Finished("epochs", 2, 20, 1.0, None, None, None))
        assert time_lapse.wait(SECONDS)
    assert [epoch for epoch, _ in told.epochs] == [1, 2, 2]
    assert stored(run) == {1: told.epochs[0][1], 2: told.epochs[2][1]}
    assert told.epochs[1][1] != told.epochs[2][1]


def test_an_epoch_that_is_undone_while_it_waits_or_is_written_has_no_samples(
    corpus: Corpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer(corpus, RECIPE)
    params = trainer.language_model().params
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told())
    begun, go_on = threading.Event(), threading.Event()
    slow = model.writing.time_lapse.write_epoch

    def write(*args: object) -> tuple[Sample, ...]:
        begun.set()
        go_on.wait(SECONDS)
        return slow(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(model.writing.time_lapse, "write_epoch", write)
    with running(time_lapse):
        time_lapse.take(Snapshot(params, 1.0, 10, ended=1))
        begun.wait(SECONDS)
        time_lapse.take(Snapshot(params, 2.0, 20, ended=2))
        time_lapse.hear(RolledBack(25, 0, 0, "the loss was no number", 0.5))
        go_on.set()
        time_lapse.hear(Finished("diverged", 0, 0, 1.0, None, None, None))
        assert time_lapse.wait(SECONDS)
    assert told.epochs == []
    assert stored(run) == {}


def test_weights_that_are_no_numbers_write_nothing(corpus: Corpus, run: Run) -> None:
    trainer = Trainer(corpus, RECIPE)
    params = trainer.language_model().params
    broken = {**params, "output": {**params["output"], "w": params["output"]["w"] * np.nan}}
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told())
    time_lapse.take(Snapshot(broken, 1.0, 10, ended=1))
    time_lapse.hear(Finished("epochs", 1, 10, 1.0, None, None, None))
    with running(time_lapse):
        assert time_lapse.wait(SECONDS)
    assert (told.epochs, told.complaints) == ([], [])
