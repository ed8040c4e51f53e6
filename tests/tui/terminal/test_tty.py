"""What `tui.terminal` promises, with a tiny app on a real pty and a real shell around it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from pathlib import Path

import pytest

from tests.patience import PATIENCE
from tests.tui.terminal.driver import PseudoTerminal
from tests.tui.terminal.tmux import Tmux

TINY = [sys.executable, "-m", "tests.tui.terminal.tiny_app"]
HERE = "tiny app is here"
LEFT_ON = {7, 25}
"""Private modes of a terminal as programs expect it: line wrap and a visible cursor."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "tui.log"


def assert_left_as_found(terminal: PseudoTerminal, settings: list[object]) -> None:
    assert terminal.decoded.modes <= LEFT_ON
    assert terminal.decoded.keyboard_protocol == 0
    assert terminal.settings() == settings


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=str
)
def test_signals_end_the_app_and_restore_the_terminal(log: Path, number: signal.Signals, code: int) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        settings = terminal.settings()
        terminal.wait_for(HERE)
        assert {1049, 1000, 2004} <= terminal.decoded.modes
        terminal.kill(number)
        assert terminal.wait_exit() == code
        assert_left_as_found(terminal, settings)
        assert f"over with {code}" in terminal.screen
        assert HERE not in terminal.screen


def test_a_key_that_quits_restores_the_terminal(log: Path) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        settings = terminal.settings()
        terminal.wait_for(HERE)
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert_left_as_found(terminal, settings)


@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_a_window_that_grew_keeps_nothing_of_the_screen(log: Path) -> None:
    with Tmux({}, columns=80, lines=24) as tmux:
        tmux.run(f"clear; {' '.join(TINY)} {log}")
        tmux.wait_for(HERE)
        tmux.resize(120, 40)
        tmux.wait_for("120x40")
        tmux.send("q")
        tmux.wait_for("over with 0")
        assert HERE not in tmux.screen


def test_a_closed_terminal_ends_the_app(log: Path) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        terminal.wait_for(HERE)
        terminal.hang_up()
        assert terminal.wait_exit() == 129
    assert "Traceback" not in log.read_text()


def test_a_closed_terminal_ends_the_app_even_where_hangups_are_ignored(log: Path) -> None:
    command = f"trap '' HUP; exec {sys.executable} -m tests.tui.terminal.tiny_app {log}"
    with PseudoTerminal(["bash", "-c", command]) as terminal:
        terminal.wait_for(HERE)
        terminal.hang_up()
        assert terminal.wait_exit() == 129


def test_an_exception_in_the_app_is_in_the_log_and_not_on_the_screen(log: Path) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        settings = terminal.settings()
        terminal.wait_for(HERE)
        terminal.send("x")
        assert terminal.wait_exit() == 1
        assert_left_as_found(terminal, settings)
        assert b"ZeroDivisionError" not in terminal.raw
    assert "ZeroDivisionError: seen only in the log" in log.read_text()


def test_native_libraries_write_to_the_log_and_not_on_the_screen(log: Path) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        terminal.wait_for(HERE)
        terminal.send("n")
        terminal.wait_for("spoken")
        terminal.send("q")
        assert terminal.wait_exit() == 0
        assert b"speaks" not in terminal.raw
    assert "a native library speaks" in log.read_text()


def test_standard_error_that_goes_elsewhere_gets_this_launchs_text(log: Path, tmp_path: Path) -> None:
    log.parent.mkdir()
    log.write_text("an earlier launch\n")
    errors = tmp_path / "errors.txt"
    with PseudoTerminal(["bash", "-c", f"{' '.join(TINY)} {log} 2>{errors}"]) as terminal:
        terminal.wait_for(HERE)
        terminal.send("n")
        terminal.wait_for("spoken")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert errors.read_text() == "a native library speaks\n"


def test_a_log_that_cannot_be_written_gives_way_to_a_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file where the folder should be")
    with PseudoTerminal([*TINY, str(tmp_path / "logs" / "tui.log")], environment={"TMPDIR": str(tmp_path)}) as t:
        t.wait_for(HERE)
        t.send("q")
        assert t.wait_exit() == 0
    assert list(tmp_path.glob("charlstm-tui-*.log"))


def test_a_large_log_is_put_aside(log: Path) -> None:
    log.parent.mkdir()
    log.write_text("x" * 1_000_001)
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        terminal.wait_for(HERE)
        terminal.send("q")
        assert terminal.wait_exit() == 0
    assert log.stat().st_size == 0
    assert log.with_suffix(".old.log").stat().st_size == 1_000_001


@pytest.mark.parametrize("how", ["abort", "kill"])
def test_a_crash_restores_the_terminal(log: Path, how: str) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        settings = terminal.settings()
        terminal.wait_for(HERE)
        terminal.watch(1)  # the process that restores the terminal starts with the first frame
        if how == "abort":
            terminal.send("n")
            terminal.wait_for("spoken")
            terminal.send("a")
        else:
            terminal.kill(signal.SIGKILL)
        assert terminal.wait_exit() == (-signal.SIGABRT if how == "abort" else -signal.SIGKILL)
        terminal.wait_for("charlstm-tui was killed, from outside or by a native library")
        assert ("a native library speaks" in terminal.screen) == (how == "abort")
        assert_left_as_found(terminal, settings)


class Shell(PseudoTerminal):
    """An interactive shell, to suspend programs in."""

    def __init__(self) -> None:
        environment = {"PS1": "prompt> ", "BASH_SILENCE_DEPRECATION_WARNING": "1", "INPUTRC": "/dev/null"}
        super().__init__(["bash", "--norc", "--noprofile", "-i"], environment=environment)
        self.wait_for("prompt>")

    def run(self, command: str) -> None:
        """Type a command when the shell asks for one: what is typed to a program that ends is thrown away."""
        self.wait_for_end("prompt>")
        self.send(command + "\r")


@pytest.mark.parametrize("wrapped", [False, True], ids=["alone", "inside another process"])
def test_ctrl_z_gives_the_terminal_back_and_fg_repaints(log: Path, wrapped: bool) -> None:
    command = " ".join([*TINY, str(log)])
    with Shell() as shell:
        shell.run("stty -a > /dev/null; echo ready")
        shell.wait_for("\nready")
        shell.run(f"bash -c '{command}; exit $?'" if wrapped else command)
        shell.wait_for(HERE)
        for _ in range(2):
            shell.send("z")
            shell.wait_for("Stopped")
            assert shell.decoded.modes & {1049, 1000, 1003} == set()
            assert shell.decoded.keyboard_protocol == 0
            shell.run("clear; echo a | tr a b")
            shell.wait_for("b\nprompt>")
            shell.run("fg")
            shell.wait_for(HERE)
            assert {1049, 1000} <= shell.decoded.modes
        shell.send("q")
        shell.wait_for("over with 0")
        shell.run("echo code $?")
        shell.wait_for("\ncode 0")


def test_bg_and_fg_do_not_take_the_terminal_from_the_shell(log: Path) -> None:
    with Shell() as shell:
        shell.run(" ".join([*TINY, str(log)]))
        shell.wait_for(HERE)
        shell.send("z")
        shell.wait_for("Stopped")
        shell.run("bg")
        shell.run("echo still in the shell")
        shell.wait_for("\nstill in the shell")
        assert 1049 not in shell.decoded.modes
        shell.run("fg")
        shell.wait_for(HERE)
        shell.send("q")
        shell.wait_for("over with 0")


def test_a_launch_in_the_background_waits_for_fg(log: Path) -> None:
    with Shell() as shell:
        shell.run(" ".join([*TINY, str(log), "&"]))
        shell.run("sleep 1; echo slept")
        shell.wait_for("\nslept")
        assert 1049 not in shell.decoded.modes
        shell.run("fg")
        shell.wait_for(HERE)
        shell.send("q")
        shell.wait_for("over with 0")


def have_spoken(program: Shell | PseudoTerminal) -> None:
    """Press the key until it is heard: what is typed while the program repaints is thrown away."""
    for _ in range(round(PATIENCE)):
        program.send("n")
        program.watch(1.0)
        if "spoken" in program.screen:
            return
    raise AssertionError(program.screen)


def test_a_stop_from_outside_is_followed_by_a_repaint_and_a_clean_end(log: Path) -> None:
    with Shell() as shell:
        shell.run(" ".join([*TINY, str(log)]))
        shell.wait_for(HERE)
        number = log.parent.joinpath("process")
        shell.send("z")
        shell.wait_for("Stopped")
        shell.run(f"jobs -p > {number}; echo noted")
        shell.wait_for("\nnoted")
        shell.run("fg")
        shell.wait_for(HERE)
        os.kill(int(number.read_text()), signal.SIGSTOP)
        shell.wait_for("Stopped")
        shell.run("clear; echo a | tr a b")
        shell.wait_for("b\nprompt>")
        shell.run("fg")
        shell.wait_for(HERE)
        have_spoken(shell)
        shell.send("q")
        shell.wait_for("over with 0")
        assert shell.decoded.modes & {1049, 1000, 1003} == set()
        shell.run("stty -a | grep -c ' echo '; echo done")
        shell.wait_for("\n1\ndone")


def test_ctrl_z_does_nothing_without_a_shell(log: Path) -> None:
    with PseudoTerminal([*TINY, str(log)]) as terminal:
        terminal.wait_for(HERE)
        terminal.send("z")
        have_spoken(terminal)
        terminal.send("q")
        assert terminal.wait_exit() == 0


def test_text_may_be_piped_in_and_keys_still_come_from_the_terminal(tmp_path: Path) -> None:
    code = (
        "import os; from tui.terminal.descriptors import take_standard_input\n"
        "text = take_standard_input()\n"
        "print('lines', text.count(b'\\n') % 50000, flush=True); print('key', os.read(0, 1), os.isatty(0))"
    )
    seen = tmp_path / "seen"
    endless = f"while [ ! -e {seen} ]; do yes | head -c 100000; sleep 0.1; done"
    with PseudoTerminal(["bash", "-c", f'({endless}) | {sys.executable} -c "{code}"']) as terminal:
        terminal.wait_for("reading standard input")
        terminal.wait_for(" MB")
        seen.touch()
        terminal.wait_for("lines 0")
        assert "standard input" not in terminal.screen
        terminal.send("k\n")
        terminal.wait_for("key b'k' True")
        assert terminal.wait_exit() == 0
