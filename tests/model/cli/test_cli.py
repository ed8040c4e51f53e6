"""`charlstm` without training: corpora, runs, errors, and what reaches the terminal."""

from __future__ import annotations

import io
import json
import os
import shlex
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora import open_corpus
from corpora.catalogue import catalogue
from model.cli import main
from model.cli.console import plain, spell_age, spell_size
from model.events import EpochEnd
from model.recipe import FAST
from model.runs.json_lines import event_record
from model.runs.listing import create_run

ROOT = Path(__file__).parents[3]
NIETZSCHE = Path(os.environ.get("CHARLSTM_CORPORA", "nowhere"), "nietzsche.txt")

Capture = pytest.CaptureFixture[str]


def records(output: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in output.splitlines()]


def refused(argv: list[str], capsys: Capture, code: int = 2) -> str:
    """What is said against a command line: one sentence on standard error, nothing on standard output."""
    assert main(argv) == code
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert plain(said.err) == said.err
    return said.err


# The command line


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["trian"], "did you mean train?"),
        (["sing"], "choose one of: train, write, odds, score, runs, corpora, devices"),
        (["train", "--hiden", "3"], "did you mean --hidden"),
        (["train", "--hidden", "0"], "--hidden is 0"),
        (["train", "--max-seconds", "0"], "more than 0"),
        (["write"], "RUN"),
        (["write", "r", "--temperature", "hot"], "'hot' is not a number"),
        (["write", "r", "--temperature", "-1"], "from 0 to 100"),
        (["write", "r", "--temperature", "nan"], "not a number"),
        (["write", "r", "--length", "-1"], "from 0"),
        (["write", "r", "--random-seed", str(1 << 64)], "--random-seed"),
        (["write", "r", "--weights", "worst"], "worst"),
        (["score", "r"], "FILE"),
    ],
)
def test_a_wrong_command_line_is_one_sentence_and_exit_code_2(argv: list[str], said: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main(argv)
    assert caught.value.code == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1


def test_without_a_command_there_is_help(capsys: Capture) -> None:
    assert main([]) == 0
    said = capsys.readouterr()
    assert "usage: charlstm" in said.out
    assert all(command in said.out for command in ("train", "write", "score", "runs", "corpora", "devices"))
    assert said.err == ""


@pytest.mark.parametrize("command", ["train", "write", "score", "runs", "corpora"])
def test_every_command_has_help(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    assert f"charlstm {command}" in capsys.readouterr().out


@pytest.mark.parametrize("closed", ["<&- >&-", "2>&-"])
def test_output_to_closed_standard_streams_is_dropped(closed: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m model corpora {closed}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


def test_jax_is_not_needed_to_look_around() -> None:
    program = "import sys; from model.cli import main; main(['runs']); main(['corpora']); print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "False", done.stderr


# Corpora


def test_the_catalogue_is_listed(capsys: Capture) -> None:
    assert main(["corpora"]) == 0
    listed = capsys.readouterr().out
    assert all(entry.name in listed and entry.title in listed for entry in catalogue().values())
    assert "gutenberg:ID" in listed
    assert main(["corpora", "--json"]) == 0
    assert [record["name"] for record in records(capsys.readouterr().out)] == list(catalogue())


@pytest.mark.skipif(not NIETZSCHE.is_file(), reason="CHARLSTM_CORPORA has no nietzsche.txt")
def test_nietzsche_has_the_counts_of_the_exercise(capsys: Capture) -> None:
    assert main(["corpora", "nietzsche"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {"corpus length 600893", "sequences 200278", "unique characters 57"} <= set(lines)


def test_a_text_is_counted_as_it_is_opened(capsys: Capture) -> None:
    assert main(["corpora", "aphorisms", "--no-lowercase", "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    corpus = open_corpus("aphorisms")
    assert (record["characters"], record["distinct"]) == (len(corpus), len(corpus.alphabet))
    assert (record["name"], record["licence"]) == ("aphorisms", "CC0-1.0")
    assert main(["corpora", "aphorisms"]) == 0
    assert f"unique characters {len(open_corpus('aphorisms', lowercase=True).alphabet)}" in capsys.readouterr().out


def test_a_missing_text_is_explained_in_one_sentence(capsys: Capture, tmp_path: Path) -> None:
    assert "nitzsche" in refused(["corpora", "nitzsche"], capsys)
    refused(["corpora", str(tmp_path / "a\x1b[2J\nb\u202e")], capsys)


def test_control_sequences_in_names_never_reach_the_terminal(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J\u202eb.txt"
    path.write_text("to be or not to be, \x1b[31mthat is the question\x07\n" * 100)
    assert main(["corpora", str(path)]) == 0
    said = capsys.readouterr()
    assert plain(said.out) == said.out


# Runs


def test_an_empty_list_of_runs_is_explained(capsys: Capture, tmp_path: Path) -> None:
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert "Train one: charlstm train" in capsys.readouterr().out
    assert main(["runs", "--runs", str(tmp_path), "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_runs_are_listed_and_broken_ones_say_so(capsys: Capture, tmp_path: Path) -> None:
    run = create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    run.append_metrics(event_record(EpochEnd(3, 30, 2.0, 1.5, 2.164, 1.0, 100.0)))
    (tmp_path / "odd\x1b[2J").mkdir()
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    listed = capsys.readouterr().out
    assert plain(listed) == listed
    (line,) = [line for line in listed.splitlines() if line.startswith("first")]
    assert {"nietzsche", "fast", f"3/{FAST.epochs}", "1.5000", "2.164"} <= set(line.split())
    assert "(broken)" in listed
    assert "recipe.toml cannot be read" in listed
    assert main(["runs", "--runs", str(tmp_path), "--json"]) == 0
    found = {record["name"]: record for record in records(capsys.readouterr().out)}
    assert found["first"]["best_held_out"] == 1.5
    assert found["odd\x1b[2J"]["problem"]


def test_each_run_is_a_line_whatever_its_corpus_is_called(capsys: Capture, tmp_path: Path) -> None:
    create_run(tmp_path, "first", "two\nlines\tand\x1b[2J", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("\n") == 2


@pytest.mark.parametrize("number", ["1" + "0" * 400, "Infinity", "NaN", "-Infinity", "true", '"1.5"'])
def test_impossible_numbers_are_left_out_of_the_listing(capsys: Capture, tmp_path: Path, number: str) -> None:
    run = create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    line = '{"event": "epoch_end", "epoch": %s, "step": 20, "loss": 2, "held_out": %s, "bpc": 2, "seconds": 1, %s}\n'
    rest = '"characters_per_second": 10'
    (run.folder / "metrics.jsonl").write_text(line % (number, number, rest) + line % (2, 1.5, rest))
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert {f"2/{FAST.epochs}", "1.5000"} <= set(capsys.readouterr().out.split())


@pytest.fixture
def kept(tmp_path: Path) -> list[str]:
    """Where a run called first is kept, as options."""
    create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    return ["--runs", str(tmp_path)]


def names(kept: list[str]) -> list[str]:
    return sorted(path.name for path in Path(kept[1]).iterdir())


@pytest.mark.parametrize("before", [True, False])
def test_runs_rename_renames_a_run(capsys: Capture, kept: list[str], before: bool) -> None:
    order = [*kept, "rename", "first", "second"] if before else ["rename", "first", "second", *kept]
    assert main(["runs", *order]) == 0
    assert capsys.readouterr().out == "first is now second.\n"
    assert main(["runs", "rename", "second", "third", *kept, "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    assert (record["event"], record["run"], record["name"]) == ("renamed", "second", "third")
    assert names(kept) == ["third"]


def test_a_run_is_deleted_and_what_is_free_is_said(capsys: Capture, kept: list[str]) -> None:
    size = sum(path.stat().st_size for path in Path(kept[1], "first").rglob("*") if path.is_file())
    assert main(["runs", "delete", "first", "--yes", *kept, "--json"]) == 0
    assert records(capsys.readouterr().out) == [{"event": "deleted", "run": "first", "freed": size}]
    create_run(Path(kept[1]), "second", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    assert main(["runs", "delete", "second", "--yes", *kept]) == 0
    assert capsys.readouterr().out == f"Deleted second: {spell_size(size)} freed.\n"
    assert names(kept) == []


def test_without_a_terminal_nothing_is_deleted_unasked(capsys: Capture, kept: list[str]) -> None:
    assert "confirm with --yes" in refused(["runs", "delete", "first", *kept], capsys)
    assert names(kept) == ["first"]


@pytest.mark.parametrize(
    ("answer", "gone"), [("y", True), ("YES ", True), ("n", False), ("", False), ("yesterday", False)]
)
def test_on_a_terminal_deleting_asks_first(
    capsys: Capture, kept: list[str], monkeypatch: pytest.MonkeyPatch, answer: str, gone: bool
) -> None:
    typed = io.StringIO(f"{answer}\n")
    monkeypatch.setattr(typed, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", typed)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert main(["runs", "delete", "first", *kept]) == (0 if gone else 1)
    said = capsys.readouterr()
    assert said.err.startswith("Delete the run first (nietzsche, 0 epochs, ")
    assert said.err.endswith(") for good? [y/N] ")
    assert said.out.startswith("Deleted first" if gone else "Nothing was deleted.")
    assert names(kept) == ([] if gone else ["first"])


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["rename", "frist", "second"], "Did you mean first?"),
        (["rename", "first", "../second"], "'second' would do"),
        (["rename", "first", "latest"], "choose another name"),
        (["rename", "first", "first"], "already"),
        (["delete", "../first", "--yes"], "no run"),
        (["delete", "latest", "--yes"], "Give the run's own name, not 'latest': the run trained last is first."),
        (["rename", "latest", "second"], "the run trained last is first."),
        (["delete", "\x1b[2J", "--yes"], "no run"),
    ],
)
def test_an_impossible_rename_or_delete_is_explained_in_one_sentence(
    capsys: Capture, kept: list[str], order: list[str], said: str
) -> None:
    assert said in refused(["runs", *order, *kept], capsys)
    assert names(kept) == ["first"]


@pytest.mark.parametrize("command", [["write", "first"], ["score", "first", "aphorisms"]])
def test_an_unusable_run_is_explained_in_one_sentence(command: list[str], capsys: Capture, tmp_path: Path) -> None:
    where = ["--runs", str(tmp_path)]
    assert "no run" in refused([*command, *where], capsys)
    create_run(tmp_path, "first", "nietzsche", "fast", FAST, datetime(2026, 11, 23, tzinfo=UTC))
    assert "no checkpoint yet" in refused([*command, *where], capsys, code=1)


# What is printed


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_a_terminal_obeys_is_printed(text: str) -> None:
    shown = plain(text)
    assert len(shown) == len(text)
    assert plain(shown) == shown
    shown.encode()
    assert all(character >= " " or character in "\n\t" for character in shown)
    assert not set(shown) & set("\x7f\x85\x9b\u202e\u2066")


@pytest.mark.parametrize(
    ("size", "said"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (240_000, "240 kB"), (12_345_678_901, "12 GB")]
)
def test_sizes_are_short(size: int, said: str) -> None:
    assert spell_size(size) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(-5, "0 s"), (59, "59 s"), (61, "1 min"), (7200, "2 h"), (200_000, "2 d")]
)
def test_ages_are_short(seconds: float, said: str) -> None:
    assert spell_age(seconds) == said


@pytest.mark.skipif(os.name == "nt", reason="pipes end otherwise there")
def test_a_closed_output_pipe_is_not_an_error() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "model", "corpora"], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as listing:
        assert listing.stdout is not None
        assert listing.stderr is not None
        listing.stdout.close()
        assert listing.stderr.read() == b""
        assert listing.wait(300) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_output_to_a_full_disk_is_explained_in_one_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "model", "corpora"], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr
