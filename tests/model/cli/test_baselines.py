"""`charlstm baselines`."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from model.cli import main
from tests.model.cli.answers import Capture, records, refused

pytestmark = pytest.mark.usefixtures("two_devices")


def test_the_ladder_is_an_object_a_line(capsys: Capture) -> None:
    assert main(["baselines", "aphorisms", "--json", "--length", "0"]) == 0
    rungs = records(capsys.readouterr().out)
    assert [each["order"] for each in rungs] == [-1, 0, 1, 2, 3, 4, 5]
    losses = [float(str(each["held_out"])) for each in rungs]
    assert losses[0] > losses[1] > losses[2] > losses[3]
    assert rungs[2]["words"] == "counting 1 character back"
    assert float(str(rungs[3]["bpc"])) == pytest.approx(losses[3] / math.log(2))
    assert "text" not in rungs[0]


def test_each_order_writes_a_sample(capsys: Capture) -> None:
    assert main(["baselines", "aphorisms", "--length", "30", "--temperature", "0.5"]) == 0
    said = capsys.readouterr().out
    for words in ("uniform", "order 0", "order 5", "bits a character", "perplexity", "counting 3 characters back"):
        assert words in said
    assert main(["baselines", "aphorisms", "--json", "--length", "30"]) == 0
    texts = [str(each["text"]) for each in records(capsys.readouterr().out)]
    assert {len(text) for text in texts} == {30}
    assert len(set(texts)) == len(texts)


def test_text_and_split_are_those_of_training(tmp_path: Path, capsys: Capture) -> None:
    book = tmp_path / "book.txt"
    book.write_text("Ab aB " * 500, encoding="utf-8")
    uniform = {}
    for option in ("--lowercase", "--no-lowercase"):
        assert main(["baselines", str(book), option, "--json", "--length", "0"]) == 0
        uniform[option] = records(capsys.readouterr().out)[0]["perplexity"]
    assert uniform == {"--lowercase": pytest.approx(3), "--no-lowercase": pytest.approx(5)}
    assert main(["baselines", str(book), "--held-out", "0.5", "--length", "0"]) == 0
    assert "counted in the 1,500 characters to train on, judged on the last 1,500" in capsys.readouterr().out


def test_a_text_that_is_too_short_is_refused_in_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    book = tmp_path / "book.txt"
    book.write_text("abcd", encoding="utf-8")
    assert "more than 5: give a longer text" in refused(["baselines", str(book)], capsys)
    assert "nothing is held out here" in refused(["baselines", "aphorisms", "--held-out", "0"], capsys)
