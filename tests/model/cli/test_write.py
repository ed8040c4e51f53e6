"""`charlstm write`: seeds, several samples at once, where they stop, where they go, and what is copied."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import open_corpus
from model.cli import main
from model.cli.writing.written_text import WrittenText
from model.options.parser import unescaped
from model.runs.listing import Run
from model.writing.language_model import DrawnToken
from model.writing.novelty.loops import loop_advice

pytestmark = pytest.mark.usefixtures("two_devices")

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def run(two_devices: None, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("runs")
    words = ["train", "aphorisms", "--hidden", "16", "--epochs", "2", "--runs", str(folder), "--name", "small"]
    assert main(words) == 0
    return Run(folder / "small")


def printed(capsys: Capture, *argv: object) -> str:
    capsys.readouterr()
    assert main([*map(str, argv)]) == 0
    return capsys.readouterr().out


def samples(capsys: Capture, run: Run, *argv: object) -> list[dict[str, Any]]:
    words = ("write", run.folder, "--length", 60, "--temperature", 1, "--random-seed", 7, *argv, "--json")
    return [json.loads(line) for line in printed(capsys, *words).splitlines()]


def refused(capsys: Capture, *argv: object) -> str:
    """The one sentence against a command line; nothing is printed to standard output."""
    capsys.readouterr()
    try:
        assert main([*map(str, argv)]) != 0
    except SystemExit as stopped:
        if stopped.code != 2:
            raise
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


# Learning from the seed


def test_a_seed_is_learned_from_for_this_text_alone_and_the_same_command_writes_the_same(
    run: Run, capsys: Capture
) -> None:
    argv = ("--seed-text", "ZYX zyx 123, " * 40)
    before = samples(capsys, run, *argv)
    learned = samples(capsys, run, *argv, "--dynamic")
    assert samples(capsys, run, *argv, "--dynamic") == learned
    assert learned[0]["text"] != before[0]["text"]
    assert samples(capsys, run, *argv) == before


# Several samples


def test_each_of_several_samples_is_the_one_that_its_random_seed_writes_alone(run: Run, capsys: Capture) -> None:
    several = samples(capsys, run, "--count", 11)
    assert [each["random_seed"] for each in several] == [*range(7, 18)]
    assert len({each["text"] for each in several}) == 11
    for place in (0, 3, 9):
        assert samples(capsys, run, "--random-seed", 7 + place) == [several[place]]


def test_samples_of_one_seed_are_told_apart_by_their_random_seeds(run: Run, capsys: Capture) -> None:
    argv = ("write", run.folder, "--length", 9, "--temperature", 1, "--random-seed", 7, "--seed-text", "The ")
    said = printed(capsys, *argv, "--count", 2)
    assert said.startswith("--- temperature 1, random seed 7\nThe ")
    assert "\n--- temperature 1, random seed 8\nThe " in said
    assert not printed(capsys, *argv).startswith("---")


def test_samples_of_several_seeds_say_which_they_continue(run: Run, capsys: Capture) -> None:
    argv = ("write", run.folder, "--length", 9, "--temperature", 1, "--random-seed", 7, "--seed-text", "The ")
    long = "the will to " * 4
    said = printed(capsys, *argv, "--seed-text", long)
    assert said.startswith("--- after 'The ': temperature 1\nThe ")
    assert f"\n--- after ...{long[8:]!r}: temperature 1\n{long}" in said


def test_the_same_random_seed_is_the_same_noise_for_every_seed_and_temperature(run: Run, capsys: Capture) -> None:
    several = samples(capsys, run, "--temperature", 0.5, "--count", 2)
    assert [(each["temperature"], each["random_seed"]) for each in several] == [(1, 7), (1, 8), (0.5, 7), (0.5, 8)]


# Seeds


def test_each_line_of_a_seed_file_is_continued(run: Run, capsys: Capture, tmp_path: Path) -> None:
    file = tmp_path / "seeds.txt"
    file.write_bytes("The will\r\n\r\nOne\\nline more\r\nC\xe9sar".encode("latin-1"))
    several = samples(capsys, run, "--seed-file", file)
    assert [each["seed"][:8] for each in several] == ["The will", "One\nline", several[2]["seed"]]
    assert len(several[2]["seed"]) == 5
    (alone,) = samples(capsys, run, "--seed-text", "One\\nline more")
    assert alone == several[1]
    texts = ["--seed-text", "The will", "--seed-text", "One\\nline more", "--seed-text", "C\xe9sar"]
    assert samples(capsys, run, *texts) == several


def test_a_seed_comes_from_standard_input_without_its_last_line_end(
    run: Run, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"The will\\n\r\nto\r\n")))
    (sample,) = samples(capsys, run, "--seed-text", "-")
    assert sample["seed"].startswith("The will")
    assert sample["seed"].endswith("n\nto")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (r"a\nb", "a\nb"),
        (r"a\tb", "a\tb"),
        (r"a\\nb", r"a\nb"),
        (r"\d", r"\d"),
        ("a\r\nb\r", "a\nb\n"),
        ("a\udcffb", "a\ufffdb"),
    ],
)
def test_line_feeds_and_tabs_may_be_written(typed: str, meant: str) -> None:
    assert unescaped(typed) == meant


# Where a text stops


@given(st.text("ab\n", max_size=40), st.text("ab\n", max_size=4), st.lists(st.integers(0, 7), max_size=20))
def test_a_text_stops_before_a_string_however_it_comes(text: str, until: str, sizes: Sequence[int]) -> None:
    written, shown, at = WrittenText(until, keep_tokens=True), "", 0
    for size in [*sizes, len(text)]:
        shown += written.add([DrawnToken(each, 1, 1) for each in text[at : at + size]])
        at += size
    wanted = text.partition(until)[0] if until else text
    assert written.text == wanted
    assert written.stopped == bool(until and until in text)
    assert shown + written.held == wanted
    assert "".join(each.token for each in written.tokens) == wanted


def test_a_sample_stops_before_a_text_and_says_so(run: Run, capsys: Capture) -> None:
    (whole,) = samples(capsys, run)
    stop = whole["text"][10:13]
    (cut,) = samples(capsys, run, "--until", stop)
    assert cut["text"] == whole["text"].partition(stop)[0]
    assert cut["stopped"] is True
    (uncut,) = samples(capsys, run, "--until", "no such text")
    assert (uncut["text"], uncut["stopped"]) == (whole["text"], False)
    argv = ("write", run.folder, "--length", 60, "--temperature", 1, "--random-seed", 7)
    assert printed(capsys, *argv, "--until", stop) == cut["text"] + "\n"
    assert printed(capsys, *argv, "--until", "no such text") == whole["text"] + "\n"


# Where it goes


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_file_gets_what_would_be_printed(run: Run, capsys: Capture, tmp_path: Path, form: tuple[str, ...]) -> None:
    argv = ("write", run.folder, "--length", 20, "--random-seed", 7, "--seed-text", "\u00e9", *form)
    said = printed(capsys, *argv)
    assert printed(capsys, *argv, "--output", tmp_path / "text") == ""
    assert (tmp_path / "text").read_bytes().decode() == said
    assert [*tmp_path.iterdir()] == [tmp_path / "text"]


def test_a_file_that_exists_stays_as_it_is(run: Run, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("precious")
    assert "exists already" in refused(capsys, "write", run.folder, "--output", tmp_path / "text")
    assert "no folder" in refused(capsys, "write", run.folder, "--output", tmp_path / "none" / "text")
    assert (tmp_path / "text").read_text() == "precious"


def test_writing_that_fails_leaves_no_file(
    run: Run, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("model.cli.writing.sample_printer.SamplePrinter.end", interrupted)
    assert main(["write", str(run.folder), "--length", "9", "--output", str(tmp_path / "text")]) == 130
    assert not [*tmp_path.iterdir()]


# Novelty


def test_an_end_that_nothing_marks_is_refused(run: Run, capsys: Capture) -> None:
    assert "trained without --separator" in refused(capsys, "write", run.folder, "--until")


def test_novelty_counts_what_stands_in_the_runs_text(run: Run, capsys: Capture) -> None:
    corpus = open_corpus("aphorisms").text()
    (sample,) = samples(capsys, run, "--novelty", "--temperature", 0.5, "--length", 200)[1:]
    text = sample["text"]
    grams = [text[at : at + 20] for at in range(len(text) - 19)]
    assert sample["copied_share"] == pytest.approx(sum(gram in corpus for gram in grams) / len(grams))
    longest = sample["longest_copy"]
    assert any(text[at : at + longest] in corpus for at in range(len(text) - longest + 1))
    assert not any(text[at : at + longest + 1] in corpus for at in range(len(text) - longest))
    assert all(end - begin >= 20 for begin, end in sample["copies"])


def test_novelty_is_a_line_after_each_sample_and_names_loops(run: Run, capsys: Capture) -> None:
    argv = ("write", run.folder, "--length", 400, "--temperature", 0, "--novelty")
    last = printed(capsys, *argv).splitlines()[-1]
    assert last.startswith("--- ")
    assert " % copied, longest " in last
    (sample,) = samples(capsys, run, *argv[2:])[1:]
    assert sample["loop"] is not None, "the likeliest characters of so small a network repeat"
    assert last.endswith("raise the temperature, or turn on DRY")
    assert loop_advice(sample["text"], sample["loop"])[0] in last


def test_novelty_needs_the_runs_text_and_says_where_it_was(capsys: Capture, tmp_path: Path) -> None:
    text = tmp_path / "book.txt"
    text.write_text("the quick brown fox jumps over the lazy dog. " * 60)
    words = ["--hidden", "8", "--batch", "4", "--window", "16", "--epochs", "1", "--runs", str(tmp_path)]
    assert main(["train", str(text), "--name", "fox", *words]) == 0
    argv = ("write", tmp_path / "fox", "--length", 5, "--novelty")
    assert "too short to look for copies" in printed(capsys, *argv)
    text.write_text("another text now. " * 60)
    assert "Put it back as it was" in refused(capsys, *argv)
    text.unlink()
    assert str(text) in (said := refused(capsys, *argv))
    assert "leave out --novelty" in said


# What cannot be


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--length", "0"], "--length: 0 is out of range; give a number from 1"),
        (["--count", "0"], "--count: 0 is out of range"),
        (["--until", ""], "--until: it is empty; give the text to stop before"),
        (["--seed-file", "none.txt"], "There is no file or folder none.txt"),
        (["--seed-file", "."], "is a folder"),
        (["--seed-file", "seeds", "--seed-text", "a"], "not allowed with"),
        (["--seed-file", "seeds", "--dynamic"], "--dynamic trains on one seed"),
        (["--seed-text", "a", "--seed-text", "b", "--dynamic"], "--dynamic trains on one seed"),
        (["--seed-text", "-", "--seed-text", "-"], "Standard input can be read only once"),
        (["--until", "a", "--until", "b"], "--until: it is given twice; this command takes one"),
        (["--dynamic"], "--dynamic trains on the seed text: give a --seed-text"),
        (["--again", "1", "--count", "2"], "leave out --count"),
        (["--again", "1", "--until", "x", "--length", "3"], "leave out --length and --until"),
        (["--again", "1", "--epoch", "2"], "leave out --epoch"),
        (["--temperature", "0.5", "0.7"], "unexpected word '0.7'; repeat --temperature before each value"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(run: Run, capsys: Capture, words: list[str], said: str) -> None:
    assert said in refused(capsys, "write", run.folder, *words)


def test_a_seed_file_without_lines_is_one_sentence(run: Run, capsys: Capture, tmp_path: Path) -> None:
    (tmp_path / "seeds").write_text("\n\n")
    assert "has no seeds" in refused(capsys, "write", run.folder, "--seed-file", tmp_path / "seeds")
    (tmp_path / "picture").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    assert "not text" in refused(capsys, "write", run.folder, "--seed-file", tmp_path / "picture")
