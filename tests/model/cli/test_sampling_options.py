"""Sampling on the command line: `odds`, and the same options for `write` and `train`."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.cli import main
from model.runs.listing import Run
from model.sampling import TEMPERATURE_LAST, Sampling

pytestmark = pytest.mark.usefixtures("two_devices")

Capture = pytest.CaptureFixture[str]
FILTERS = ["--top-k", "9", "--top-p", "0.9", "--min-p", "0.01", "--typical", "0.95", "--top-n-sigma", "3"]
OTHERS = ["--mirostat", "3", "--dry", "0.8", "--temperature-last", "--without-units", "1:3,1:16"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    words = ["train", "aphorisms", "--hidden", "16", "--epochs", "1", "--top-k", "12", "--dry", "0.5"]
    assert main([*words, "--runs", str(folder), "--name", "small"]) == 0
    return Run(folder / "small")


def printed(capsys: Capture, *argv: object) -> str:
    assert main([*map(str, argv)]) == 0
    return capsys.readouterr().out


def record(capsys: Capture, *argv: object) -> dict[str, Any]:
    (line,) = printed(capsys, *argv, "--json").splitlines()
    return dict(json.loads(line))


def test_odds_are_those_of_the_whole_vocabulary_before_and_after(run: Run, capsys: Capture) -> None:
    odds = record(capsys, "odds", run.folder, "--seed-text", "The will", "--top-k", "0", "--dry", "0")
    tokens, before, after = odds["tokens"], np.array(odds["before"]), np.array(odds["after"])
    assert tokens == [*run.load("best").manifest.tokenizer.decode(range(len(tokens)))]
    assert (before > 0).all()
    assert before.sum() == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(after, before, atol=1e-6, err_msg="temperature 1 changes nothing")
    assert odds["entropy"] == pytest.approx(-(after * np.log2(after)).sum(), abs=1e-4)
    assert odds["cut_by"] == [None] * len(tokens)


def test_odds_after_a_filter_are_those_of_its_definition(run: Run, capsys: Capture) -> None:
    odds = record(capsys, "odds", run.folder, "--temperature", "0.5", "--top-k", "3")
    before, after = np.array(odds["before"]), np.array(odds["after"])
    kept = before >= np.sort(before)[-3]
    wanted = np.where(kept, before**2, 0)
    np.testing.assert_allclose(after, wanted / wanted.sum(), atol=1e-5)
    assert [each is None for each in odds["cut_by"]] == kept.tolist()
    assert set(odds["cut_by"]) == {None, "top_k"}
    assert odds["entropy"] < odds["entropy_before"]
    assert [each["name"] for each in odds["stages"]] == ["dry", "temperature", "top_k"]
    dry, warm, last = (np.array(each["after"]) for each in odds["stages"])
    np.testing.assert_allclose(dry, before, atol=1e-5, err_msg="nothing is repeated")
    np.testing.assert_allclose(warm, before**2 / (before**2).sum(), atol=1e-5)
    np.testing.assert_array_equal(last, after)
    other = record(capsys, "odds", run.folder, "--temperature", "0.5", "--top-k", "3", "--temperature-last")
    assert [each["name"] for each in other["stages"]] == ["dry", "top_k", "temperature"]
    left = np.where(kept, before, 0)
    np.testing.assert_allclose(other["stages"][1]["after"], left / left.sum(), atol=1e-5)


def test_the_table_says_what_each_filter_cut(run: Run, capsys: Capture) -> None:
    said = printed(capsys, "odds", run.folder, "--seed-text", "The\nwill", "--top-k", "4", "--top-p", "0.3")
    lines = said.splitlines()
    assert lines[0] == "after 'The\\nwill', with dry 0.5, temperature 1, top-k 4, top-p 0.3"
    assert lines[1].split() == ["token", "before", "dry", "top-k", "top-p", "after"]
    assert "dry 0.5 changed nothing: no token continues a repeat of 12 tokens or more" in said
    assert len([line for line in lines if line.startswith("'")]) == 10
    assert "cut by top-k" in said
    assert any(line.startswith("top-k 4 cut ") for line in lines)
    assert any(line.startswith("top-p 0.3 cut ") for line in lines)
    assert lines[-2].startswith("entropy before: ")
    assert "about " in lines[-1]
    every = printed(capsys, "odds", run.folder, "--seed-text", "the " * 5, "--temperature", "0.5", *FILTERS, *OTHERS)
    assert every.splitlines()[1].split() == [
        "token",
        "before",
        *(name.replace("_", "-") for name in TEMPERATURE_LAST),
        "after",
    ]
    assert "dry 0.8 made less likely: 't' (" in every
    greedy = printed(capsys, "odds", run.folder, "--temperature", "0").splitlines()
    assert greedy[-1] == "entropy after:  0.00 bits, about 1 way"


def test_written_tokens_have_their_probabilities(run: Run, capsys: Capture) -> None:
    argv, seed = ["--temperature", "0.8", "--top-k", "5", "--dry", "0"], "The will "
    written = record(capsys, "write", run.folder, *argv, "--seed-text", seed, "--length", "6", "--random-seed", "3")
    assert "".join(each["token"] for each in written["tokens"]) == written["text"]
    assert len(written["tokens"]) == 6
    assert (written["temperature"], written["top_k"]) == (0.8, 5)
    for each in written["tokens"]:
        odds = record(capsys, "odds", run.folder, *argv, "--seed-text", seed)
        place = odds["tokens"].index(each["token"])
        assert each["before"] == pytest.approx(odds["before"][place], abs=1e-5)
        assert each["after"] == pytest.approx(odds["after"][place], abs=1e-5)
        seed += each["token"]


def test_a_sample_written_again_has_the_probabilities_of_its_tokens(run: Run, capsys: Capture) -> None:
    again = record(capsys, "write", run.folder, "--again", "1")
    assert "".join(each["token"] for each in again["tokens"]) == again["text"]
    ((_, settings),) = again["sampling"]
    argv = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
    odds = record(capsys, "odds", run.folder, "--seed-text", again["seed"].replace("\\", "\\\\"), *argv)
    first = again["tokens"][0]
    place = odds["tokens"].index(first["token"])
    assert (first["before"], first["after"]) == pytest.approx((odds["before"][place], odds["after"][place]), abs=1e-5)


def test_a_seed_for_odds_is_given_as_to_write(run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = record(capsys, "odds", run.folder, "--seed-text", r"The\nwill")
    assert typed["seed"] == "The\nwill"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"The\nwill\n")))
    assert record(capsys, "odds", run.folder, "--seed-text", "-") == typed
    assert main(["odds", str(run.folder), "--seed-text", "\u6f22"]) == 0
    assert "The model does not know 1 of the seed's characters" in capsys.readouterr().err


def test_options_of_write_default_to_the_runs_recipe(run: Run, capsys: Capture) -> None:
    argv = ["write", str(run.folder), "--length", "2", "--json"]
    lines = [json.loads(line) for line in printed(capsys, *argv).splitlines()]
    recipe = run.load("best").manifest.read_recipe()
    assert recipe.samplings == tuple(Sampling(t, top_k=12, dry=0.5) for t in recipe.temperatures)
    assert [(line["temperature"], line["top_k"], line["dry"]) for line in lines] == [
        (temperature, 12, 0.5) for temperature in recipe.temperatures
    ]
    (other,) = [json.loads(line) for line in printed(capsys, *argv, "--temperature", "1", "--dry", "0").splitlines()]
    assert other["top_k"] == 12
    assert "dry" not in other


def test_all_samplers_write_together(run: Run, capsys: Capture) -> None:
    argv = ["write", run.folder, "--length", "40", "--random-seed", "1", "--temperature", "1.5", *FILTERS, *OTHERS]
    assert printed(capsys, *argv) == printed(capsys, *argv)


@pytest.mark.parametrize("command", ["write", "odds"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--top-p", "1.5"], "1.5 is out of range; give a number from 0 to 1"),
        (["--top-k", "2.5"], "'2.5' is not a whole number"),
        (["--mirostat", "high"], "'high' is not a number"),
        (["--topk", "3"], "did you mean --top-k?"),
        (["--without-units", "57"], "'57' is no unit. Give its layer and its number in the layer, such as 1:57."),
    ],
)
def test_an_impossible_setting_is_explained_in_one_sentence(
    command: str, words: list[str], said: str, run: Run, capsys: Capture
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main([command, str(run.folder), *words])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err


def test_a_recipe_takes_the_same_settings(tmp_path: Path, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["train", "aphorisms", "--runs", str(tmp_path), "--typical", "-1"])
    assert stopped.value.code == 2
    assert "--typical is -1.0; it must be between 0.0 and 1.0" in capsys.readouterr().err


def test_again_takes_no_sampling(run: Run, capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        main(["write", str(run.folder), "--again", "1", "--top-k", "3"])
    assert "leave out --top-k" in capsys.readouterr().err


def test_options_without_effect_are_said_once(run: Run, capsys: Capture) -> None:
    words = ["--top-k", "3", "--dry", "0", "--temperature", "0", "--temperature", "0", "--length", "3"]
    assert main(["write", str(run.folder), *words]) == 0
    assert capsys.readouterr().err.count("Top-k has no effect here") == 1


@pytest.mark.parametrize("options", [["--epoch", "9"], ["--again", "999"]], ids=str)
def test_what_a_run_does_not_have_is_a_mistake_of_the_command_line(
    run: Run, options: list[str], capsys: Capture
) -> None:
    assert main(["write", str(run.folder), *options]) == 2
