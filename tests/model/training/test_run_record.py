"""What a training keeps in its run: checkpoints, weights of epochs, logged steps."""

from __future__ import annotations

import time
from types import SimpleNamespace

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.runs.checkpoint import Checkpoint
from model.runs.epoch_weights import epoch_files, load_epoch
from model.runs.folder import Run
from model.runs.saver import Saver
from model.tokens.batches import Cursor
from model.training.events import (
    EpochEnd,
    Finished,
    Progress,
    Saved,
    SaveFailed,
    Step,
)
from model.training.named_arrays import to_arrays
from model.training.publishing import Snapshot
from model.training.steering.training_commands import Stop
from model.training.trainer import Trainer
from model.writing.language_model import LanguageModel
from tests.model.runs.made_runs import metrics_of
from tests.model.training.short_trainings import LANES, of, step_by_step, until

pytestmark = pytest.mark.usefixtures("two_devices", "compiled_once")


def test_every_epoch_is_kept_and_the_best_can_be_asked_again(corpus: Corpus, run_folder: Run) -> None:
    trainer = Trainer(corpus, LANES)
    events = list(trainer.run(keep=run_folder))
    ends, saved = of(EpochEnd, events), of(Saved, events)
    assert saved[-1].step == ends[-1].step
    assert events[-2:] == [saved[-1], of(Finished, events)[0]], "all is on the disk before the run is over"
    assert of(Finished, events)[0].run == str(run_folder.folder)
    kept = [line for line in metrics_of(run_folder) if line["event"] == "epoch_end"]
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
    resumed = Trainer(corpus, LANES, resume_from=run_folder.load("state"), epoch_budget=1_000_000)
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
    kept = [line for line in metrics_of(run_folder) if line["event"] == "step"]
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
