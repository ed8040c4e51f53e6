"""A run that is trained on a list, from the command line: it writes lines, and says which stand in the list."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpora import ReadAs, open_corpus
from model.cli import main
from model.cli.training.training_report import TrainingReport
from model.recipe import Recipe
from model.runs.listing import Run
from model.training.events import Finished
from model.writing.provenance import from_record

pytestmark = pytest.mark.usefixtures("two_devices")

Capture = pytest.CaptureFixture[str]
NAMES = open_corpus("names", ReadAs(lines=True)).text().split()


@pytest.fixture(scope="module")
def run(two_devices: None, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    words = ["train", "names", "--lines", "--hidden", "16", "--batch", "8", "--epochs", "1", "--sample-length", "60"]
    assert main([*words, "--runs", str(folder), "--name", "names"]) == 0
    return Run(folder / "names")


def printed(capsys: Capture, *argv: object) -> list[str]:
    capsys.readouterr()
    assert main([*map(str, argv)]) == 0
    return capsys.readouterr().out.splitlines()


def test_it_writes_as_many_lines_as_are_asked_for(run: Run, capsys: Capture) -> None:
    argv = ("write", run.folder, "--temperature", 0.5, "--random-seed", 3, "--length", 50, "--seed-text", "Ma")
    lines = printed(capsys, *argv, "--count", 9)
    assert len(lines) == 9
    assert all(line.startswith("Ma") for line in lines)
    assert printed(capsys, *argv, "--temperature", 1, "--count", 2)[0] == "--- temperature 0.5"
    *same, novelty = printed(capsys, *argv, "--count", 9, "--novelty")
    known = [line for line in lines if line in NAMES]
    assert same == lines
    assert novelty.startswith(f"--- 9 lines, {len(known)} of them in the list")
    records = [json.loads(line) for line in printed(capsys, *argv, "--count", 9, "--novelty", "--json")]
    assert [each["seed"] + each["text"] for each in records] == lines
    assert [name for each in records for name in each["in_list"]] == known


def test_the_readme_says_how_many_lines_it_writes(run: Run, capsys: Capture) -> None:
    words = "charlstm write latest --count 20 --temperature 0.8"
    assert f"`{words}` writes 20;" in " ".join((Path(__file__).parents[3] / "README.md").read_text("utf-8").split())
    argv = [*words.replace("latest", str(run.folder)).split()[1:], "--random-seed", "3", "--length", "20"]
    assert len(printed(capsys, *argv)) == 20
    report = TrainingReport(Recipe(lines=True), run)
    report.show(Finished("epochs", 2, 100, 9.0, None, None, str(run.folder)))
    assert capsys.readouterr().out.endswith(f"{words.replace('latest', str(run.folder))}\n")


def test_the_samples_of_its_epochs_are_whole_lines_from_an_empty_seed(run: Run) -> None:
    records = [json.loads(line) for line in (run.folder / "samples.jsonl").read_text("utf-8").splitlines()]
    samples = [sample for sample in map(from_record, records) if sample and sample.kind == "time-lapse"]
    assert samples
    assert {sample.seed for sample in samples} == {""}
    assert all(sample.text.endswith("\n") for sample in samples if "\n" in sample.text)
    assert len({sample.text for sample in samples}) == len(samples)


def test_each_line_of_a_text_has_a_score(run: Run, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "some.txt").write_text("Maria\nXqzzkw\n", "utf-8")
    lines = [
        json.loads(each) for each in printed(capsys, "score", run.folder, tmp_path / "some.txt", "--per-line", "--json")
    ]
    maria, strange, whole = lines
    assert (maria["line"], maria["characters"], strange["line"]) == ("Maria", 6, "Xqzzkw")
    assert maria["loss"] < strange["loss"]
    assert whole["loss"] == pytest.approx((6 * maria["loss"] + 7 * strange["loss"]) / 13, rel=1e-4)
    said = printed(capsys, "score", run.folder, tmp_path / "some.txt", "--per-line")
    assert said[0] == "  bits  line"
    assert said[1].endswith("  Maria")
    assert "characters 13, all scored, by the weights as they are" in said
    assert json.loads(printed(capsys, "score", run.folder, tmp_path / "some.txt", "--json")[0])[
        "loss"
    ] == pytest.approx(whole["loss"], rel=1e-4)
