"""A training by many processes on the screen: process 0 is a program of its own, which the screen watches."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.message import Message
from textual.pilot import Pilot

from corpora import catalogue
from model.options.training_options import command_line
from model.runs.folder import Run
from tests.model.processes import end, free_port, start
from tests.model.runs.made_runs import metrics_of
from tests.patience import PATIENCE
from tests.tui.driving import run_app, until, until_shown
from tui.app import CharLSTMApp
from tui.cli import launch_from
from tui.engine.multiprocess_engine import MultiprocessEngine

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="loopback collectives are tried on Linux alone")

TEXT = str(Path(catalogue.__file__).parent / "aphorisms.txt")
TINY = ["--hidden", "8", "--batch", "8", "--window", "8", "--epochs", "100000", "--save-every", "1", "--devices", "1"]
SIZE = (120, 40)

Capture = pytest.CaptureFixture[str]


def shared(runs: Path) -> list[str]:
    """What both command lines say."""
    joining = ["--coordinator", f"127.0.0.1:{free_port()}", "--processes", "2", "--heartbeat", "5"]
    return [TEXT, *TINY, "--runs", str(runs), "--name", "many", *joining]


@contextmanager
def follower(arguments: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = start([*arguments, "--process", "1"])
    try:
        yield process
    finally:
        if process.returncode is None:  # nobody has awaited its end
            process.kill()
            process.communicate()


def screen(arguments: list[str]) -> CharLSTMApp:
    """As the command line opens it."""
    launch = launch_from(["--theme", "light", *arguments, "--process", "0", "--speed", "640"])
    assert not {"--theme", "--speed"} & set(command_line(launch)), "what is the screen's own stays with the screen"
    return CharLSTMApp(MultiprocessEngine(os.environ.copy()), launch)


def test_a_screen_shows_what_many_processes_learn_and_quitting_ends_them_all(tmp_path: Path) -> None:
    arguments = shared(tmp_path)
    app = screen(arguments)

    async def scenario(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "Watching", "2 CPU devices")
        await until(pilot, lambda: app.main.view.kept is not None, "a checkpoint")
        await pilot.press("q")

    with follower(arguments) as process:
        run_app(app, scenario, SIZE)
        ended = end(process)
    assert (ended.code in (0, 143), ended.err) == (True, ""), "0: process 0 had nobody left to print its last words to"
    assert metrics_of(Run(tmp_path / "many"))[-1]["reason"] == "stopped"


def test_a_screen_outlives_the_process_that_trains(tmp_path: Path) -> None:
    arguments = shared(tmp_path)
    app = screen(arguments)

    with follower(arguments) as process:

        async def scenario(pilot: Pilot[None]) -> None:
            await until(pilot, lambda: app.main.view.kept is not None, "a checkpoint")
            process.kill()
            await until_shown(pilot, "Process 1 has died")

        run_app(app, scenario, SIZE)
    assert app.failure is None


def test_a_failed_child_is_reported_in_its_own_words(tmp_path: Path) -> None:
    app = screen([*shared(tmp_path), "--join-timeout", "0.5"])

    async def scenario(pilot: Pilot[None]) -> None:
        await until_shown(pilot, "Process 1 of 2 did not come to")

    run_app(app, scenario, SIZE)
    assert app.failure is not None


def test_a_child_started_while_quitting_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    starting, started, start_process = threading.Event(), list[subprocess.Popen[bytes]](), subprocess.Popen

    def slowly(*arguments: Any, **settings: Any) -> subprocess.Popen[bytes]:
        starting.set()
        time.sleep(0.2)  # meanwhile the screen is closed
        started.append(start_process(*arguments, **settings))
        return started[0]

    monkeypatch.setattr("tui.engine.multiprocess_engine.subprocess.Popen", slowly)
    engine = MultiprocessEngine(os.environ.copy())
    engine.start(launch_from([*shared(tmp_path), "--process", "0"]), lambda message: None)
    assert starting.wait(PATIENCE)
    assert engine.stop(PATIENCE)
    assert [child.wait(PATIENCE) for child in started] == [-signal.SIGTERM]


def test_no_child_is_started_after_quitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tui.engine.multiprocess_engine.subprocess.Popen", None)
    engine, said = MultiprocessEngine(os.environ.copy()), list[Message]()
    assert engine.stop(0)
    engine.start(launch_from([*shared(tmp_path), "--process", "0"]), said.append)
    assert engine.stop(PATIENCE)
    assert not said


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--process", "1"], "start process 1 with charlstm train"),
        (["--process", "0", "--watch", "latest"], "leave out --coordinator, --processes and --process"),
        (["--process", "0", "-"], "put the text into a file"),
    ],
)
def test_contradictory_process_options_are_refused(options: list[str], sentence: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="2"):
        launch_from(["--coordinator", "localhost:29500", "--processes", "2", *options])
    assert sentence in capsys.readouterr().err
