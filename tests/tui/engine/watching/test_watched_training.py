"""The engine of --watch on a run that another process trains: killed, resumed and finished."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from textual.pilot import Pilot

from model.runs.folder import Run
from tests.patience import PATIENCE
from tests.tui.driving import run_app, until, until_shown, widget_text
from tests.tui.engine.watching.test_follower import listing
from tests.tui.engine.watching.test_watching_engine import SMALL
from tests.tui.screens.test_resuming_screen import one_line
from tests.tui.terminal.driver import ROOT
from tui.app import CharLSTMApp
from tui.engine.runs.launch_runs import watching
from tui.engine.watching.watching_engine import WatchingEngine
from tui.launch import Launch
from tui.widgets.training.event_log import EventLog
from tui.widgets.writing.writing_pane import WritingPane

TRAIN = [sys.executable, "-m", "model", "train"]
OPTIONS = ["--save-every", "0.5", "--log-every", "10", "--devices", "1"]


@contextmanager
def training(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A training without a screen, which does not outlive the block."""
    with subprocess.Popen([*TRAIN, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def test_a_killed_resumed_and_finished_training_is_followed_to_its_end(tmp_path: Path, two_devices: None) -> None:
    place = ["--runs", str(tmp_path), *OPTIONS]
    run = Run(tmp_path / "far")

    with training("aphorisms", *SMALL, "--hidden", "64", "--epochs", "100000", *place, "--name", "far") as first:
        end = time.monotonic() + 4 * PATIENCE  # JAX is imported
        while not (run.folder / "recipe.toml").exists():
            assert first.poll() is None
            assert time.monotonic() < end
            time.sleep(0.01)
        launch = watching(Launch(ascii=False, watch="far", runs=tmp_path, speed=None))
        app = CharLSTMApp(WatchingEngine(silence=1.5), launch)

        async def scenario(pilot: Pilot[None]) -> None:
            view = app.main.view

            def in_the_log(sentence: str) -> Callable[[], bool]:
                log = app.main.query_one(EventLog)
                return lambda: any(sentence in entry.text for entry in log._entries)

            await until_shown(pilot, "Watching")
            await until(pilot, lambda: view.epoch_end and view.epoch_end.epoch >= 2, "the end of two epochs")
            await until_shown(pilot, "saved at step", "── epoch")
            await until(pilot, lambda: len(app.main.query_one(WritingPane).sample_text) > 20, "a sample")

            await until(pilot, lambda: app.main.takes_requests, "that requests are taken")
            await pilot.press("left_parenthesis", "p")
            await until_shown(pilot, "Watching · paused")
            assert in_the_log("learning rate halved at step")()
            await pilot.press("p")
            await until_shown(pilot, "Watching · epoch")

            os.kill(first.pid, signal.SIGKILL)
            first.wait()
            await until_shown(pilot, "Watching · no news for")
            assert in_the_log("the run may have been killed")()
            assert app.is_running
            await pilot.press("left_parenthesis")
            await until(pilot, in_the_log("No program trains the run"), "that nobody can be asked")
            kept = run.load("newest").manifest
            await pilot.press("g")

            with training("--resume", "far", *place) as second:
                await until(pilot, in_the_log("The run was started again."), "the restart")
                await until(pilot, in_the_log(f"at step {kept.step:,}"), "where it goes on")
                later = kept.cursor.epoch + 2
                await until(pilot, lambda: view.epoch_end and view.epoch_end.epoch >= later, "more epochs")
                assert [end.epoch for end in view.epoch_ends] == list(range(1, len(view.epoch_ends) + 1))
                second.send_signal(signal.SIGINT)
                assert second.wait(PATIENCE) == 130
                await until_shown(pilot, "Watching · unfinished (stopped)")
                assert view.progress is not None
                await until_shown(pilot, f"saved at step {run.load('newest').manifest.step:,}")

            before = listing(run.folder)
            await pilot.press("g", "4", "w")
            await until_shown(pilot, "Saved to")
            assert "Watching · unfinished (stopped)" in one_line(widget_text(app.screen))
            assert listing(run.folder) == before

        here = Path.cwd()
        os.chdir(tmp_path)
        try:
            run_app(app, scenario, (120, 40))
        finally:
            os.chdir(here)
    assert app.failure is None
    run.lock().release()
    epochs = [end.epoch for end in run.view().epoch_ends]
    assert epochs == list(range(1, len(epochs) + 1)), "no gap and no duplicate"
    assert [path.name for path in tmp_path.glob("sample-*.txt")] != []
