"""`charlstm score --per-character` and `charlstm units`: a number at each token of a text."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from model.cli import main
from model.cli.console import plain
from model.runs.listing import Run
from model.writing.surprise import NO_LEVEL, level_names, surprise_level
from model.writing.units.following import PROPERTIES, STRENGTHS

pytestmark = pytest.mark.usefixtures("two_devices")

Capture = pytest.CaptureFixture[str]
TEXT = "The will is free.\nNothing else \u2603 is.\x07\r\n" * 20


@pytest.fixture(scope="module")
def run(two_devices: None, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    words = ["train", "aphorisms", "--hidden", "16", "--epochs", "1", "--runs", str(folder), "--name", "small"]
    assert main(words) == 0
    return Run(folder / "small")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "text.txt"
    path.write_text(TEXT, "utf-8", newline="")
    return path


def scored(capsys: Capture, run: Run, text: Path, *options: str) -> str:
    capsys.readouterr()
    assert main(["score", str(run.folder), str(text), *options]) == 0
    return capsys.readouterr().out


def records(output: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines()]


def test_the_mean_over_all_characters_is_the_score(run: Run, text: Path, capsys: Capture) -> None:
    *characters, score = records(scored(capsys, run, text, "--per-character", "--json"))
    (plainly,) = records(scored(capsys, run, text, "--json"))
    assert score == plainly | {"loss": pytest.approx(plainly["loss"]), "bpc": pytest.approx(plainly["bpc"])}
    bits = [each["bits"] for each in characters[1:]]
    assert sum(bits) / len(bits) == pytest.approx(score["bpc"], abs=1e-3)


def test_each_character_has_its_surprise_and_what_is_read_instead(run: Run, text: Path, capsys: Capture) -> None:
    *characters, _ = records(scored(capsys, run, text, "--per-character", "--json"))
    assert "".join(each["token"] for each in characters) == TEXT.replace("\x07", "").replace("\r", "")
    assert characters[0]["bits"] is None, "nothing comes before it"
    assert {each["token"] for each in characters if "read" in each} == {"\u2603"}
    prefix = TEXT[:5]
    argv = ["odds", str(run.folder), "--seed-text", prefix, "--json"]
    assert main(argv) == 0
    (odds,) = records(capsys.readouterr().out)
    probability = odds["before"][odds["tokens"].index(TEXT[5])]
    assert 2 ** -characters[5]["bits"] == pytest.approx(probability, rel=1e-3)


def test_without_a_terminal_there_is_a_table(run: Run, text: Path, capsys: Capture) -> None:
    lines = scored(capsys, run, text, "--per-character").splitlines()
    assert lines[:2] == ["token\tbits\tread as", "'T'\t"]
    assert re.fullmatch(r"'h'\t\d+\.\d{3}", lines[2])
    assert lines[18].startswith("'\\n'\t")
    assert re.fullmatch(r"'\u2603'\t\d+\.\d{3}\t'.'", lines[32]), "what is not known, and what is read"
    assert "Nothing else \u2603 is." in scored(capsys, run, text, "--per-line")
    assert re.fullmatch(r"loss \d\.\d{4} nats a character, \d\.\d{4} bits", lines[-2])
    assert re.fullmatch(r"the run's held-out text: \d\.\d{4} nats a character, \d\.\d{4} bits", lines[-1])


@pytest.mark.parametrize("coloured", [True, False])
def test_on_a_terminal_levels_differ_with_and_without_colour(
    run: Run, text: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch, coloured: bool
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if not coloured:
        monkeypatch.setenv("NO_COLOR", "1")
    said = scored(capsys, run, text, "--per-character")
    shown, legend = said.split("\n\n", 1)
    without = re.sub(r"\x1b\[[\d;]*m", "", shown)
    assert without == TEXT.replace("\x07", "").replace("\r", "").rstrip("\n")
    assert plain(without) == without
    first = legend.splitlines()[0]
    styles = [re.search(rf"(\x1b\[[\d;]*m)?{name}", first) for name in level_names()]
    assert len({found[1] for found in styles if found}) == 4, "each level has a look of its own"
    assert ("33" in said) is coloured


def test_a_text_the_model_does_not_know_is_said_in_a_sentence(run: Run, text: Path, capsys: Capture) -> None:
    assert main(["score", str(run.folder), str(text)]) == 0
    said = capsys.readouterr().err
    assert said.startswith("charlstm: The model does not know 20 of the text's characters and reads '\u2603' as ")


@pytest.mark.parametrize("reading", ["--dynamic", "--counting"])
@pytest.mark.parametrize("each", ["--per-character", "--per-line"])
def test_a_text_is_scored_with_learning_or_by_token(
    run: Run, text: Path, capsys: Capture, reading: str, each: str
) -> None:
    with pytest.raises(SystemExit):
        main(["score", str(run.folder), str(text), reading, each])
    assert f"{each} prints how well the weights as they are predict: leave out {reading}" in capsys.readouterr().err


def test_learning_and_counting_each_predict_a_text_that_repeats_better(run: Run, text: Path, capsys: Capture) -> None:
    def loss(*options: str) -> float:
        (score,) = records(scored(capsys, run, text, *options, "--json"))
        assert [name for name in ("dynamic", "counting") if score[name]] == [each[2:] for each in options]
        return float(score["loss"])

    plain, dynamic, counting, both = loss(), loss("--dynamic"), loss("--counting"), loss("--dynamic", "--counting")
    assert dynamic < plain - 0.01
    assert counting < plain - 0.5
    assert both < counting
    assert loss() == plain, "the run does not change"
    assert "scored but the first, by the weights as they are\n" in scored(capsys, run, text)
    said = scored(capsys, run, text, "--dynamic", "--counting")
    assert "first, by weights that learn from it meanwhile (--dynamic) and by counting (--counting)\n" in said
    assert said.endswith("bits, by the weights as they are\n"), "the run's held-out text"


def test_counting_needs_the_text_of_the_run(two_devices: None, text: Path, tmp_path: Path, capsys: Capture) -> None:
    learned = tmp_path / "learned.txt"
    learned.write_text(TEXT * 3)
    words = ["train", str(learned), "--hidden", "4", "--epochs", "1", "--runs", str(tmp_path), "--name", "lost"]
    assert main(words) == 0
    learned.unlink()
    assert main(["score", str(tmp_path / "lost"), str(text), "--counting"]) == 2
    said = capsys.readouterr().err
    assert "--counting needs the text that the run was trained on" in said
    assert "leave out --counting" in said


@pytest.mark.parametrize(
    ("bits", "level"), [(0, 0), (0.99, 0), (1, 1), (3, 2), (6, 3), (40, 3), (float("nan"), NO_LEVEL)]
)
def test_surprise_has_four_levels(bits: float, level: int) -> None:
    assert surprise_level(bits) == level


# The activation of one unit at each character, and which unit follows what: `charlstm units`


def units(capsys: Capture, run: Run, *options: object) -> str:
    capsys.readouterr()
    assert main(["units", str(run.folder), *map(str, options)]) == 0
    return capsys.readouterr().out


def test_each_property_has_its_best_units_in_held_out_text(run: Run, capsys: Capture) -> None:
    *properties, told = records(units(capsys, run, "--top", 2, "--json"))
    assert [each["property"] for each in properties] == [*PROPERTIES]
    best, second = properties[0]["units"]
    assert abs(best["correlation"]) >= abs(second["correlation"])
    assert (told["run"], told["text"]) == ("small", "held-out text")
    table = units(capsys, run, "--top", 1)
    assert re.search(rf"^space +{best['unit']} +[+-]0\.\d\d +(closely|clearly|loosely|barely)$", table, re.MULTILINE)
    assert table.endswith(STRENGTHS + "\n")


def test_a_text_has_the_activation_of_a_unit_at_each_character(run: Run, text: Path, capsys: Capture) -> None:
    characters = records(units(capsys, run, "--unit", "1:3", "--text", text, "--json"))
    assert "".join(each["token"] for each in characters) == TEXT.replace("\x07", "").replace("\r", "")
    assert all(-1 <= each["activation"] <= 1 for each in characters)
    lines = units(capsys, run, "--unit", "1:3").splitlines()
    assert len(lines) == 1_001
    assert re.fullmatch(r"'.+'\t-?[01]\.\d{3}", lines[1])


def test_a_unit_that_the_network_does_not_have_is_refused(run: Run, capsys: Capture) -> None:
    assert main(["units", str(run.folder), "--unit", "2:1"]) != 0
    assert "no unit 2:1. It has units 1:1 to 1:16." in capsys.readouterr().err
    assert main(["write", str(run.folder), "--without-units", "1:17"]) != 0
    assert "no unit 1:17" in capsys.readouterr().err


def test_a_short_text_is_said_to_tell_little(run: Run, text: Path, capsys: Capture) -> None:
    assert main(["units", str(run.folder), "--text", str(text)]) == 0
    said = capsys.readouterr()
    assert "does not change in this text" in said.out
    assert "by chance" in said.err


def test_a_text_of_one_distinct_character_is_scored_and_one_character_is_not(
    run: Run, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "letters.txt"
    file.write_text("aaaa")
    assert main(["score", str(run.folder), str(file)]) == 0
    assert "characters 4" in capsys.readouterr().out
    file.write_text("a")
    assert main(["score", str(run.folder), str(file)]) == 2
    assert "Score two or more: the first is not predicted." in capsys.readouterr().err
