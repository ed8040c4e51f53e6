"""What `charlstm train` prints: a line for each epoch, and its samples below it."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.cli import main
from model.cli.console import plain
from model.cli.training.train import _keep_pinned
from model.cli.training.training_report import TrainingReport
from model.recipe import Recipe
from model.runs.continuing.pinned_seed import pin_seed, pinned_seed
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.sampling import Sampling
from model.training.events import Compiled, CorpusReady, EpochEnd, Finished, Resumed, Saved, SaveFailed, Unpaused
from model.writing.provenance import Sample
from model.writing.stored_samples import read_samples
from tests.model.runs.made_runs import begin, keep
from tui.engine.runs.launch_runs import resuming
from tui.keys.screen_settings import to_text
from tui.launch import Launch

TINY = ["--hidden", "16", "--batch", "16", "--window", "32", "--min-count", "20"]

Capture = pytest.CaptureFixture[str]


def test_each_epoch_prints_a_line_and_its_samples_into_a_file_too_and_a_terminal_gets_a_bar(
    two_devices: None, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["train", "aphorisms", *TINY, "--epochs", "2", "--runs", str(tmp_path), "--name", "seen"]) == 0
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert f"charlstm write {tmp_path / 'seen'}" in said.out
    assert "epoch 1/2" in said.err
    assert [line.split()[:2] for line in lines if line.startswith("epoch ")] == [["epoch", "1/2"], ["epoch", "2/2"]]
    labels = [line.split()[0] for line in lines if re.match("  [a-z0-9]", line)]
    assert labels == ["seed", "0.20", "0.50", "1.00", "1.20"] * 2
    assert max(map(len, lines)) <= 160, "only the run's own lines are longer than a terminal is wide"
    samples = [sample for sample in read_samples(Run(tmp_path / "seen")) if sample]
    assert [(sample.kind, sample.epoch, sample.part) for sample in samples] == [
        ("time-lapse", epoch, part) for epoch in (1.0, 2.0) for part in (1, 2, 3, 4)
    ]
    shown = "\n".join(lines)
    for sample in samples:
        assert len(sample.text) == Recipe().sample_length
        beginning = plain(sample.text).split("\n")[0][:40]
        assert f"  {sample.sampling[0][1].short}  {beginning}" in shown


def test_samples_that_come_late_say_their_epoch(tmp_path: Path, capsys: Capture) -> None:
    draws = ((0, Sampling(0.5)),)
    samples = [Sample(id="", kind="time-lapse", epoch=1.0, step=9, seed="the ", sampling=draws, text="will")]
    nothing = Unpaused(0)
    end = EpochEnd(1, 100, 1.4, None, None, 9.0, 1000.0)
    words = CorpusReady(
        "a", "A", 1000, 9, 30, 900, 100, (), vocabulary=34, parts=("3 words", "1 beginning", "30 marks")
    )
    with TrainingReport(Recipe(), Run(tmp_path)) as report:
        report.show(words)
        assert "30 distinct; 34 tokens: 3 words, 1 beginning and 30 marks\n" in capsys.readouterr().out
        report.take_samples(1, samples, ())
        report.show(nothing)
        assert capsys.readouterr().out == "", "the epoch's own line comes first"
        report.show(end)
        assert capsys.readouterr().out.startswith("epoch 1/8")
        report.show(nothing)
        assert capsys.readouterr().out.startswith("  seed  ")
        report.show(replace(end, epoch=2))
        report.show(replace(end, epoch=3, trained=0.996))
        assert "99% of epoch 3/8  loss" in capsys.readouterr().out
        for epoch in (2, 3):
            report.take_samples(epoch, [], samples)
        report.show(nothing)
        under = "  seed  the\n  0.50  will\n"
        assert capsys.readouterr().out == f"samples of epoch 2:\n{under}samples of epoch 3:\n{under}"


def test_a_pinned_seed_stays_pinned_between_train_and_the_screen(
    two_devices: None, tmp_path: Path, capsys: Capture
) -> None:
    def seeds() -> list[set[str]]:
        samples = [sample for sample in read_samples(run) if sample]
        return [{sample.seed for sample in samples if sample.epoch == epoch} for epoch in (1, 2)]

    run, short = Run(tmp_path / "seen"), [*TINY, "--sample-length", "9", "--runs", str(tmp_path)]
    assert main(["train", "aphorisms", *short, "--name", "seen", "--epochs", "1", "--seed-text", "The will "]) == 0
    ((usual,),) = [seeds()[0] - {"The will "}]
    on_screen = resuming(Launch(runs=tmp_path, resume="seen"))
    assert on_screen.seed_text == "The will "
    (run.folder / "screen.json").write_text(to_text(replace(on_screen.kept, pinned="All ", odds=True)))
    assert main(["train", "--runs", str(tmp_path), "--resume", "seen", "--epochs", "2"]) == 0
    assert seeds() == [{usual, "The will "}, {usual, "All "}]
    pin_seed(run, "One ")
    assert resuming(Launch(runs=tmp_path, resume="seen")).kept == replace(on_screen.kept, pinned="One ", odds=True)
    (run.folder / "screen.json").write_text("?")
    assert pinned_seed(run) is None
    _keep_pinned(Run(tmp_path / "gone"), "One ")
    assert "The seed is pinned for this start only, for it cannot be kept: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("epochs", "said"),
    [(0, "at step 31"), (1, "at step 31, after one epoch and 21 steps"), (3, "at step 31, after 3 epochs and 1 step")],
)
def test_a_resumed_run_says_where_it_goes_on(tmp_path: Path, capsys: Capture, epochs: int, said: str) -> None:
    run = begin(tmp_path)
    run.append_metrics(event_record(Compiled(1.0, 5000, 2, 10, 4, str(run.folder))))
    with TrainingReport(Recipe(), run) as report:
        report.show(Resumed(epochs, 31, None, ()))
    assert capsys.readouterr().out == f"resuming {said}\n"


def test_a_folder_that_was_moved_is_told_and_the_last_commands_name_it(tmp_path: Path, capsys: Capture) -> None:
    with begin(tmp_path, "here").lock() as run, TrainingReport(Recipe(), run) as report:
        report.show(Compiled(1.0, 5000, 2, 10, 4, str(run.folder)))
        run.folder.rename(tmp_path / "moved")
        report.show(Saved(str(keep(run, 3)), 3))
        report.show(Finished("stopped", 0, 3, 1.0, None, None, str(run.folder)))
    said = capsys.readouterr()
    assert said.err.count(f"The run's folder was moved. It is saved in {tmp_path / 'moved'} now.") == 1
    assert f"charlstm write {tmp_path / 'moved'}\n" in said.out


def test_the_weights_of_another_run_in_the_place_of_a_removed_one_are_not_called_kept(
    tmp_path: Path, capsys: Capture
) -> None:
    with begin(tmp_path, "here").lock() as run, TrainingReport(Recipe(), run) as report:
        report.show(Compiled(1.0, 5000, 2, 10, 4, str(run.folder)))
        report.show(Saved(str(keep(run, 3)), 3))
        report.show(EpochEnd(1, 10, 1.4, None, None, 9.0, 1000.0))
        shutil.rmtree(run.folder)
        keep(begin(tmp_path, "here"), 7)
        report.show(SaveFailed("The folder was removed."))
        report.show(Finished("stopped", 1, 10, 1.0, None, None, str(run.folder)))
    said = capsys.readouterr()
    assert "trained and not kept. The folder was removed." in said.err
    assert said.out.endswith("Nothing of it is on the disk.\n")
