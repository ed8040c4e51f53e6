"""A run's folder: what stays of it, and what does not."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.recipe import FAST
from model.runs.checkpoint import CheckpointError
from model.runs.files import atomic_files
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.listing import list_runs
from model.runs.run_facts import RunError
from model.training.events import Compiled, CorpusReady, Event
from tests.model.runs.made_runs import begin, damage, full_disk, keep, kept, metrics_of

CORPUS = CorpusReady("a", "A", 1000, 500, 30, 900, 100, ())
COMPILED = Compiled(1.0, 5000, 2, 10, 4, "/runs/a")


def begun(root: Path, *events: Event) -> Run:
    """A run with these events in its metrics."""
    run = begin(root, "run")
    for event in events:
        run.append_metrics(event_record(event))
    return run


def test_a_run_that_has_not_trained_a_step_can_be_discarded_whole(tmp_path: Path) -> None:
    run = begun(tmp_path, CORPUS)
    run.append_sample({"text": "by weights that have learned nothing"})
    lock = run.lock()
    run.discard_untrained()
    lock.release()
    assert not list(tmp_path.iterdir())
    run.discard_untrained()


def test_what_is_left_of_a_discarded_run_does_not_keep_the_next_of_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("shutil.rmtree", full_disk)
        begun(tmp_path, CORPUS).discard_untrained()
    left = list(tmp_path.iterdir())
    begun(tmp_path, CORPUS).discard_untrained()
    assert list(tmp_path.iterdir()) == left


def test_a_run_that_has_trained_is_not_discarded(tmp_path: Path) -> None:
    run = begun(tmp_path, CORPUS, COMPILED)
    run.discard_untrained()
    assert [event for event, _ in run.events()] == [CORPUS, COMPILED]


def test_a_checkpoint_keeps_a_run_whose_metrics_are_lost(tmp_path: Path) -> None:
    run = begun(tmp_path)
    run.best_checkpoint.touch()
    run.discard_untrained()
    assert run.facts().recipe == FAST


def test_a_folder_with_other_files_is_not_discarded(tmp_path: Path) -> None:
    run = begun(tmp_path)
    (run.folder / "notes.txt").write_text("mine")
    run.discard_untrained()
    assert (run.folder / "notes.txt").read_text() == "mine"
    assert run.facts().recipe == FAST


def test_opening_a_run_and_writing_with_it_do_not_change_when_it_was_trained(tmp_path: Path) -> None:
    run = begun(tmp_path, CORPUS, COMPILED)
    for name in ("recipe.toml", "metrics.jsonl"):
        os.utime(run.folder / name, (1000.0, 1000.0))
    run.lock().release()
    run.append_sample({"text": "written later"})
    assert run.trained_at() == list_runs(tmp_path)[0].updated == 1000.0
    run.append_metrics(event_record(CORPUS))
    assert run.trained_at() > 1000.0


def test_a_run_without_a_checkpoint_names_the_command_that_trains_it(tmp_path: Path) -> None:
    run = begun(tmp_path)
    with pytest.raises(CheckpointError, match=rf"charlstm train --resume {run.folder}$"):
        run.load()


# Metrics and samples


def test_lines_are_read_back_with_infinities_and_nan(tmp_path: Path) -> None:
    run = begin(tmp_path)
    run.append_metrics({"loss": 0.1 + 0.2, "held_out": None, "bad": math.nan, "worse": [math.inf, -math.inf]})
    run.append_sample({"text": "é\n\x1b\ud800\u2028"})
    run.append_sample({"text": "two"})
    assert metrics_of(run) == [{"loss": 0.1 + 0.2, "held_out": None, "bad": "nan", "worse": ["inf", "-inf"]}]
    own = {"run_id": run.id}
    assert run.samples() == [{"text": "é\n\x1b\ud800\u2028"} | own, {"text": "two"} | own]
    assert (run.folder / "samples.jsonl").read_bytes().count(b"\n") == 2


def test_a_run_without_lines_has_none(tmp_path: Path) -> None:
    assert (metrics_of(begin(tmp_path)), Run(tmp_path / "gone").samples()) == ([], [])


@given(st.lists(st.dictionaries(st.text(max_size=3), st.integers(), max_size=2), min_size=1, max_size=4), st.data())
def test_a_torn_last_line_is_skipped_and_later_lines_are_whole(
    tmp_path_factory: pytest.TempPathFactory, records: list[dict[str, int]], data: st.DataObject
) -> None:
    run = Run(tmp_path_factory.mktemp("run"))
    for record in records:
        run.append_metrics(record)
    path = run.folder / "metrics.jsonl"
    whole = path.read_bytes()
    last = len(whole) - whole.rfind(b"\n", 0, -1) - 1
    path.write_bytes(whole[: len(whole) - data.draw(st.integers(1, last))])
    assert metrics_of(run) == records[:-1]
    run.append_metrics({"after": 1})
    assert metrics_of(run) == [*records[:-1], {"after": 1}]


def test_a_long_torn_line_is_removed(tmp_path: Path) -> None:
    run = Run(tmp_path)
    run.append_metrics({"epoch": 1})
    with open(tmp_path / "metrics.jsonl", "a") as file:
        file.write("x" * 200_000)
    run.append_metrics({"epoch": 2})
    assert (tmp_path / "metrics.jsonl").read_bytes() == b'{"epoch": 1}\n{"epoch": 2}\n'


@pytest.mark.parametrize("lines", [b"\xff\xfe\n", b"[1]\n3\nnull\n", b"[" * 100_000 + b"\n", b"{}{}\n\n"])
def test_lines_that_are_not_records_are_skipped(tmp_path: Path, lines: bytes) -> None:
    (tmp_path / "metrics.jsonl").write_bytes(lines + b'{"epoch": 1}\n')
    assert metrics_of(Run(tmp_path)) == [{"epoch": 1}]


@pytest.mark.parametrize("written", [0, 5])
def test_a_line_that_does_not_fit_on_the_disk_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: int
) -> None:
    run, write = Run(tmp_path), os.write
    run.append_metrics({"epoch": 1})

    def short_write(handle: int, data: bytes) -> int:
        if not written:
            full_disk()
        return write(handle, data[:written])

    with monkeypatch.context() as patched:
        patched.setattr(atomic_files.os, "write", short_write)
        with pytest.raises(RunError, match="No space left"):
            run.append_metrics({"epoch": 2})
    assert (tmp_path / "metrics.jsonl").read_bytes() == b'{"epoch": 1}\n'


def test_a_deleted_folder_is_explained_in_one_sentence(tmp_path: Path) -> None:
    run = Run(tmp_path / "gone")
    with pytest.raises(RunError, match="cannot be written to"):
        run.append_sample({})
    with pytest.raises(CheckpointError, match="could not be written"):
        keep(run, 1)


# Checkpoints


def test_the_newest_two_and_the_best_are_kept(tmp_path: Path) -> None:
    run = begin(tmp_path)
    for step, best in [(1, True), (2, True), (3, False), (10, False)]:
        assert keep(run, step, best).exists()
    assert kept(run) == ["best.safetensors", "step-000000003.safetensors", "step-000000010.safetensors"]
    assert run.load("best").manifest.step == 2
    assert run.load("newest").manifest.step == 10


def test_after_a_rollback_the_earlier_checkpoint_is_the_newest(tmp_path: Path) -> None:
    run = begin(tmp_path)
    for step in (100, 200, 150):
        keep(run, step)
    assert run.load("newest").manifest.step == 150
    assert kept(run) == ["step-000000100.safetensors", "step-000000150.safetensors"]


def test_temporary_files_of_a_killed_program_are_deleted(tmp_path: Path) -> None:
    run = begin(tmp_path)
    (run.folder / "checkpoints" / "step-000000001.safetensors.123.tmp").write_bytes(b"half")
    keep(run, 2)
    assert kept(run) == ["step-000000002.safetensors"]


def test_a_missing_checkpoint_folder_is_made_again(tmp_path: Path) -> None:
    run = begin(tmp_path)
    (run.folder / "checkpoints").rmdir()
    keep(run, 1)
    assert run.load("newest").manifest.step == 1


@pytest.mark.parametrize(
    ("which", "damaged", "step", "notes"),
    [
        ("newest", ["step-000000003"], 2, 1),
        ("newest", ["step-000000003", "step-000000002"], 1, 2),
        ("best", ["best"], 3, 1),
        ("best", ["best", "step-000000003"], 2, 2),
        ("best", ["step-000000003"], 1, 0),
    ],
)
def test_a_damaged_checkpoint_is_skipped_with_a_note(
    tmp_path: Path, which: Literal["best", "newest"], damaged: list[str], step: int, notes: int
) -> None:
    run = begin(tmp_path)
    for each in (1, 2, 3):
        keep(run, each, best=each == 1)
    for name in damaged:
        damage(run.folder / "checkpoints" / f"{name}.safetensors")
    told: list[str] = []
    assert run.load(which, told.append).manifest.step == step
    assert len(told) == notes
    assert all("damaged" in note for note in told)


def test_a_run_without_a_best_gives_its_newest(tmp_path: Path) -> None:
    run = begin(tmp_path)
    keep(run, 1)
    assert run.load("best").manifest.step == 1


def test_a_run_without_a_sound_checkpoint_says_so(tmp_path: Path) -> None:
    run = begin(tmp_path)
    with pytest.raises(CheckpointError, match="no checkpoint yet"):
        run.load()
    damage(keep(run, 1))
    with pytest.raises(CheckpointError, match=r"No checkpoint of the run .* is sound"):
        run.load()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_pipes_in_the_place_of_files_are_refused_without_waiting(tmp_path: Path) -> None:
    run = begin(tmp_path)
    for name, read in {"metrics.jsonl": run.events, "samples.jsonl": run.samples, "recipe.toml": run.facts}.items():
        (run.folder / name).unlink(missing_ok=True)
        os.mkfifo(run.folder / name)
        with pytest.raises(RunError, match="cannot be read: it is not a file"):
            read()


def test_a_string_in_place_of_a_list_counts_as_damage(tmp_path: Path) -> None:
    run = begin(tmp_path)
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('spec = ["nietzsche"]', 'spec = "nietzsche"'))
    with pytest.raises(RunError, match="of the wrong type"):
        run.facts()
