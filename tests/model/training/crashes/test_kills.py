"""A training that is killed at any moment and resumed, again and again, is one that was never killed."""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from model.runs.folder import Run
from model.runs.folders.held_folder import METRICS
from tests.model.training.crashes.forked_programs import ForkedPrograms

KILLS = int(os.environ.get("CHARLSTM_KILLS", "1000"))
MINUTES = float(os.environ.get("CHARLSTM_KILL_MINUTES", "inf"))
"""No further run is begun then."""

NEW = ["train", "aphorisms", "--hidden", "16", "--batch", "16", "--epochs", "30"]
OPTIONS = ["--json", "--log-every", "1", "--save-every", "0.05"]


def printed(output: Path) -> list[dict[str, Any]]:
    """The events that a program printed; a kill may have torn the last line."""
    return [json.loads(line) for line in output.read_text().split("\n")[:-1]]


def losses(events: list[dict[str, Any]]) -> dict[int, float]:
    return {event["step"]: event["loss"] for event in events if event["event"] == "step"}


def arrays(run: Run) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in run.load("state").arrays.items()}


def curve(run: Run) -> list[tuple[float, float]]:
    return run.view().training_curve(1_000_000)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_thousand_kills_leave_no_trace(tmp_path: Path) -> None:
    runs, output, chance = ["--runs", str(tmp_path)], tmp_path / "printed", random.Random(3)
    kills = resumed = steps = finished = number = 0
    begun = time.perf_counter()
    with ForkedPrograms() as programs:
        assert programs.run([*NEW, *OPTIONS, *runs, "--name", "whole"], output) == 0
        started = time.perf_counter()
        whole, whole_run = losses(printed(output)), Run(tmp_path / "whole")
        assert programs.run([*NEW[:-1], "1", *OPTIONS, *runs, "--name", "start"], output) == 0
        longest = 1.5 * (time.perf_counter() - started)
        while kills < KILLS and time.perf_counter() - begun < 60 * MINUTES:
            number += 1
            run, promised, most = Run(tmp_path / f"run-{number}"), -1, longest
            while True:
                resume = run.exists
                if not resume:
                    assert promised < 0, "what was saved is there"
                    shutil.rmtree(run.folder, ignore_errors=True)
                command = ["train", "--resume", run.name] if resume else NEW
                name = [] if resume else ["--name", run.name]
                code = programs.run([*command, *OPTIONS, *runs, *name], output, chance.uniform(0, most))
                most *= 1.1  # else a machine that has become busy would never train a step
                events = printed(output)
                told = losses(events)
                assert told == {step: whole[step] for step in told}, f"run {number} after {kills} kills"
                at = [event["step"] for event in events if event["event"] == "resumed"]
                assert not at or at[0] >= promised, "an older state than was said to be saved"
                promised = max([promised, *(event["step"] for event in events if event["event"] == "saved")])
                resumed, steps = resumed + len(at), steps + len(told)
                said = output.with_suffix(".errors").read_text()
                if code == 0 or (resume and "is complete, after 30 epochs" in said):
                    break
                assert code == -9, said
                kills += 1
            finished += 1
            assert arrays(run) == arrays(whole_run)
            assert curve(run) == curve(whole_run)
            lines = (run.folder / METRICS).read_bytes().splitlines(keepends=True)
            assert all(json.loads(line) for line in lines), "no line is torn"
            assert not [*run.folder.rglob("*.tmp")]
            shutil.rmtree(run.folder)
    minutes = (time.perf_counter() - begun) / 60
    print(f"\n{kills} kills, {resumed} times resumed, {finished} trainings of {len(whole)} steps to their end,")
    print(f"{steps} steps compared, 0 of them different; {minutes:.1f} minutes")
