"""The time-lapse of a run that was left or torn: what is missing is written, once."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from corpora import Corpus
from model.runs.checkpoint import Checkpoint, CheckpointError, load_manifest
from model.runs.epoch_weights import epoch_files
from model.runs.folder import Run
from model.training.events import EpochEnd, Event
from model.training.publishing import Snapshot
from model.training.trainer import Trainer
from model.writing.epoch_samples import Comparison, write_epoch
from model.writing.language_model import LanguageModel
from model.writing.provenance import Sample, to_record
from model.writing.sample_log import SampleLog
from model.writing.stored_samples import read_samples, time_lapses_of
from model.writing.time_lapse import TimeLapse
from tests.model.writing.time_lapses import RECIPE, SECONDS, Told, running, stored, time_lapse_for, train

pytestmark = pytest.mark.usefixtures("two_devices")


def cut(run: Run, *, after: int, parts: int = 0) -> None:
    """Leave of the samples what a crash would have left: those of some epochs, and some parts of the next."""
    kept = [
        sample
        for sample in read_samples(run)
        if sample and (sample.epoch <= after or (sample.epoch == after + 1 and sample.part <= parts))
    ]
    (run.folder / "samples.jsonl").unlink()
    for sample in kept:
        run.append_sample(to_record(sample))


def first_epochs(corpus: Corpus, run: Run, epochs: int) -> None:
    """Train so many epochs of more, and leave."""
    trainer = Trainer(corpus, RECIPE, epoch_budget=10_000_000)
    time_lapse = time_lapse_for(trainer, corpus, run, Told())
    with running(time_lapse):
        events = trainer.run(time_lapse.take, keep=run)
        for event in events:
            if isinstance(event, EpochEnd) and event.epoch == epochs:
                break
        next(events)
        events.close()
        while len(stored(run)) < epochs:
            time.sleep(0.01)


@pytest.mark.parametrize(("after", "parts"), [(0, 0), (0, 3), (1, 1), (2, 0)])
def test_a_run_that_is_resumed_gets_the_samples_that_are_missing(
    corpus: Corpus, run: Run, after: int, parts: int
) -> None:
    first_epochs(corpus, run, 2)
    before = stored(run)
    cut(run, after=after, parts=parts)
    while len(epoch_files(run)) < 2:
        time.sleep(0.01)
    told = train(corpus, run, resume=True)
    assert sorted(epoch for epoch, _ in told.epochs) == list(range(after + 1, 4))
    now = stored(run)
    assert {epoch: now[epoch] for epoch in before} == before, "as if nothing had happened"
    assert [*sorted(now)] == [1, 2, 3]
    assert len(read_samples(run)) == 12, "none is there twice"


def test_after_resuming_the_pinned_seed_is_written_where_samples_are_missing_and_from_then_on(
    corpus: Corpus, run: Run
) -> None:
    first_epochs(corpus, run, 2)
    cut(run, after=1)
    while len(epoch_files(run)) < 2:
        time.sleep(0.01)
    told = train(corpus, run, resume=True, pinned="jack ")
    assert [*sorted(told.of_pinned)] == [2, 3]
    assert time_lapses_of(read_samples(run))["jack "] == told.of_pinned
    assert sorted(stored(run)) == [1, 2, 3]


def test_samples_of_an_epoch_that_was_undone_before_a_crash_do_not_pass_for_the_new_ones(
    corpus: Corpus, run: Run
) -> None:
    first_epochs(corpus, run, 2)
    lines = [sample for sample in read_samples(run) if sample]
    (run.folder / "samples.jsonl").unlink()
    for sample in lines:  # as other weights of the same step would have written them
        run.append_sample(to_record(replace(sample, id=f"old{sample.part}", text="?" * 30)))
    while len(epoch_files(run)) < 2:
        time.sleep(0.01)
    train(corpus, run, resume=True)
    assert all(sample.text != "?" * 30 for samples in stored(run).values() for sample in samples)


def test_without_kept_weights_a_run_is_resumed_as_it_is(corpus: Corpus, run: Run) -> None:
    trainer = Trainer(corpus, RECIPE)
    events = trainer.run(keep=run)
    next(event for event in events if isinstance(event, EpochEnd) and event.epoch == 2)
    next(events)
    events.close()
    while not run.checkpoints() or load_manifest(run.checkpoints()[0]).cursor.epoch < 2:
        time.sleep(0.01)
    for path in (run.best_checkpoint, *run.checkpoints()[1:]):
        path.unlink(missing_ok=True)
    told = train(corpus, run, resume=True, budget=0)
    assert sorted(stored(run)) == [2, 3], "the checkpoint that it continues from has the weights of epoch 2"
    assert told.complaints == []


def test_a_damaged_file_of_weights_costs_its_epoch_alone(corpus: Corpus, run: Run) -> None:
    first_epochs(corpus, run, 2)
    cut(run, after=0)
    while len(epoch_files(run)) < 2:
        time.sleep(0.01)
    path = run.folder / "epochs" / "epoch-0001.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"????")
    told = train(corpus, run, resume=True)
    assert sorted(stored(run)) == [2, 3]
    assert ["The samples of epoch 1 cannot be written." in complaint for complaint in told.complaints] == [True]


def test_stopping_in_the_middle_tears_nothing_and_is_quick(
    corpus: Corpus, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = threading.Event()

    def write(*given: Any) -> tuple[Sample, ...]:
        return write_epoch(*given[:-1], lambda: writing.set() or given[-1]())

    monkeypatch.setattr("model.writing.epoch_samples.MOST_CHARACTERS", 100_000)
    monkeypatch.setattr("model.writing.time_lapse.write_epoch", write)
    trainer = Trainer(corpus, replace(RECIPE, sample_length=100_000))
    time_lapse = time_lapse_for(trainer, corpus, run, told := Told())
    with running(time_lapse):
        time_lapse.take(Snapshot(trainer.language_model().params, 1.0, 10, ended=1))
        assert writing.wait(SECONDS)
        begun = time.monotonic()
        time_lapse.stop()
        assert time_lapse.wait(SECONDS)
        assert time.monotonic() - begun < SECONDS / 2
    assert told.epochs == []
    assert stored(run) == {}


def test_a_full_disk_only_delays_samples(corpus: Corpus, run: Run) -> None:
    blocked = run.folder / "samples.jsonl"
    blocked.mkdir()

    def free(trainer: Trainer, event: Event) -> None:
        if isinstance(event, EpochEnd) and event.epoch == 3:
            while not told_first.is_set():
                time.sleep(0.01)
            blocked.rmdir()

    told_first = threading.Event()
    trainer = Trainer(corpus, RECIPE, epoch_budget=10_000_000)
    told = Told()
    comparison = Comparison.of(RECIPE, "jack")
    log = SampleLog(run, lambda sentence: (told.complaints.append(sentence), told_first.set()))
    time_lapse = TimeLapse(trainer.language_model(), comparison, run, log, told.written)
    with running(time_lapse):
        for event in trainer.run(lambda snapshot: None):
            free(trainer, event)
            if isinstance(event, EpochEnd):
                time_lapse.take(Snapshot(trainer.language_model().params, event.epoch, event.step, ended=event.epoch))
            time_lapse.hear(event)
        assert time_lapse.wait(SECONDS)
    assert sorted(stored(run)) == [1, 2, 3]
    assert "Is a directory" in told.complaints[0]


def test_an_error_in_reading_weights_is_no_end(corpus: Corpus, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: LanguageModel, checkpoint: Checkpoint) -> None:
        raise CheckpointError("It is of another network.")

    first_epochs(corpus, run, 2)
    cut(run, after=0)
    while len(epoch_files(run)) < 2:
        time.sleep(0.01)
    monkeypatch.setattr(LanguageModel, "weights_of", refuse)
    told = train(corpus, run, resume=True)
    assert [epoch for epoch, _ in told.epochs] == [3]
    assert len(told.complaints) == 2
