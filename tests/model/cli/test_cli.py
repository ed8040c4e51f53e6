"""`charlstm` itself: its command line, and the command `corpora`."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from corpora import ReadAs, open_corpus
from corpora.catalogue import catalogue
from model.cli import main
from model.cli.console import plain
from tests.model.cli.answers import Capture, records, refused
from tests.signals import heeded_signals

ROOT = Path(__file__).parents[3]
NIETZSCHE = Path(os.environ.get("CHARLSTM_CORPORA", "nowhere"), "nietzsche.txt")


# The command line


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["trian"], "did you mean train?"),
        (["sing"], "choose one of: train, write, odds, score, units, baselines, runs, corpora, devices"),
        (["train", "--hiden", "3"], "did you mean --hidden"),
        (["train", "--hidden", "0"], "--hidden is 0"),
        (["train", "--max-seconds", "0"], "more than 0"),
        (["write"], "RUN"),
        (["write", "r", "--temperature", "hot"], "'hot' is not a number"),
        (["write", "r", "--temperature", "-1"], "from 0 to 100"),
        (["write", "r", "--temperature", "nan"], "not a number"),
        (["write", "r", "--length", "-1"], "from 1"),
        (["write", "r", "--random-seed", str(1 << 64)], "--random-seed"),
        (["write", "r", "--weights", "worst"], "worst"),
        (["score", "r"], "FILE"),
        (["corpora", "book.txt", "--encoding", "ansi"], "Did you mean cp1252?"),
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


@pytest.mark.parametrize("command", ["train", "write", "odds", "compare", "baselines", "score", "runs", "corpora"])
def test_every_command_has_help(command: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert f"charlstm {command}" in said
    assert "words: words" not in said, "that is its name"
    assert ("dry, top-n-sigma, top-k" in " ".join(said.split())) == (
        command in {"write", "odds", "compare", "baselines"}
    ), "the order is told"


@pytest.mark.parametrize("closed", ["<&- >&-", "2>&-"])
def test_output_to_closed_standard_streams_is_dropped(closed: str) -> None:
    line = f"{shlex.quote(sys.executable)} -m model corpora {closed}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stderr) == (0, "")


def test_jax_is_not_needed_to_look_around() -> None:
    program = "import sys; from model.cli import main; main(['runs']); main(['corpora']); print('jax' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.stdout.splitlines()[-1] == "False", done.stderr


_INTERRUPTED = {
    "while it is imported": """
class Finder:
    def find_spec(self, name, path, target=None):
        if name == "model.cli":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:  # as a native module may
                raise ImportError from None
sys.meta_path.insert(0, Finder())
""",
    "while garbage is collected": """
def collect(*_):
    gc.callbacks.remove(collect)
    signal.raise_signal(signal.SIGINT)
gc.callbacks.append(collect)
""",
}


@pytest.mark.parametrize("how", _INTERRUPTED)
@pytest.mark.parametrize("package", ["model", "tui"])
def test_an_interrupt_ends_the_program_without_a_word_as_soon_as_it_begins(package: str, how: str) -> None:
    program = f"""
import gc, signal, sys, time
from {package}.__main__ import main
{_INTERRUPTED[how].replace("model.cli", f"{package}.cli")}
sys.argv = ["charlstm", "--help"]
sys.stdout.write = lambda text: time.sleep(10)  # until the interrupt comes again
sys.exit(main())
"""
    with heeded_signals():
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


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
    exercise = ["corpus length 600893", "sequences 200278", "unique characters 57"]
    assert lines[-3:] == exercise
    assert "unique characters 84" in lines
    assert main(["corpora", "nietzsche", "--recipe", "notebook"]) == 0
    assert [line for line in capsys.readouterr().out.splitlines() if line in lines[-3:]] == exercise


def test_a_text_is_counted_as_a_recipe_reads_it(capsys: Capture) -> None:
    assert main(["corpora", "aphorisms", "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    corpus = open_corpus("aphorisms")
    assert (record["characters"], record["distinct"]) == (len(corpus), len(corpus.alphabet))
    assert (record["name"], record["licence"]) == ("aphorisms", "CC0-1.0")
    assert main(["corpora", "aphorisms"]) == 0
    said = capsys.readouterr().out
    assert f"unique characters {len(corpus.alphabet)}" in said
    assert "sequences" not in said
    assert main(["corpora", "aphorisms", "--recipe", "notebook"]) == 0
    alphabet = open_corpus("aphorisms", ReadAs(lowercase=True)).alphabet
    assert f"unique characters {len(alphabet)}" in capsys.readouterr().out


def test_a_text_is_told_to_be_too_short_to_train_on(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "short.txt"
    path.write_text("abc", encoding="utf-8")
    assert main(["corpora", str(path)]) == 1
    said = capsys.readouterr().out
    assert "The text is too short: there are 2 characters to train on" in said
    assert said.endswith("a batch of 4 with windows of 2 needs 9. Give a longer text.\n")
    assert main(["corpora", str(path), "--json"]) == 1
    assert "Give a longer text" in records(capsys.readouterr().out)[0]["advice"][0]


def test_a_large_alphabet_is_told_with_what_helps(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "characters.txt"
    path.write_text(
        "every letter and now and then " * 2000 + "".join(map(chr, range(0x4E00, 0x4EC8))), encoding="utf-8"
    )
    assert main(["corpora", str(path)]) == 0
    assert capsys.readouterr().out.endswith("Try --min-count 100\n")


def test_all_files_of_a_folder_are_in_the_record(capsys: Capture, tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"{number}.txt").write_text("some words\n", encoding="utf-8")
    (tmp_path / ".hidden").touch()
    assert main(["corpora", str(tmp_path), "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    assert record["files"] == [f"{number}.txt" for number in range(7)]
    assert record["skipped"] == {"are hidden": [".hidden"]}


def test_a_guessed_encoding_is_told_with_an_excerpt_and_overruled(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "book.txt"
    path.write_bytes("Příliš žluťoučký kůň úpěl ďábelské ódy.\n".encode("cp1250") * 30)
    assert main(["corpora", str(path), "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    assert (record["encoding"], record["excerpt"]) == ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy.")
    assert 0 < record["confidence"] < 1
    assert main(["corpora", str(path)]) == 0
    assert "a guess (confidence 0." in capsys.readouterr().out
    assert main(["corpora", str(path), "--encoding", "mac-latin2", "--json"]) == 0
    (record,) = records(capsys.readouterr().out)
    assert (record["encoding"], record["confidence"]) == ("mac-latin2", None)


def test_a_missing_text_is_explained_in_one_sentence(capsys: Capture, tmp_path: Path) -> None:
    assert "nitzsche" in refused(["corpora", "nitzsche"], capsys)
    refused(["corpora", str(tmp_path / "a\x1b[2J\nb\u202e")], capsys)


def test_control_sequences_in_names_never_reach_the_terminal(capsys: Capture, tmp_path: Path) -> None:
    path = tmp_path / "a\x1b[2J\u202eb.txt"
    path.write_text("to be or not to be, \x1b[31mthat is the question\x07\n" * 100)
    assert main(["corpora", str(path)]) == 0
    said = capsys.readouterr()
    assert plain(said.out) == said.out
