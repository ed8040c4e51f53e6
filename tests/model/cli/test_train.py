"""`charlstm train`, `write` and `score` on real, tiny trainings."""

from __future__ import annotations

import io
import json
import math
import os
import shutil
import signal
import subprocess
import sys
from contextlib import redirect_stdout
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora import open_corpus
from model.cli import main
from model.cli.console import plain
from model.cli.training.training_report import TrainingReport
from model.networks.network_kinds import parameter_shapes
from model.options.recipe_file import to_plain
from model.preparing.prepare import make_trainer
from model.recipe import Recipe
from model.runs.checkpoint import Checkpoint, CheckpointError, CorpusFacts, Manifest, load, save
from model.runs.folder import Run
from model.tokens.batches import Cursor
from model.tokens.characters import CharacterTokenizer
from model.training.events import EpochEnd, Finished
from model.training.steering.training_commands import Stop
from tests.model.runs.made_runs import metrics_of
from tests.signals import heeded_signals

ROOT = Path(__file__).parents[3]
TINY = ["--hidden", "16", "--batch", "16", "--window", "32", "--min-count", "20"]
"""Rare characters are folded into an unknown one."""

Capture = pytest.CaptureFixture[str]


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for runs."""
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def events(two_devices: None, runs: Path) -> list[dict[str, Any]]:
    """What `train --json` prints of a run called 'first'."""
    output = io.StringIO()
    with redirect_stdout(output):
        argv = ["train", "aphorisms", *TINY, "--epochs", "2", "--json"]
        assert main([*argv, "--runs", str(runs), "--name", "first"]) == 0
    return records(output.getvalue())


@pytest.fixture
def first(events: list[dict[str, Any]], runs: Path) -> Run:
    """The run that `events` tells of."""
    return Run(runs / "first")


# Training


def test_train_prints_its_events_in_order(events: list[dict[str, Any]], first: Run) -> None:
    names = [event["event"] for event in events]
    assert names[:3] == ["corpus_ready", "compiled", "progress"]
    assert names[-2:] == ["saved", "finished"]
    assert names.count("epoch_end") == 2
    assert set(names) == {"corpus_ready", "compiled", "baselines", "progress", "step", "epoch_end", "saved", "finished"}
    assert events[-1]["reason"] == "epochs"
    assert events[-1]["run"] == str(first.folder)


def test_epochs_are_printed_and_stored_with_all_their_numbers(events: list[dict[str, Any]], first: Run) -> None:
    epochs = [event for event in events if event["event"] == "epoch_end"]
    assert [epoch["epoch"] for epoch in epochs] == [1, 2]
    for epoch in epochs:
        assert {"loss", "held_out", "windowed", "bpc", "seconds", "characters_per_second"} <= epoch.keys()
        assert epoch["bpc"] == pytest.approx(epoch["held_out"] / math.log(2))
    passing = ("progress", "saved", "baselines")
    kept = [{name: value for name, value in line.items() if name != "at"} for line in metrics_of(first)]
    assert kept == [event for event in events if event["event"] not in passing], "all but what passes"
    assert all(("at" in line) == (line["event"] != "step") for line in metrics_of(first))


def test_what_was_fitted_to_the_text_is_said_and_kept_with_the_run(events: list[dict[str, Any]], first: Run) -> None:
    facts = first.facts()
    recipe = facts.recipe
    assert facts.fitted == ("weight_drop",)
    assert facts.unfitted == replace(recipe, weight_drop=0.0)
    assert (recipe.batch, recipe.window, recipe.epochs, recipe.steps_per_epoch) == (16, 32, 2, 0), "as they were set"
    assert recipe.weight_drop > 0
    assert f"Fitted to this short text: --weight-drop {recipe.weight_drop}" in " ".join(events[0]["notes"])


def test_held_out_loss_is_the_score_of_the_same_text(
    events: list[dict[str, Any]], first: Run, tmp_path: Path, capsys: Capture
) -> None:
    # The text as it was before rare characters were folded: what a person has.
    corpus = open_corpus("aphorisms")
    training, _ = corpus.split(Recipe().held_out)
    text = tmp_path / "held-out.txt"
    text.write_text(corpus.text(len(training)), encoding="utf-8")
    assert main(["score", str(first.folder), str(text), "--weights", "newest", "--json"]) == 0
    (score,) = records(capsys.readouterr().out)
    last = [event for event in events if event["event"] == "epoch_end"][-1]
    assert score["characters"] == events[0]["held_out_characters"]
    assert score["loss"] == pytest.approx(last["held_out"], abs=1e-6)
    assert score["bpc"] == pytest.approx(last["bpc"], abs=1e-6)
    assert score["held_out"] == last["held_out"]
    assert 0 < score["replaced"] < 500
    assert main(["score", str(first.folder), str(text), "--weights", "newest"]) == 0
    said = capsys.readouterr()
    assert f"loss {last['held_out']:.4f}" in said.out
    assert f"{score['replaced']} of the text's characters" in said.err


def test_a_drifting_state_is_reported(first: Run, capsys: Capture) -> None:
    end = EpochEnd(2, 100, 1.4, 1.6, 1.6 / math.log(2), 9.0, 1000.0, windowed=1.52)
    with TrainingReport(Recipe(), first) as report:
        for windowed in (None, 1.61, 1.56, 1.52):
            report.show(replace(end, windowed=windowed))
    lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("Better than")]
    assert len(lines) == 5
    assert lines[-1] == "carrying the state along drifts: held-out 1.5200 in short stretches"


def test_the_run_stores_what_it_was_trained_on(first: Run) -> None:
    facts = first.facts()
    assert (facts.corpus, facts.corpus_spec, facts.recipe_name) == ("aphorisms", ("aphorisms",), "fast")
    assert (facts.recipe.hidden, facts.recipe.min_count) == (16, 20)
    assert first.load("newest").manifest.read_recipe() == facts.recipe


def test_a_failed_last_save_is_reported_and_sets_the_exit_code(
    two_devices: None, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise CheckpointError("No space left.")

    monkeypatch.setattr(Run, "save", full)
    monkeypatch.setattr(Run, "save_best", full)
    assert main(["train", "aphorisms", *TINY, "--epochs", "2", "--runs", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert "epoch 2/2" in said.out
    failed, lost = said.err.splitlines()
    assert failed == "charlstm: No space left.", "once is enough, as long as it is the same"
    assert lost == "charlstm: Epochs 1 to 2 were trained and not kept. No space left."
    (folder,) = tmp_path.iterdir()
    *_, ended, last = said.out.splitlines()
    assert ended.endswith("epoch 2, not kept")
    assert last == f"Nothing of it is on the disk. To begin it again: charlstm train --resume {folder}"
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    listed = capsys.readouterr().out
    assert f"{folder.name}: Epochs 1 to 2 were trained and not kept." in listed
    assert "0/2" in listed
    assert main(["write", str(folder)]) == 2
    assert "has no checkpoint yet" in capsys.readouterr().err


@pytest.mark.parametrize(("reason", "resumable"), [("stopped", True), ("time", True), ("epochs", False)])
def test_the_report_ends_with_the_next_commands(first: Run, capsys: Capture, reason: str, resumable: bool) -> None:
    epochs = 2 if resumable else Recipe().epochs
    with TrainingReport(Recipe(), first) as report:
        report.show(Finished(reason, epochs, 100, 9.0, None, None, str(first.folder)))
    lines = capsys.readouterr().out.splitlines()
    assert (f"to resume it: charlstm train --resume {first.folder}" in lines) is resumable
    learn_on = f"to let it learn on: charlstm train --resume {first.folder} --epochs {2 * epochs}"
    assert (learn_on in lines) is not resumable
    assert lines[-1] == f"to write with it: charlstm write {first.folder}"


def test_training_ends_when_the_time_is_over(two_devices: None, tmp_path: Path, capsys: Capture) -> None:
    argv = ["train", "aphorisms", *TINY, "--epochs", "100000", "--max-seconds", "0.5", "--json"]
    assert main([*argv, "--runs", str(tmp_path)]) == 0
    assert records(capsys.readouterr().out)[-1]["reason"] == "time"


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["no-such-text"], "no-such-text"),
        (["aphorisms", "--batch", "60000"], "--batch"),
        (["aphorisms", "--batch", "16", "--devices", "99"], "--devices"),
        (["aphorisms", "--name", "../escaped"], "cannot be called"),
        (["aphorisms", "--name", "taken"], "already"),
    ],
)
def test_an_impossible_training_is_explained_and_makes_no_run(
    two_devices: None, tmp_path: Path, capsys: Capture, argv: list[str], said: str
) -> None:
    (tmp_path / "runs" / "taken").mkdir(parents=True)
    assert main(["train", *argv, "--runs", str(tmp_path / "runs")]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["taken"]
    assert list((tmp_path / "runs" / "taken").iterdir()) == []


def start_endless(runs: Path, **settings: Any) -> subprocess.Popen[str]:
    argv = ["train", "aphorisms", *TINY, "--epochs", "100000", "--json", "--runs", str(runs), "--name", "endless"]
    with heeded_signals():
        return subprocess.Popen(
            [sys.executable, "-m", "model", *argv], cwd=ROOT, stdout=subprocess.PIPE, text=True, **settings
        )


@pytest.mark.skipif(os.name == "nt", reason="signals are others there")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_training_and_saves_it(
    two_devices: None, tmp_path: Path, capsys: Capture, number: signal.Signals, code: int
) -> None:
    with start_endless(tmp_path, stderr=subprocess.PIPE) as training:
        assert training.stdout is not None
        assert training.stderr is not None
        told = []
        while not told or told[-1]["event"] != "progress":
            told.append(json.loads(training.stdout.readline()))
        training.send_signal(number)
        told += records(training.stdout.read())
        assert training.stderr.read() == ""
        assert training.wait(300) == code
    assert (told[-2]["event"], told[-1]["event"], told[-1]["reason"]) == ("saved", "finished", "stopped")
    assert load(Path(told[-2]["path"])).manifest.step == told[-1]["step"] > 0
    assert main(["write", "endless", "--runs", str(tmp_path), "--length", "5"]) == 0
    assert capsys.readouterr().out


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_training_whose_output_pipe_closes_is_saved(tmp_path: Path) -> None:
    with start_endless(tmp_path, stderr=subprocess.PIPE) as training:
        assert training.stdout is not None
        assert training.stderr is not None
        while json.loads(training.stdout.readline())["event"] != "progress":
            pass
        training.stdout.close()
        assert training.stderr.read() == ""
        assert training.wait(300) == 141
    assert Run(tmp_path / "endless").load("newest").manifest.step > 0


def test_a_training_stopped_before_its_first_step_leaves_no_run_and_says_so(
    two_devices: None, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*given: Any, **named: Any) -> Any:
        trainer, run = make_trainer(*given, **named)
        trainer.send(Stop())
        return trainer, run

    monkeypatch.setattr("model.cli.training.train.make_trainer", stopped)
    assert main(["train", "aphorisms", *TINY, "--runs", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    assert output.endswith("No step was trained, so nothing of this start is kept.\n")
    assert "charlstm" not in output, "no command for a run that is not there"
    assert not list(tmp_path.iterdir())


# Writing


def test_the_same_random_seed_writes_the_same_text_streamed_or_not(first: Run, capsys: Capture) -> None:
    argv = ["write", str(first.folder), "--seed-text", "The will ", "--length", "50", "--random-seed", "7"]
    assert main([*argv, "--temperature", "0.5", "--json"]) == 0
    (sample,) = records(capsys.readouterr().out)
    assert (sample["event"], sample["run"], sample["temperature"], sample["random_seed"]) == ("sample", "first", 0.5, 7)
    assert (sample["seed"], sample["replaced"], len(sample["text"])) == ("The will ", [], 50)
    assert main([*argv, "--temperature", "0.5"]) == 0
    assert capsys.readouterr().out == plain(sample["seed"] + sample["text"]) + "\n"


def test_the_weights_of_an_epoch_write(first: Run, capsys: Capture) -> None:
    argv = ["write", str(first.folder), "--length", "40", "--temperature", "1", "--random-seed", "3", "--json"]
    samples = []
    for which in (["--epoch", "1"], ["--epoch", "2"], ["--weights", "newest"]):
        assert main([*argv, *which]) == 0
        samples += records(capsys.readouterr().out)
    assert [sample["step"] for sample in samples] == [samples[1]["step"] // 2, samples[1]["step"], samples[1]["step"]]
    assert samples[0]["text"] != samples[1]["text"] == samples[2]["text"]


def test_an_epoch_whose_weights_are_not_kept_is_refused_with_those_that_are(first: Run, capsys: Capture) -> None:
    assert main(["write", str(first.folder), "--epoch", "7"]) == 2
    assert capsys.readouterr().err.strip().endswith("has no weights of epoch 7. It has those of epochs 1-2.")


def test_each_temperature_starts_from_the_same_seed_under_its_own_heading(first: Run, capsys: Capture) -> None:
    argv = ["write", str(first.folder), "--seed-text", "The ", "--length", "9"]
    assert main([*argv, "--temperature", "0", "--temperature", "1.25"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("--- temperature 0\nThe ")
    assert "\n--- temperature 1.25\nThe " in said
    assert main([*argv, "--json"]) == 0
    assert [sample["temperature"] for sample in records(capsys.readouterr().out)] == [0.2, 0.5, 1.0, 1.2]


def test_the_same_temperature_given_again_writes_another_sample(first: Run, capsys: Capture) -> None:
    argv = ["write", str(first.folder), "--length", "50", "--random-seed", "7", "--json"]
    assert main([*argv, "--temperature", "1", "--temperature", "1"]) == 0
    one, another = records(capsys.readouterr().out)
    assert one["text"] != another["text"]
    assert main([*argv[:-2], str(another["random_seed"]), "--json", "--temperature", "1"]) == 0
    assert records(capsys.readouterr().out) == [another]


def test_replaced_characters_of_the_seed_are_reported(first: Run, capsys: Capture) -> None:
    argv = ["write", str(first.folder), "--seed-text", "a\u2603\x1b", "--length", "1", "--temperature", "1"]
    assert main(argv) == 0
    said = capsys.readouterr()
    assert "2 of the seed's characters" in said.err
    assert "'\u2603' as" in said.err
    assert "U+001B as" in said.err
    assert plain(said.out + said.err) == said.out + said.err
    assert main([*argv, "--json"]) == 0
    assert records(capsys.readouterr().out)[0]["replaced"] == [1, 2]


def test_best_and_newest_weights_can_be_chosen(first: Run, tmp_path: Path, capsys: Capture) -> None:
    run = Run(tmp_path / "copy")
    shutil.copytree(first.folder, run.folder)
    best = run.load("newest")
    earlier = replace(best, manifest=replace(best.manifest, step=1))
    earlier.arrays["step"] = np.array(1, np.int32)
    save(run.folder / "checkpoints" / "best.safetensors", earlier)
    for weights, step in (("best", 1), ("newest", first.load("newest").manifest.step)):
        assert main(["write", str(run.folder), "--weights", weights, "--length", "1", "--json"]) == 0
        assert records(capsys.readouterr().out)[0]["step"] == step


def test_damaged_weights_are_skipped_and_never_used(first: Run, tmp_path: Path, capsys: Capture) -> None:
    run = Run(tmp_path / "copy")
    shutil.copytree(first.folder, run.folder)
    argv = ["write", str(run.folder), "--length", "3", "--temperature", "1", "--random-seed", "1"]
    (run.folder / "checkpoints" / "best.safetensors").write_bytes(b"no weights")
    assert main(argv) == 0
    said = capsys.readouterr()
    assert len(said.out) > 3
    assert said.err.count("\n") == 2
    assert "best.safetensors cannot be used" in said.err
    assert "are used instead" in said.err
    for path in (*run.checkpoints(), *(run.folder / "epochs").iterdir()):
        path.write_bytes(b"no weights")
    assert main(argv) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "No checkpoint of the run copy is sound" in said.err


def test_control_sequences_that_a_model_writes_never_reach_the_terminal(
    two_devices: None, tmp_path: Path, capsys: Capture
) -> None:
    recipe, alphabet = Recipe(hidden=1), "a\x1b[2J\u202e\x9b"
    shapes = parameter_shapes(recipe, len(alphabet))
    manifest = Manifest(
        recipe=to_plain(recipe),
        tokenizer=CharacterTokenizer(alphabet),
        corpus=CorpusFacts("evil", "", 9),
        cursor=Cursor(0, 0),
        step=0,
        progress={},
        versions={},
        created="",
    )
    arrays = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    Path(tmp_path, "evil", "checkpoints").mkdir(parents=True)
    save(tmp_path / "evil" / "checkpoints" / "best.safetensors", Checkpoint(arrays, manifest))
    assert (
        main(["write", str(tmp_path / "evil"), "--length", "200", "--seed-text", "a\x1b[2J\x9b", "--random-seed", "1"])
        == 0
    )
    said = capsys.readouterr()
    assert "\ufffd" in said.out
    assert plain(said.out) == said.out
    assert said.err == ""


# Scoring


def test_a_missing_or_unreadable_text_to_score_is_explained_in_one_sentence(
    first: Run, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9)
    for name in ("missing", "picture"):
        assert main(["score", str(first.folder), str(tmp_path / name)]) == 2
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err.count("\n") == 1
