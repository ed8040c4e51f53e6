"""Going on with a run: to the last bit as if it had never been left, and with a sentence where that cannot be."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from corpora.corpus import Corpus, CorpusError
from model.cli import main
from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs.checkpoint import current_versions, differences
from model.runs.continuing.resuming import open_unfinished, read_past
from model.runs.folder import METRICS, Run
from model.runs.run_facts import RunError
from model.training.events import EpochEnd, Event, Finished, Progress, Resumed, Step
from model.training.steering.training_commands import Stop
from tests.model.runs.made_runs import create_run, metrics_of
from tests.model.runs.test_checkpoint import make_checkpoint

ROOT = Path(__file__).parents[3]
WINDOWS = replace(NOTEBOOK, hidden=8, window=6, stride=3, batch=16, epochs=3, schedule="one-cycle")
LANES = replace(FAST, hidden=8, window=6, batch=16, epochs=3, layers=2, dropout=0.3, weight_drop=0.3)
RECIPES = {"windows": WINDOWS, "lanes": replace(LANES, random_offsets=True, character_gates=True, steps_per_epoch=13)}

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def corpus(ids: np.ndarray) -> Corpus:
    return Corpus("synthetic", "A synthetic text", "abcdefg", ids[:2000].astype(np.uint8), None, ())


def steps_of(events: Sequence[Event]) -> dict[int, float]:
    """The loss of every step."""
    return {event.step: event.loss for event in events if isinstance(event, Step)}


def check_curve(run: Run, losses: dict[int, float]) -> None:
    """The run's curve has every step once."""
    assert steps_of([event for event, _ in run.events()]) == losses, "no gap"
    places = [epochs for epochs, _ in run.view().training_curve(1_000_000)]
    assert places == sorted(set(places)), "no duplicate"


def ends_of(events: Sequence[Event]) -> dict[int, tuple[float, float | None]]:
    return {event.epoch: (event.loss, event.held_out) for event in events if isinstance(event, EpochEnd)}


@pytest.mark.usefixtures("two_devices")
@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES.keys())
def test_a_run_stopped_and_resumed_many_times_equals_an_uninterrupted_run(
    corpus: Corpus, recipe: Recipe, tmp_path: Path
) -> None:
    from model.training.trainer import Trainer

    whole = list(Trainer(corpus, recipe, log_every=1).run())
    run = create_run(tmp_path, "left", "synthetic", "fast", recipe, datetime.now(UTC), ["synthetic"])
    pieces: list[Event] = []
    chance = random.Random(1)
    for _ in range(100):
        past = read_past(run)
        trainer = Trainer(corpus, recipe, log_every=1, resume_from=past.newest, best=past.best)
        stop_after = chance.randrange(1, 5)
        for event in trainer.run(keep=run):
            pieces.append(event)
            stop_after -= isinstance(event, Progress)
            if not stop_after:
                trainer.send(Stop())
        if isinstance(pieces[-1], Finished) and pieces[-1].reason == "epochs":
            break
    assert sum(isinstance(event, Resumed) for event in pieces) >= 3
    assert steps_of(pieces) == steps_of(whole)
    assert ends_of(pieces) == ends_of(whole)
    assert pieces[-1] == replace(whole[-1], seconds=pieces[-1].seconds, run=str(run.folder))  # type: ignore[union-attr]
    view = run.view()
    check_curve(run, steps_of(whole))
    assert [end.epoch for end in view.epoch_ends] == [1, 2, 3]


@pytest.mark.usefixtures("two_devices")
def test_a_resumed_run_gets_its_time_limit_again(corpus: Corpus, tmp_path: Path) -> None:
    from model.training.trainer import Trainer

    whole = list(Trainer(corpus, LANES, log_every=1).run())
    run = create_run(tmp_path, "timed", "synthetic", "fast", LANES, datetime.now(UTC), ["synthetic"])
    first = list(Trainer(corpus, LANES, log_every=1, max_seconds=1e-6).run(keep=run))
    assert isinstance(first[-1], Finished)
    assert first[-1].reason == "time"
    past = read_past(run)
    rest = list(Trainer(corpus, LANES, log_every=1, resume_from=past.newest, best=past.best).run(keep=run))
    assert steps_of([*first, *rest]) == steps_of(whole)
    assert ends_of(rest) == ends_of(whole)
    assert [end.epoch for end in run.view().epoch_ends] == [1, 2, 3]


# In processes of their own, killed


TRAIN = [
    *(sys.executable, "-m", "model", "train", "aphorisms", "--hidden", "16", "--batch", "16", "--epochs", "15"),
    *("--json", "--log-every", "1", "--save-every", "0.05"),
]


def test_a_finished_run_that_is_opened_again_is_not_written_to(corpus: Corpus, tmp_path: Path) -> None:
    from model.training.trainer import Trainer

    run = create_run(tmp_path, "sound", corpus.name, "fast", LANES, datetime.now(UTC), ["synthetic"])
    list(Trainer(corpus, LANES).run(keep=run))
    before = (run.folder / METRICS).read_bytes()
    past = read_past(run)
    reopened = list(Trainer(corpus, LANES, resume_from=past.newest, best=past.best).run(keep=run))
    assert isinstance(reopened[-1], Finished)
    assert (run.folder / METRICS).read_bytes() == before


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1"}


def records(output: str) -> list[dict[str, Any]]:
    """Of lines of JSON, the last of which a kill may have torn."""
    return [json.loads(line) for line in output.split("\n")[:-1]]


def losses(lines: Sequence[dict[str, Any]]) -> dict[int, float]:
    return {line["step"]: line["loss"] for line in lines if line["event"] == "step"}


def trained(arguments: Sequence[str]) -> list[dict[str, Any]]:
    done = subprocess.run(arguments, cwd=ROOT, env=environment(), capture_output=True, text=True, check=True)
    return records(done.stdout)


def killed_at_random(
    arguments: Sequence[str], chance: random.Random, longest: float
) -> tuple[list[dict[str, Any]], bool]:
    """What a training printed up to a kill -9 at some moment after its first step, and whether it came to its end."""
    with subprocess.Popen(
        arguments, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        head = []
        for line in process.stdout:
            head.append(line)
            if json.loads(line)["event"] == "compiled":
                break
        time.sleep(chance.uniform(0, longest))
        process.send_signal(signal.SIGKILL)
        tail = process.stdout.read()
    lines = records("".join(head) + tail)
    return lines, bool(lines) and lines[-1]["event"] == "finished"


def check_killed(tmp_path: Path, kills: int, longest: float, arguments: Sequence[str] = TRAIN) -> None:
    """Kill a run and go on with it, `kills` times and then to its end; compare with one never killed."""
    runs = ["--runs", str(tmp_path)]
    whole = losses(trained([*arguments, *runs, "--name", "whole"]))
    expected = [line for line in metrics_of(Run(tmp_path / "whole")) if line["event"] == "epoch_end"]
    chance, seen, over = random.Random(2), 0, False
    lines, over = killed_at_random([*arguments, *runs, "--name", "killed"], chance, longest)
    options = arguments[arguments.index("--json") :]
    resume = [*arguments[:4], "--resume", "killed", *options, *runs]
    while not over:
        resumed_at = [line["step"] for line in lines if line["event"] == "resumed"]
        told = losses(lines)
        assert told == {step: whole[step] for step in told}, f"after {resumed_at}"
        seen += 1
        lines, over = killed_at_random(resume, chance, longest) if seen < kills else (trained(resume), True)
    assert seen == kills, "the run was over before"
    told = losses(lines)
    assert told == {step: whole[step] for step in told}
    assert max(told) == max(whole)
    run = Run(tmp_path / "killed")
    view = run.view()
    check_curve(run, whole)
    assert [(end.epoch, end.loss, end.held_out) for end in view.epoch_ends] == [
        (line["epoch"], line["loss"], line["held_out"]) for line in expected
    ]
    data = (run.folder / "metrics.jsonl").read_bytes()
    assert data.count(b"\n") == len(metrics_of(run)), "no line is torn"
    same = Run(tmp_path / "whole").load("newest").arrays
    for name, array in run.load("newest").arrays.items():
        assert array.tobytes() == same[name].tobytes(), name


def test_a_killed_run_resumes_bit_exactly_in_another_process(tmp_path: Path) -> None:
    check_killed(tmp_path, kills=2, longest=0.2)


# What cannot be gone on with


@pytest.fixture
def finished(tmp_path: Path, capsys: Capture, two_devices: None) -> Run:
    assert main(["train", "aphorisms", "--hidden", "8", "--epochs", "1", "--runs", str(tmp_path), "--name", "run"]) == 0
    capsys.readouterr()
    return Run(tmp_path / "run")


def refused(capsys: Capture, *argv: str) -> str:
    assert main(["train", *argv]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_a_finished_run_is_not_resumed(finished: Run, capsys: Capture) -> None:
    said = refused(capsys, "--resume", "run", "--runs", str(finished.folder.parent))
    assert "The run run is complete, after one epoch. " in said
    assert f"Write with it: charlstm write {finished.folder}" in said
    said = refused(capsys, "--resume", "--runs", str(finished.folder.parent))
    assert f"is unfinished. To write with the latest: charlstm write {finished.folder}. " in said
    assert said.endswith(f"To begin another: charlstm train --runs {finished.folder.parent}\n")


def test_a_run_that_another_program_trains_is_not_touched(finished: Run, capsys: Capture) -> None:
    with finished.lock():
        held = subprocess.run(
            [sys.executable, "-m", "model", "train", "--resume", "run", "--runs", str(finished.folder.parent)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert held.returncode == 2
    assert "Another program trains the run" in held.stderr
    assert held.stderr.endswith(f"watch it: charlstm-tui --watch {finished.folder}\n")
    assert "is complete, after one epoch" in refused(capsys, "--resume", "run", "--runs", str(finished.folder.parent))


def test_a_killed_program_holds_no_lock(finished: Run) -> None:
    holding = "import sys; from pathlib import Path; from model.runs.folder import Run; "
    holding += "lock = Run(Path(sys.argv[1])).lock(); print(1, flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holding, finished.folder], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        with pytest.raises(RunError, match="Another program"):
            finished.lock()
        process.kill()
    finished.lock().release()


def test_another_text_is_refused_with_both_lengths(finished: Run, tmp_path: Path) -> None:
    past = read_past(finished)
    assert past.over
    other = tmp_path / "other.txt"
    other.write_text("All that is written here is something else. " * 100)
    with pytest.raises(RunError, match=r"That was aphorisms with [\d,]+ characters; this has 4,4"):
        past.open_corpus([str(other)])
    assert past.open_corpus().digest() == past.newest.manifest.corpus.digest  # type: ignore[union-attr]


@pytest.mark.parametrize("program", [("charlstm", "train"), ("charlstm-tui",)])
def test_a_text_that_has_moved_names_the_command_with_its_new_place(tmp_path: Path, program: tuple[str, ...]) -> None:
    text = tmp_path / "book.txt"
    text.write_text("to be or not to be " * 50)
    recipe = Recipe(hidden=8)
    run = create_run(tmp_path, "moved", "book", "fast", recipe, datetime.now(UTC), [str(text)])
    text.rename(tmp_path / "elsewhere.txt")
    with pytest.raises(RunError) as refused:
        read_past(run).open_corpus(program=program)
    assert f"'{text}'" in str(refused.value)
    assert str(refused.value).endswith(f"{' '.join(program)} TEXT --resume {run.folder}")
    assert len(read_past(run).open_corpus([str(tmp_path / "elsewhere.txt")])) == 950
    with pytest.raises(CorpusError):
        read_past(run).open_corpus([str(text)])


def test_a_text_from_standard_input_must_be_given_again(tmp_path: Path) -> None:
    run = create_run(tmp_path, "piped", "stdin", "fast", FAST, datetime.now(UTC), ["-"])
    with pytest.raises(RunError, match="was trained on standard input"):
        read_past(run).open_corpus()


def test_a_run_without_checkpoints_begins_again(tmp_path: Path) -> None:
    run = create_run(tmp_path, "early", "aphorisms", "fast", FAST, datetime.now(UTC), ["aphorisms"])
    past = read_past(run)
    assert (past.newest, past.best, past.over, past.recipe) == (None, None, False, FAST)
    assert open_unfinished(None, tmp_path).name == "early"


def test_resuming_where_there_is_no_run_names_the_command_that_begins_one(tmp_path: Path, capsys: Capture) -> None:
    said = refused(capsys, "--resume", "--runs", str(tmp_path))
    assert f"There is no run in {tmp_path} yet. Begin one: charlstm train --runs {tmp_path}\n" in said


def test_options_that_a_run_has_settled_are_refused(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "--resume", "run", "--hidden", "9", "--recipe", "best"])
    assert ended.value.code == 2
    assert "leave out --hidden and --recipe" in capsys.readouterr().err


def test_differences_to_the_saved_versions_are_reported() -> None:
    manifest = make_checkpoint().manifest
    assert differences(manifest, 2) == ()
    older = replace(manifest, versions=current_versions() | {"jax": "0.0.1"}, progress={"devices": 4})
    (notice,) = differences(older, 2)
    assert "not bit-exactly" in notice
    assert "jax 0.0.1 is now" in notice
    assert "the work of 4 devices is now done by 2" in notice


def test_a_damaged_newest_checkpoint_is_skipped_and_reported(finished: Run) -> None:
    newest = finished.checkpoints()[0]
    content = bytearray(newest.read_bytes())
    content[-1] ^= 1
    newest.write_bytes(content)
    notes: list[str] = []
    past = read_past(finished, notes.append)
    assert past.newest is not None
    assert past.newest.manifest.step > 0
    assert any("It is skipped" in note for note in notes)
