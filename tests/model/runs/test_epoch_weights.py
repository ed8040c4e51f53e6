"""The weights of epochs: parameters alone, within a budget, and only of epochs that count."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import model.runs.saver
from model.runs.checkpoint import Checkpoint, CheckpointError
from model.runs.epoch_weights import epoch_files, keep_epoch, load_epoch, spans, to_keep
from model.runs.folder import Run
from model.runs.saver import Saver
from model.tokens.batches import Cursor
from model.training.events import SaveFailed
from tests.model.runs.test_checkpoint import make_checkpoint

PLENTY = 1 << 30


def end_of(epoch: int, *, best: int | None = None) -> Checkpoint:
    """The state at an epoch's end, with more in it than parameters."""
    made = make_checkpoint(step=10 * epoch)
    progress = made.manifest.progress | {"best_epoch": best}
    arrays = made.arrays | {"opt.mu": np.ones(1000, np.float32), "step": np.int32(10 * epoch)}
    return Checkpoint(arrays, replace(made.manifest, cursor=Cursor(epoch, 0), progress=progress))


def size_of_one(tmp_path: Path) -> int:
    keep_epoch(Run(tmp_path / "one"), 1, end_of(1), PLENTY)
    return next((tmp_path / "one" / "epochs").iterdir()).stat().st_size


@pytest.fixture
def run(tmp_path: Path) -> Run:
    (tmp_path / "run").mkdir()
    (tmp_path / "one").mkdir()
    return Run(tmp_path / "run")


def test_the_parameters_alone_are_kept_and_read_back_to_the_bit(run: Run) -> None:
    state = end_of(7)
    keep_epoch(run, 7, state, PLENTY)
    assert [path.name for path in (run.folder / "epochs").iterdir()] == ["epoch-0007.safetensors"]
    kept = load_epoch(run, 7)
    assert kept.arrays.keys() == {name for name in state.arrays if name.startswith("params.")}
    assert all(np.array_equal(array, state.arrays[name]) for name, array in kept.arrays.items())
    assert (kept.manifest.step, kept.manifest.cursor) == (70, Cursor(7, 0))


def test_a_budget_of_zero_keeps_no_weights(run: Run) -> None:
    keep_epoch(run, 1, end_of(1), 0)
    assert not (run.folder / "epochs").exists()
    with pytest.raises(CheckpointError, match=r"no weights of epoch 1\. It has those of no epoch's end\.$"):
        load_epoch(run, 1)


def test_they_stay_within_the_budget_and_lie_evenly_with_the_best_and_the_newest(run: Run, tmp_path: Path) -> None:
    budget = int(6.5 * size_of_one(tmp_path))
    for epoch in range(1, 25):
        keep_epoch(run, epoch, end_of(epoch, best=min(epoch, 12)), budget)
        assert epoch in epoch_files(run)
        assert min(epoch, 12) in epoch_files(run)
        assert sum(path.stat().st_size for path in epoch_files(run).values()) <= budget
    assert list(epoch_files(run)) == [1, 9, 12, 17, 24]


@given(st.sets(st.integers(1, 400), min_size=1), st.data())
def test_what_is_thinned_is_thinned_evenly(epochs: set[int], data: st.DataObject) -> None:
    best = data.draw(st.sampled_from(sorted(epochs)) | st.none() | st.just(500))
    budget = data.draw(st.integers(0, 5000))
    kept = to_keep(dict.fromkeys(epochs, 10), best, budget)
    always = {max(epochs)} | ({best} & epochs)
    assert always <= kept <= epochs
    assert 10 * len(kept) <= budget or kept == always
    if 10 * max(epochs) <= budget:
        assert kept == epochs
    strides = [1 << power for power in range(10)]
    assert kept == always or any(
        kept == always | {epoch for epoch in epochs if (epoch - 1) % stride == 0} for stride in strides
    )


@given(st.integers(1, 120), st.integers(2, 40))
def test_epoch_after_epoch_no_gap_is_larger_than_the_budget_asks_for(count: int, most: int) -> None:
    kept: set[int] = set()
    for epoch in range(1, count + 1):
        kept = to_keep(dict.fromkeys(kept | {epoch}, 1), epoch, most)
        assert epoch in kept
        assert len(kept) <= most
    ordered = sorted(kept)
    if most > 2:
        stride = 1
        while (count - 1) // stride + 2 > most:
            stride *= 2
        assert all(after - before <= stride for before, after in pairwise(ordered))


def test_when_training_goes_back_the_weights_of_later_epochs_go(run: Run) -> None:
    for epoch in (1, 2, 3, 4):
        keep_epoch(run, epoch, end_of(epoch), PLENTY)
    keep_epoch(run, 2, end_of(2), PLENTY)
    assert list(epoch_files(run)) == [1, 2]


def test_checkpoints_at_the_end_of_an_epoch_count_as_its_weights(run: Run) -> None:
    run.save_best(end_of(3))
    run.save(end_of(5))
    run.save(make_checkpoint(step=53))
    assert list(epoch_files(run)) == [3, 5]
    assert load_epoch(run, 3).manifest.step == 30


def test_a_damaged_file_is_refused_in_a_sentence(run: Run) -> None:
    keep_epoch(run, 1, end_of(1), PLENTY)
    path = epoch_files(run)[1]
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(CheckpointError, match=r"epoch-0001\.safetensors cannot be used"):
        load_epoch(run, 1)


def test_asking_for_a_missing_epoch_names_those_that_are_kept(run: Run) -> None:
    for epoch in (1, 2, 3, 6):
        keep_epoch(run, epoch, end_of(epoch), PLENTY)
    with pytest.raises(CheckpointError, match=r"no weights of epoch 5\. It has those of epochs 1-3 and 6\.$"):
        load_epoch(run, 5)


@pytest.mark.parametrize(
    ("epochs", "words"),
    [
        ([4], "epoch 4"),
        ([1, 2], "epochs 1-2"),
        ([1, 3, 4, 9], "epochs 1, 3-4 and 9"),
        (range(1, 60, 2), "epochs 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, … and 59"),
    ],
)
def test_epochs_in_words(epochs: Any, words: str) -> None:
    assert spans(epochs) == words


def test_the_saver_keeps_the_weights_of_each_epoch_that_has_ended(run: Run) -> None:
    saver = Saver(run, PLENTY)
    for epoch in (1, 2, 3):
        saver.keep(end_of(epoch), best=epoch == 2, ended=epoch)
        saver.keep(make_checkpoint(step=10 * epoch + 1), best=False)
    saver.finish()
    assert list(epoch_files(run)) == [1, 2, 3]


def test_the_saver_deletes_the_epochs_that_were_undone_and_keeps_the_new_ones(run: Run) -> None:
    saver = Saver(run, PLENTY)
    for epoch in (1, 2, 3):
        saver.keep(end_of(epoch), best=False, ended=epoch)
    saver.forget_epochs(1)
    saver.keep(end_of(2), best=False, ended=2)
    saver.finish()
    assert sorted(path.name for path in (run.folder / "epochs").iterdir()) == [
        "epoch-0001.safetensors",
        "epoch-0002.safetensors",
    ]


def test_failed_writes_of_weights_are_retried(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(model.runs.saver, "RETRY_SECONDS", 0.01)
    tries = []

    def once_full(*what: Any) -> None:
        tries.append(what)
        if len(tries) == 1:
            raise CheckpointError("No space left.")
        keep_epoch(*what)

    monkeypatch.setattr(model.runs.saver, "keep_epoch", once_full)
    saver = Saver(run, PLENTY)
    saver.keep(end_of(1), best=False, ended=1)
    while not epoch_files(run).get(1, Path()).name.startswith("epoch"):
        pass
    assert SaveFailed("No space left.", on_disk=10) in saver.finish()


def test_memory_stays_bounded_if_the_disk_stays_full(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*what: Any) -> NoReturn:
        raise CheckpointError("No space left.")

    monkeypatch.setattr(model.runs.saver, "keep_epoch", full)
    one = sum(array.nbytes for name, array in end_of(1).arrays.items() if name.startswith("params."))
    monkeypatch.setattr(model.runs.saver, "_WAITING_BYTES", 3 * one)
    saver = Saver(run, PLENTY)
    for epoch in range(1, 20):
        saver.keep(end_of(epoch), best=False, ended=epoch)
    monkeypatch.setattr(model.runs.saver, "keep_epoch", keep_epoch)
    saver.finish()
    there = list(epoch_files(run))
    assert there[-3:] == [17, 18, 19]
    assert len(there) <= 6, "three more may have been on their way to the disk"
