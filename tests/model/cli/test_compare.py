"""`charlstm compare`: the table, what differs, and what runs write from one seed and one noise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from model.cli import main
from model.recipe import FAST
from model.runs.files.json_lines import event_record
from model.training.events import EpochEnd
from tests.model.cli.answers import Capture, records, refused
from tests.model.runs.made_runs import TINY, begin, damage, keep

pytestmark = pytest.mark.usefixtures("two_devices")


def test_runs_are_compared_in_tables(capsys: Capture, tmp_path: Path) -> None:
    for name, hidden, loss in (("one", 8, 1.5), ("two", 16, 1.25)):
        recipe = replace(FAST, hidden=hidden, epochs=1)
        run = begin(tmp_path, name, recipe=recipe)
        keep(run, 10, best=True, epoch=1, recipe=recipe)
        run.append_metrics(event_record(EpochEnd(1, 10, 2.0, loss, 2.2, 90.0, 100.0)))
    assert main(["compare", "one", "two", "--length", "0", "--runs", str(tmp_path)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1] == ["one", "nietzsche", "1/1", "1.5000", "2.164", "-", "1:30", "finished"]
    assert rows[4:] == [["what", "differs", "one", "two"], ["hidden", "8", "16"]]
    assert main(["compare", "one", "two", "--length", "0", "--json", "--runs", str(tmp_path)]) == 0
    one = records(capsys.readouterr().out)[0]
    known = {"recipe": "fast", "network": "lstm", "tokens": "characters", "best_held_out": 1.5, "best_training": None}
    assert known.items() <= one.items()


def test_each_run_writes_what_the_command_write_writes(capsys: Capture, tmp_path: Path) -> None:
    for name, step in (("one", 1), ("two", 2)):
        keep(begin(tmp_path, name, recipe=TINY), step, best=True)
    common = ["--seed-text", "abx", "--random-seed", "5", "--length", "9", "--runs", str(tmp_path)]
    assert main(["compare", "one", "two", *common, "--temperature", "0.5", "--json"]) == 0
    said = records(capsys.readouterr().out)
    assert [record["run"] for record in said if record["event"] == "run"] == ["one", "two"]
    samples = [record for record in said if record["event"] == "sample"]
    assert [(sample["run"], sample["step"], sample["replaced"]) for sample in samples] == [
        ("one", 1, [2]),
        ("two", 2, [2]),
    ]
    assert main(["write", "two", *common, "--temperature", "0.5", "--json"]) == 0
    assert records(capsys.readouterr().out)[0]["text"] == samples[1]["text"]


def test_a_run_without_sound_weights_says_so_and_the_others_write(capsys: Capture, tmp_path: Path) -> None:
    keep(begin(tmp_path, "one", recipe=TINY), 1)
    damage(keep(begin(tmp_path, "two", recipe=TINY), 2))
    begin(tmp_path, "three", recipe=TINY)
    assert main(["compare", "one", "two", "three", "--length", "3", "--seed-text", "x", "--runs", str(tmp_path)]) == 0
    said = capsys.readouterr()
    assert "Nothing differs" in said.out
    assert "--- one\n" in said.out
    assert "one does not know 1 of the seed's characters" in said.err
    assert "--- two" not in said.out
    assert "No checkpoint of the run two is sound." in said.err
    assert "The run three has no checkpoint yet." in said.err


def test_a_run_is_not_compared_with_itself(capsys: Capture, tmp_path: Path) -> None:
    begin(tmp_path, "one")
    assert "at least two different runs" in refused(["compare", "one", "latest", "--runs", str(tmp_path)], capsys)
    assert "Did you mean one?" in refused(["compare", "one", "onee", "--runs", str(tmp_path)], capsys)
