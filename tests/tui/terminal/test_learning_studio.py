"""A user's way through list of runs, form, steering, learning on, comparing and a lesson, in a real terminal."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from model.runs.folder import Run
from model.training.events import RateScaled, StopPlanned
from tests.old_runs import copy_old_run
from tests.patience import PATIENCE
from tests.tui.terminal.driver import ROOT
from tests.tui.terminal.tmux import PROMPT, Tmux
from tui.screens.shelf.compare_screen import LENGTH

PROGRAM = [sys.executable, "-m", "tui"]
DOWN, ENTER, ESCAPE, SPACE = "\x1b[B", "\r", "\x1b", " "
CTRL_K, CTRL_N, CTRL_P, CTRL_S = "\x0b", "\x0e", "\x10", "\x13"
LEARNING_SECONDS = 240.0
"""For what JAX must be imported and compiled."""


class Studio(Tmux):
    """The program in tmux, as its user looks at it."""

    @property
    def training(self) -> str:
        """What the pane on the left says, as one line: its log breaks lines anywhere."""
        rows = [row.partition("││")[0].strip(" │") for row in self.screen.split("\n") if "││" in row]
        return " ".join(rows)

    def press(self, keys: str, *shown: str, seconds: float = PATIENCE) -> None:
        """Press keys and wait until all of this, each a regular expression, is on the screen."""

        self.send(keys)
        for each in shown:
            self.see(each, seconds)

    def go_down_to(self, row: str) -> None:
        """Press down until this row of the form is the chosen one, however many are above it."""

        def chosen() -> str:
            return re.findall(r"▸ .*", self.screen)[0]

        while not (before := chosen()).startswith(f"▸ {row} "):
            self.send(DOWN)
            self.wait_until(lambda before=before: chosen() != before, what=f"a row below {before}")

    def see(self, expression: str, seconds: float = PATIENCE) -> None:
        """Wait until the screen has something like this; where the left pane has it, lines may break it."""
        found = re.compile(expression)
        self.wait_until(lambda: found.search(self.screen) or found.search(self.training), seconds, expression)


def begin_with_the_form(studio: Studio) -> None:
    """From the list of runs."""
    studio.press(CTRL_N, "▸ text", "Start training")
    studio.press(ENTER, "named texts")
    studio.press("aphorisms", "aphorisms")
    studio.press(ENTER, "▸ text +aphorisms", "50,165 characters", "an epoch")
    studio.go_down_to("hidden")
    studio.press("16", r"▸ hidden +\* 16")
    studio.go_down_to("epochs")
    studio.press("5000", r"▸ epochs +\* 5000", "--hidden 16 --epochs 5000", r"disk \d{3} MB")
    studio.press(CTRL_S, "epoch [1-9][0-9]* of 5000", seconds=LEARNING_SECONDS)


def steer(studio: Studio, run: Run) -> None:
    """Change the rate with keys and from outside, and stop after an epoch; meanwhile no epoch moves the log on."""
    studio.press("p", "Training · paused")
    studio.press(")", r"learning rate doubled at step [\d,]+: now 2 times the recipe's")
    studio.press("(", r"learning rate halved at step [\d,]+: now the recipe's again")
    command = [sys.executable, "-m", "model", "steer", run.name, "halve-rate", "--runs", str(run.folder.parent)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT, timeout=4 * PATIENCE)
    answered = re.search(r"learning rate halved at step [\d,]+: now 0\.5 times the recipe's", said.stdout)
    assert answered
    studio.see(re.escape(answered[0]))
    studio.press("E", r"training stops after epoch \d+")
    studio.press("p", "Training · unfinished .stopped. · L learn on", "L learn on")


def learn_on(studio: Studio, run: Run) -> int:
    """Let the run take more epochs; the one after which it had stopped."""
    stopped_after = run.view().whole_epochs
    studio.press("L", f"trained {stopped_after} of 5000 epochs")
    studio.press("6000", f"{6000 - stopped_after:,} more epochs")
    studio.press(ENTER, r"epoch \d+ of 6000", seconds=LEARNING_SECONDS)
    return stopped_after


def compare(studio: Studio) -> None:
    """Mark another run, whose curve then lies on the chart, and see both write, while training leaves them the time."""
    studio.press("p", "Training · paused")
    studio.press("R", "Runs · 2", "open here")
    studio.press("finished", "Runs · 1 of 2", "▸ finished")
    studio.press(SPACE, "▸•finished")
    studio.press(CTRL_K, "What differs", "reading +lanes +windows")

    def both_write() -> bool:
        _, found, below = studio.screen.partition("temperature 0.2 ·")
        middle = studio.screen.split("\n")[0].find("╮") // 2
        rows = below.split("\n")[2:-1]
        # What has hardly learned anything writes mostly spaces: where a text ends counts, not what is in it.
        texts = ["".join(row.ljust(2 * middle)[part] for row in rows) for part in (slice(middle), slice(middle, None))]
        return bool(found) and all(len(text.rstrip()) > LENGTH // 2 for text in texts)

    studio.wait_until(both_write, LEARNING_SECONDS, "two texts side by side")
    studio.press(ESCAPE, "Runs · 1 of 2")
    studio.press(ESCAPE, "Runs · 2")
    studio.press(ESCAPE, "Training · paused", "1 finished")


def take_the_lesson(studio: Studio) -> None:
    """'From noise to words', from the palette to its end."""
    title = "From noise to words: step"
    studio.press(CTRL_P, "Find an action by its name")
    studio.press("from noise", "Lesson: From noise to words")
    studio.press(ENTER, f"{title} 1 of 7")
    studio.see(f"{title} 1 of 7.*✓", LEARNING_SECONDS)
    studio.press(ENTER, f"{title} 2 of 7", "What does a network learn first")
    studio.press("1", "Right. The first thing is how often")
    studio.press(ENTER, f"{title} 3 of 7")
    studio.press("<", "Time-lapse, epoch 1 ", f"{title} 3 of 7.*✓")
    studio.press(ENTER, f"{title} 4 of 7")
    studio.press(".", "Time-lapse, epoch 2 ", f"{title} 4 of 7.*✓")
    studio.press(ENTER, f"{title} 5 of 7")
    studio.press(ESCAPE)
    studio.wait_gone("Time-lapse")
    studio.see(f"{title} 5 of 7.*✓", LEARNING_SECONDS)
    studio.press(ENTER, f"{title} 6 of 7", "Which pair differs more")
    studio.press("2", "Not quite. Learning is fast at first")
    studio.press(ENTER, f"{title} 7 of 7", "enter end the lesson")
    studio.press(ENTER, "This is the end of the lesson")


@pytest.mark.timeout(1800)
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")
def test_from_the_list_of_runs_through_form_steering_learning_on_and_comparing_to_a_lesson(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    copy_old_run("finished", tmp_path)
    with Studio(environment, columns=160, lines=60) as studio:
        studio.run(" ".join(["clear;", *PROGRAM, "--runs", str(tmp_path)]))
        studio.see("Runs · 1")
        begin_with_the_form(studio)
        (folder,) = tmp_path.glob("aphorisms-*")
        run = Run(folder)
        steer(studio, run)
        stopped_after = learn_on(studio, run)
        compare(studio)
        take_the_lesson(studio)
        studio.send("q")
        studio.wait_for_end(PROMPT)
        assert "Trained on manual: 12 of 12 epochs." in studio.screen

    recipe, view = run.facts().recipe, run.view()
    assert (recipe.hidden, recipe.epochs) == (16, 6000)
    steered = [event.rate_scale for event in view.steering.events if isinstance(event, RateScaled)]
    assert steered == [2.0, 1.0, 0.5]
    assert [event.epoch for event in view.steering.events if isinstance(event, StopPlanned)] == [stopped_after]
    epochs = [end.epoch for end in view.epoch_ends]
    assert epochs == list(range(1, len(epochs) + 1))
    assert view.finished is not None
    assert view.steps_per_epoch is not None
    assert view.finished.step > stopped_after * view.steps_per_epoch
    assert run.load("newest").manifest.step == view.finished.step, "all that was trained before the lesson is kept"
    assert not run.in_use

    (lesson,) = tmp_path.glob("lesson-noise-to-words-*")
    assert Run(lesson).view().whole_epochs == 12
    assert not Run(lesson).in_use
    assert "Traceback" not in "".join(path.read_text() for path in Path(environment["HOME"]).rglob("charlstm-tui.log"))
