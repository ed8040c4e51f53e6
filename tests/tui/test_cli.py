"""`charlstm-tui`'s command line: what it takes, and what it says where no screen can be opened."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from model.recipe import NOTEBOOK
from tests.tui.terminal.driver import ROOT, PseudoTerminal
from tui.cli import launch_from, main, no_screen
from tui.launch import Launch

PROGRAM = [sys.executable, "-m", "tui"]


def launched(line: list[str]) -> Launch:
    """The launch, without what may be fitted to the text."""
    return replace(launch_from(line), free=frozenset())


def test_no_options_give_the_default_launch() -> None:
    assert launched([]) == Launch(choose_run=True)


def test_lists_of_numbers_are_taken_from_the_programs_own_command_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["charlstm-tui", "--temperatures", "0.2", "0.5", "1", "book.txt"])
    launch = launch_from(None)
    assert (launch.recipe.temperatures, launch.corpus) == ((0.2, 0.5, 1.0), ("book.txt",))


def test_every_option_reaches_the_launch() -> None:
    line = (
        "book.txt more --recipe notebook --hidden 16 --max-seconds 90 --runs here --name first --devices 2 "
        "--theme light --speed 200 --ascii --save-every 5 --log-every 7 --seed-text the\\n"
    )
    assert launched(line.split()) == Launch(
        corpus=("book.txt", "more"),
        recipe_name="notebook",
        recipe=replace(NOTEBOOK, hidden=16),
        speed=200,
        theme="light",
        ascii=True,
        runs=Path("here"),
        name="first",
        max_seconds=90,
        devices=2,
        save_every=5,
        log_every=7,
        seed_text="the\n",
    )


@pytest.mark.parametrize("line", ["book.txt", "--name first", "--recipe best", "--hidden 16", "--resume", "--resume x"])
def test_an_unfinished_run_is_offered_only_without_other_options(line: str) -> None:
    assert not launch_from(line.split()).choose_run
    assert launch_from(["--speed", "10", "--theme", "light", "--runs", "here"]).choose_run


def test_the_run_to_resume_may_be_named() -> None:
    assert launch_from([]).resume is None
    assert launch_from(["--resume"]).resume == ""
    assert launch_from(["-", "--resume", "first"]) == Launch(corpus=("-",), resume="first")


def test_a_run_to_watch_is_named() -> None:
    assert launched(["--watch", "first", "--runs", "here"]) == Launch(watch="first", runs=Path("here"))
    assert launched(["--watch", "first", "--seed-text", "the"]) == Launch(watch="first", seed_text="the")


def test_watching_a_missing_run_is_explained_in_one_sentence(tmp_path: Path) -> None:
    with PseudoTerminal([*PROGRAM, "--watch", "nosuch", "--runs", str(tmp_path)]) as terminal:
        assert terminal.wait_exit() == 2
        assert "charlstm-tui: There is no run 'nosuch' in" in terminal.screen
        assert b"\x1b" not in terminal.raw


def test_the_speed_may_be_unlimited() -> None:
    assert launch_from(["--speed", "unlimited"]).speed is None


def test_a_home_folder_is_understood_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/somewhere")
    assert launch_from(["--runs", "~/runs"]).runs == Path("/somewhere/runs")


def test_the_home_folder_of_an_unknown_user_is_a_plain_name() -> None:
    assert launch_from(["--runs", "~nobody-of-that-name/runs"]).runs == Path("~nobody-of-that-name/runs")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("--sped 3", "there is no option --sped; did you mean --speed?"),
        ("--speed 0", "0 is too small; give more than 0."),
        ("--speed fast", "'fast' is not a number."),
        ("--theme grey", "invalid choice: 'grey'"),
        (
            "--resume --hidden 16 --name x",
            "a resumed run keeps its recipe and its name: leave out --hidden and",
        ),
        (
            "book.txt --watch x --resume y --name z --hidden 16 --save-every 3",
            "another program trains a watched run: leave out CORPUS, --hidden, --name, --resume and",
        ),
        ("--watch x --devices 2", "another program trains a watched run: leave out --devices."),
        ("--watch", "expected one argument"),
        ("runs", "there is no text 'runs'; did you mean the command 'charlstm runs'?"),
        ("trian book.txt", "there is no text 'trian'; did you mean the command 'charlstm train book.txt'?"),
        ("--hidden 0", "--hidden is 0; it must be between 1 and 8192."),
    ],
)
def test_a_wrong_command_line_is_explained(capsys: pytest.CaptureFixture[str], line: str, sentence: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(line.split())
    assert ended.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_text_that_is_called_like_a_command_can_be_trained_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("runs").write_text("a text")
    assert launch_from(["runs"]).corpus == ("runs",)
    assert launch_from(["nietzsche"]).corpus == ("nietzsche",)


def test_a_lesson_begins_with_its_text_and_recipe() -> None:
    launch = launch_from(["--lesson", "by-heart", "--runs", "here", "--theme", "light"])
    assert (launch.corpus, launch.recipe.text_length, launch.stem) == (("aphorisms",), 10_000, "lesson-by-heart")
    assert (launch.lesson, launch.runs, launch.theme, launch.choose_run) == ("by-heart", Path("here"), "light", False)


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        ("--lesson", 0, "temperature      4 min"),
        ("--lesson temprature", 2, "There is no lesson 'temprature'. Did you mean temperature?"),
        ("--lesson zzz", 2, "by-heart"),
        ("book.txt --lesson collapse --rate 2", 2, "leave out CORPUS and --rate"),
        ("--lesson collapse --resume", 2, "leave out --resume"),
    ],
)
def test_lessons_are_listed_and_bring_what_they_need(
    capsys: pytest.CaptureFixture[str], line: str, code: int, said: str
) -> None:
    with pytest.raises(SystemExit) as ended:
        launch_from(line.split())
    assert ended.value.code == code
    answer = capsys.readouterr()
    assert said in (answer.err if code else answer.out)


def test_every_theme_can_be_asked_for() -> None:
    from tui.themes import THEMES

    assert {launch_from(["--theme", name]).theme for name in THEMES} == set(THEMES)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_and_version_need_no_terminal(option: str) -> None:
    done = subprocess.run([*PROGRAM, option], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0
    assert "charlstm" in done.stdout
    assert not done.stderr


def test_without_a_terminal_one_sentence_points_to_the_program_that_needs_none() -> None:
    environment = os.environ | {"TERM": "xterm"}
    done = subprocess.run(PROGRAM, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 2
    assert not done.stdout
    assert done.stderr == (
        "charlstm-tui needs a terminal to draw on, and standard output is not one. "
        "To train without a screen, use: charlstm train\n"
    )


@pytest.mark.parametrize("closed", ["<&- >&-", ">&-"])
def test_closed_standard_streams_are_no_terminal(closed: str) -> None:
    line = f"{' '.join(PROGRAM)} {closed}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "charlstm train" in done.stderr


def test_a_terminal_that_cannot_move_its_cursor_is_refused() -> None:
    with PseudoTerminal(PROGRAM, environment={"TERM": "dumb"}) as terminal:
        assert terminal.wait_exit() == 2
        assert "TERM is dumb" in terminal.screen
        assert "charlstm train" in terminal.screen
        assert b"\x1b" not in terminal.raw


def test_without_a_keyboard_the_screen_is_refused() -> None:
    with PseudoTerminal(["bash", "-c", f"{' '.join(PROGRAM)} < /dev/null"]) as terminal:
        assert terminal.wait_exit() == 2
        assert "to train on standard input, give - as the text" in terminal.screen


@pytest.mark.parametrize(("given", "said"), [("<&-", "Nothing is piped into"), ("0>kept", "standard input cannot be")])
def test_standard_input_that_cannot_be_read_is_said(tmp_path: Path, given: str, said: str) -> None:
    line = f"{' '.join(PROGRAM)} - {given.replace('kept', str(tmp_path / 'kept'))}"
    with PseudoTerminal(["bash", "-c", line]) as terminal:
        assert terminal.wait_exit() == 2
        assert said in terminal.screen
        assert "Traceback" not in terminal.screen


def test_piped_text_needs_a_terminal_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)

    def refuse(path: str, flags: int) -> int:
        raise OSError(6, "No such device or address")

    monkeypatch.setattr("os.open", refuse)
    assert "there is none behind standard input" in (no_screen({}, piped=True) or "")


def test_all_that_hinders_a_screen_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.cli._is_terminal", lambda stream: False)
    said = no_screen({"TERM": "dumb"}, piped=False) or ""
    assert said.endswith("standard output is not one. Its cursor must move, too, and TERM is dumb.")


def test_a_refusal_comes_before_anything_heavy_is_imported() -> None:
    code = "import sys, tui.cli; tui.cli.main([]); print({'textual', 'jax', 'numpy', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=240)
    assert done.stdout == "set()\n"


def test_a_frame_waits_for_less_than_a_hundredth_of_a_second() -> None:
    code = """
import tui.cli, tui.terminal.error_log
from tui.launch import Launch

def end(path):
    from textual import constants
    raise SystemExit(constants.MAX_FPS)

tui.terminal.error_log.ErrorLog = end
tui.cli._open(Launch())
"""
    environment = {name: value for name, value in os.environ.items() if name != "TEXTUAL_FPS"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, timeout=240)
    assert done.returncode > 100
