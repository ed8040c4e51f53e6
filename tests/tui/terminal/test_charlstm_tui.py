"""The whole program on a real terminal: it learns, writes, answers keys and leaves the terminal as it was."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model.runs.folder import Run
from tests.tui.terminal.driver import PseudoTerminal, Watched
from tests.tui.terminal.looking_back import look_back_and_branch, walk_two_epochs_back
from tests.tui.terminal.tmux import PROMPT, Tmux

PROGRAM = [sys.executable, "-m", "tui"]
SMALL = ["aphorisms", "--hidden", "16"]
FOOTER = "q quit"
ON_AT_REST = {7, 25}
"""Private modes of a terminal as programs expect it: line wrap and a visible cursor."""

SHOWING = re.compile(r"── epoch [1-9]")
"""The heading of what weights that have learned write."""

EPOCH_ENDED = re.compile(r"│ +\d+ +\d\.\d{4} +\d\.\d{4}")
"""A row of the table of epochs."""

LEARNING_SECONDS = 240.0
"""For what JAX must be imported and compiled."""

Send = Callable[[str], None]


def logs(home: Path) -> str:
    return "".join(path.read_text() for path in home.rglob("charlstm-tui.log"))


def assert_at_rest(terminal: PseudoTerminal, settings: list[object]) -> None:
    assert terminal.decoded.modes <= ON_AT_REST
    assert terminal.decoded.keyboard_protocol == 0
    assert terminal.settings() == settings


def real_text() -> str:
    """The default corpus where it is at hand, otherwise the project's own prose."""
    folder = os.environ.get("CHARLSTM_CORPORA")
    return "nietzsche" if folder and (Path(folder) / "nietzsche.txt").exists() else "aphorisms"


def writing(screen: str) -> list[str]:
    """The rows of the writing pane, which is the one on the right."""
    return [row.rstrip("│").rpartition("││")[2].strip() for row in screen.split("\n") if "││" in row]


def newest_sample(screen: str) -> str:
    """What stands under the last heading."""
    rows = writing(screen)
    starts = [at for at, row in enumerate(rows) if row.startswith("── epoch")]
    return "\n".join(rows[starts[-1] :]).strip() if starts else ""


def watch_it_learn_and_steer(terminal: Watched, send: Send) -> None:
    """From the first frame to just before `q`."""
    terminal.wait_for(FOOTER)
    four = [f"─ {temperature} ─" for temperature in ("0.50", "1.00", "1.20")]
    terminal.wait_until(lambda: all(header in terminal.screen for header in four), what="four streams")
    terminal.wait_for("▸ 0.20 ━")
    send("z")
    terminal.wait_until(lambda: not any(header in terminal.screen for header in four), what="one stream alone")
    terminal.wait_until(lambda: EPOCH_ENDED.search(terminal.screen), LEARNING_SECONDS, "the end of an epoch")
    terminal.wait_until(lambda: SHOWING.match(newest_sample(terminal.screen)), LEARNING_SECONDS, "an epoch's showing")
    beginning = newest_sample(terminal.screen)
    longer = len(beginning) + 10
    terminal.wait_until(lambda: len(newest_sample(terminal.screen)) >= longer, what="ten more characters")

    assert "▸" not in beginning
    send("4")
    terminal.wait_for("▸ 1.20 ━")
    written_at_it = re.compile(r"▸1\.20\s*\S")
    terminal.wait_until(lambda: written_at_it.search(newest_sample(terminal.screen)), what="text after the mark")

    steered, mark, _ = newest_sample(terminal.screen).partition("▸")
    assert mark
    send("r")

    def another() -> bool:
        sample = newest_sample(terminal.screen)
        return bool(sample) and not sample.startswith(steered) and mark not in sample

    terminal.wait_until(another, what="a sample from another seed")
    send("z")
    send("\t")
    terminal.wait_for("▸ 0.50 ━")
    terminal.wait_for("─ 1.20 ─")
    look_back_and_branch(terminal, send)
    walk_two_epochs_back(terminal, send)
    terminal.wait_for(FOOTER)


def wait_for_an_epoch(terminal: Watched) -> None:
    """Until something is being learned."""
    terminal.wait_until(lambda: re.search(r"epoch \d+ of", terminal.screen), LEARNING_SECONDS, "an epoch")


def learning(home: Path, name: str) -> list[str]:
    """A tiny recipe that does not end by itself; each sample takes ten seconds, time to change it in the middle.

    On one device, so that it leaves a processor core to others.
    """
    shutil.rmtree(home / "runs" / name, ignore_errors=True)  # of a test that is run once more
    options = ["--hidden", "16", "--epochs", "5000", "--sample-length", "2000", "--speed", "200", "--devices", "1"]
    return [*PROGRAM, real_text(), *options, "--runs", str(home / "runs"), "--name", name]


@pytest.mark.slow  # the same walk in tmux is not
def test_it_learns_writes_and_answers_on_a_pty(home: Path, environment: dict[str, str]) -> None:
    with PseudoTerminal(learning(home, "pty"), environment=environment) as terminal:
        settings = terminal.settings()
        watch_it_learn_and_steer(terminal, terminal.send)
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert_at_rest(terminal, settings)
        assert f"Trained on {real_text()}: " in terminal.screen
        assert "Best held-out loss" in terminal.screen
        assert f"charlstm write {home / 'runs' / 'pty'}" in terminal.screen.replace("\n", "")
    assert (home / "runs" / "pty" / "recipe.toml").is_file()
    assert list((home / "runs" / "pty" / "checkpoints").glob("*.safetensors"))
    assert "Traceback" not in logs(home)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_it_learns_writes_and_answers_in_tmux(home: Path, environment: dict[str, str]) -> None:
    with Tmux(environment) as tmux:
        settings, flags = tmux.output_of("stty -a"), tmux.flags()
        tmux.run("clear; " + " ".join(learning(home, "tmux")))
        watch_it_learn_and_steer(tmux, tmux.send)
        assert tmux.flags()["alternate_on"] == "1"
        tmux.send("q")
        tmux.wait_for(PROMPT)
        assert "Trained on " in tmux.screen
        assert tmux.flags() == flags
        assert tmux.output_of("stty -a") == settings


@pytest.mark.parametrize("keys", ["q", "\x11"], ids=["q", "ctrl+q"])
def test_keys_quit_while_the_engine_is_still_getting_ready(keys: str, environment: dict[str, str]) -> None:
    with PseudoTerminal([*PROGRAM, *SMALL], environment=environment) as terminal:
        settings = terminal.settings()
        terminal.wait_for(FOOTER)
        terminal.send(keys)
        assert terminal.wait_exit() == 0
        assert_at_rest(terminal, settings)


SIGNALS = [(signal.SIGINT, 130), (signal.SIGHUP, 129)]
"""Those that `test_tty` sends to a tiny app as well, where they end it in the same way."""


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), *(pytest.param(*each, marks=pytest.mark.slow) for each in SIGNALS)],
    ids=str,
)
def test_signals_in_the_middle_of_learning_restore_the_terminal(
    number: signal.Signals, code: int, home: Path, environment: dict[str, str]
) -> None:
    with PseudoTerminal([*PROGRAM, *SMALL], environment=environment) as terminal:
        settings = terminal.settings()
        wait_for_an_epoch(terminal)
        terminal.kill(number)
        assert terminal.wait_exit() == code
        assert_at_rest(terminal, settings)
        terminal.wait_for("Saved in")
    assert "Traceback" not in logs(home)


def test_a_closed_window_ends_the_program(home: Path, environment: dict[str, str]) -> None:
    with PseudoTerminal([*PROGRAM, *SMALL], environment=environment) as terminal:
        terminal.wait_for(FOOTER)
        terminal.hang_up()
        assert terminal.wait_exit() == 129
    assert "Traceback" not in logs(home)


def test_ctrl_z_and_fg_come_back_to_the_same_screen(environment: dict[str, str]) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with PseudoTerminal(shell, environment={**environment, "PS1": PROMPT + " "}) as terminal:
        terminal.wait_for(PROMPT)
        terminal.send(" ".join([*PROGRAM, *SMALL]) + "\r")
        terminal.wait_for(FOOTER)
        terminal.send("\x1a")
        terminal.wait_for("Stopped")
        assert 1049 not in terminal.decoded.modes
        terminal.send("clear; echo a | tr a b\r")
        terminal.wait_for(f"b\n{PROMPT}")
        terminal.send("fg\r")
        terminal.wait_for(FOOTER)
        assert "Writing" in terminal.screen
        terminal.send("q")
        terminal.wait_gone(FOOTER)
        terminal.wait_for_end(PROMPT)  # what is typed before is thrown away with the program's keys
        terminal.send("echo code $?\r")
        terminal.wait_for("\ncode 0")


def test_without_colours_nothing_has_one(environment: dict[str, str]) -> None:
    with PseudoTerminal([*PROGRAM, *SMALL], environment={**environment, "NO_COLOR": "1"}) as terminal:
        terminal.wait_until(
            lambda: re.search("compiling|epoch", terminal.screen), LEARNING_SECONDS, "the engine at work"
        )
        terminal.send("q")
        assert terminal.wait_exit() == 0
        colours = re.findall(rb"[34]8;2;(\d+);(\d+);(\d+)", bytes(terminal.raw))
        assert all(red == green == blue for red, green, blue in colours)


def test_a_small_terminal_is_told_so_and_a_larger_one_gets_the_panes(environment: dict[str, str]) -> None:
    with PseudoTerminal([*PROGRAM, *SMALL], environment=environment, columns=39, lines=11) as terminal:
        terminal.wait_for("A little more room, please.")
        terminal.resize(80, 24)
        terminal.wait_for(FOOTER)
        assert "Training" in terminal.screen
        assert "Writing" in terminal.screen
        terminal.resize(39, 11)
        terminal.wait_for("A little more room, please.")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_an_engine_that_fails_leaves_code_1_and_a_sentence(environment: dict[str, str]) -> None:
    with PseudoTerminal([*PROGRAM, "/no/such/book.txt"], environment=environment) as terminal:
        settings = terminal.settings()
        terminal.wait_for("Something went wrong")
        terminal.wait_for("/no/such/book.txt")
        terminal.send("q")
        assert terminal.wait_exit() == 1
        assert_at_rest(terminal, settings)
        assert "/no/such/book.txt" in terminal.screen
        assert "log" not in terminal.screen, "whoever mistypes a name needs no log"
        assert "Traceback" not in terminal.screen


def test_text_that_is_piped_in_is_learned_while_keys_come_from_the_terminal(environment: dict[str, str]) -> None:
    command = f"cat corpora/aphorisms.txt | {' '.join(PROGRAM)} - --hidden 16"
    with PseudoTerminal(["bash", "-c", command], environment=environment) as terminal:
        terminal.wait_for("characters")
        terminal.send("q")
        assert terminal.wait_exit() == 0


def last_epoch(screen: str) -> int:
    """The number of the newest row in the list of epochs; small networks push a row out of it in a second."""
    return max(map(int, re.findall(r"│ +(\d+) +\d\.\d{4}", screen)), default=0)


def test_a_killed_run_resumes_where_it_was_saved(tmp_path: Path, environment: dict[str, str]) -> None:
    runs = ["--runs", str(tmp_path)]
    slow = ["aphorisms", "--recipe", "notebook"]  # a second an epoch: each has a column of the chart to itself
    options = ["--epochs", "100000", "--save-every", "1", "--log-every", "5", "--name", "killed"]
    with PseudoTerminal([*PROGRAM, *slow, *options, *runs], environment=environment) as terminal:
        terminal.wait_until(lambda: last_epoch(terminal.screen) >= 1, LEARNING_SECONDS, "the end of an epoch")
        terminal.wait_for("saved at step")
        terminal.kill(signal.SIGKILL)
        assert terminal.wait_exit(60) == -signal.SIGKILL
    saved = Run(tmp_path / "killed").load("newest").manifest
    assert saved.step > 0
    goes_on = re.compile(rf"resumed at step {saved.step:,}\b")

    with PseudoTerminal([*PROGRAM, "--resume", *runs], environment=environment) as terminal:
        terminal.wait_until(lambda: goes_on.search(terminal.screen), LEARNING_SECONDS, "the place where it goes on")
        later = saved.cursor.epoch + 1
        terminal.wait_until(lambda: last_epoch(terminal.screen) >= later, LEARNING_SECONDS, "the end of the next epoch")
        terminal.wait_until(lambda: "⠶⠒⠶ held-out" in terminal.screen, what="the chart")
        terminal.send("q")
        assert terminal.wait_exit(60) == 0
        assert "To resume it: charlstm-tui --resume" in terminal.screen
    epochs = [end.epoch for end in Run(tmp_path / "killed").view().epoch_ends]
    assert epochs == list(range(1, len(epochs) + 1))

    with PseudoTerminal([*PROGRAM, *runs], environment=environment) as terminal:
        terminal.wait_for("Enter resumes training where it was saved last.", 60)
        assert "▸ killed" in terminal.screen
        terminal.send("\r")
        terminal.wait_for("resumed at step", LEARNING_SECONDS)
        terminal.send("q")
        assert terminal.wait_exit(60) == 0


def test_a_missing_run_is_explained_on_the_shell(tmp_path: Path, environment: dict[str, str]) -> None:
    with PseudoTerminal([*PROGRAM, "--resume", "nosuch", "--runs", str(tmp_path)], environment=environment) as terminal:
        assert terminal.wait_exit(60) == 2
        assert "charlstm-tui: There is no run 'nosuch' in" in terminal.screen
        assert 1049 not in terminal.decoded.modes
