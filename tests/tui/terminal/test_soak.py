"""Half an hour of training and writing under keys pressed at random: nothing grows, breaks or gets slower."""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.tui.terminal.driver import ROOT, PseudoTerminal

MINUTES = float(os.environ.get("CHARLSTM_SOAK_MINUTES", "30"))

UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"
TAB, ENTER, ESC, BACKSPACE = "\t", "\r", "\x1b", "\x7f"


class Place(NamedTuple):
    """A dialog or another screen."""

    opens: str
    """The keys that open it; Escape closes it."""
    words: str
    """What stands on it, and nowhere else."""
    keys: tuple[str, ...] = ()
    """What may be pressed there, one after the other."""


_RUNS = Place("R", "Runs · ", (UP, DOWN, "  ", f"oth{3 * BACKSPACE}"))
_FORM = Place("N", "ctrl+s start", (DOWN, 3 * DOWN + RIGHT, 3 * DOWN + LEFT))
_PALETTE = Place("\x10", "Find an action", (f"o{BACKSPACE}", DOWN, UP))
VISITS: tuple[tuple[Place, ...], ...] = (
    (Place("e", "enter write ", ("a", "to be", LEFT, BACKSPACE)),),
    (Place("v", "enter score ", ("to be", PAGE_DOWN, BACKSPACE)),),
    (Place("x", "enter keeps it", (UP, DOWN, LEFT, RIGHT, TAB)),),
    (Place("?", "─ Keys ", (UP, DOWN, PAGE_UP, PAGE_DOWN)),),
    (_PALETTE,),
    (_RUNS,),
    (_RUNS, Place("\x0b", "r other noise", (*"1234+-nr", UP, DOWN, PAGE_UP, PAGE_DOWN))),
    (_FORM,),
    (_FORM, Place("\x14", "Choose a text", (UP, DOWN, "nie", BACKSPACE))),
)
"""Ways to other places, each through those before it."""
USUAL_SIZE = (120, 40)
SIZES = ((80, 24), (200, 60), (60, 16), (20, 5), USUAL_SIZE)
"""What the window is dragged to, one after the other."""
SECONDS_BETWEEN_LESSONS = 300
SLOWEST = 300.0
"""Seconds that an answer may take on a busy machine, where decoding the screen is slower than drawing it."""
KEYS = [
    *"1234-+=[]rgslhtywkb",
    *"azomciuU,.<>nBf",
    *("  ", "pp", " s ", "hh", "mm", "ll", "ff", "()"),
    f" {LEFT}{LEFT}{LEFT}{DOWN}{ENTER} ",
    *(TAB, UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END),
]
"""What may be pressed at any time; what holds something lets it go again."""


def memory(process: int) -> float:
    """What the process has in memory, in MB."""
    for line in Path(f"/proc/{process}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1000
    raise AssertionError("no VmRSS")


def seconds_to_answer(terminal: PseudoTerminal) -> float:
    """From the key that holds training to the border that says so, which then stays until it is let go again."""
    begun = time.perf_counter()
    terminal.send("p")
    terminal.wait_for("Training · paused", SLOWEST)
    answered = time.perf_counter() - begun
    terminal.send("p")
    terminal.wait_gone("Training · paused", SLOWEST)
    return answered


typed: deque[str] = deque(maxlen=40)
"""The latest keys."""


@pytest.fixture(autouse=True)
def last_words() -> Iterator[None]:
    """Show the latest keys where something went wrong."""
    yield
    print(f"\nthe latest keys: {[*typed]}")


def type_in(terminal: PseudoTerminal, keys: str) -> None:
    """Type `keys`."""
    typed.append(keys)
    terminal.send(keys)


def wait_until_it_writes(terminal: PseudoTerminal, words: str) -> None:
    """Wait for the run that shows these words, and for its first text: it may have to be compiled.

    A short run may have ended by then, and writes with its best weights.
    """
    terminal.wait_for(words, SLOWEST)
    writing = re.compile("Writing · (epoch|best)")
    terminal.wait_until(lambda: writing.search(terminal.screen), SLOWEST, writing.pattern)


def visit(terminal: PseudoTerminal, way: tuple[Place, ...], chance: random.Random) -> None:
    """Go to a place, press some of its keys, and come back."""
    for place in way:
        type_in(terminal, place.opens)
        terminal.wait_for(place.words, SLOWEST)
    for _ in range(chance.randrange(6)):
        type_in(terminal, chance.choice(way[-1].keys))
        terminal.watch(chance.uniform(0.2, 0.4))
    for place in reversed(way):
        terminal.wait_for(place.words, SLOWEST)  # all that was typed is there: Escape and the next key may be one key
        type_in(terminal, ESC)
        terminal.wait_gone(place.words, SLOWEST)


def resize(terminal: PseudoTerminal) -> None:
    """Drag the window's corner through all sizes."""
    for columns, lines in SIZES:
        typed.append(f"{columns}x{lines}")
        terminal.resize(columns, lines)
        terminal.watch(0.3)


def begin_lesson(terminal: PseudoTerminal) -> None:
    """Leave the run for a lesson, and come back when that has begun to write: two runs are ended and two opened."""
    terminal.send(_PALETTE.opens)
    terminal.wait_for(_PALETTE.words, SLOWEST)
    terminal.send("Lesson: Temperature")
    terminal.wait_for("See how one number makes the same model", SLOWEST)
    terminal.send(ENTER)
    wait_until_it_writes(terminal, "Four texts continue the same seed")
    terminal.send(_RUNS.opens)
    terminal.wait_for(_RUNS.words, SLOWEST)
    terminal.send("soak")
    terminal.wait_for("Runs · 1 of ", SLOWEST)
    terminal.send(ENTER)
    terminal.wait_gone(_RUNS.words, SLOWEST)  # which names the run's epochs, too
    wait_until_it_writes(terminal, " of 100000")


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_half_an_hour_of_random_keys_costs_neither_memory_nor_speed(tmp_path: Path) -> None:
    corpus = "nietzsche" if "CHARLSTM_CORPORA" in os.environ else "aphorisms"
    argv = [sys.executable, "-m", "tui", corpus, "--epochs", "100000", "--hidden", "64", "--save-every", "5"]
    folders = {name: str(tmp_path / name) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    short = [sys.executable, "-m", "model", "train", "aphorisms", "--hidden", "8", "--epochs", "2"]
    subprocess.run([*short, "--runs", str(tmp_path / "runs"), "--name", "other"], cwd=ROOT, check=True, text=True)
    chance = random.Random(1)
    sizes, answers = [], []
    with PseudoTerminal([*argv, "--runs", str(tmp_path / "runs"), "--name", "soak"], environment=folders) as terminal:
        wait_until_it_writes(terminal, " of 100000")
        terminal.send(_RUNS.opens)
        terminal.wait_for(_RUNS.words)
        terminal.send("other")
        terminal.wait_for("Runs · 1 of 2")
        terminal.send(" ")
        terminal.wait_for("ctrl+k compare")
        terminal.send(ESC)
        terminal.wait_for("Runs · 2")
        terminal.send(ESC)
        terminal.wait_gone(_RUNS.words)
        begun = looked = time.perf_counter()
        lesson = begun + 20
        while time.perf_counter() - begun < 60 * MINUTES:
            what = chance.random()
            if time.perf_counter() > lesson:
                lesson = time.perf_counter() + SECONDS_BETWEEN_LESSONS
                begin_lesson(terminal)
            elif what < 0.06:
                visit(terminal, chance.choice(VISITS), chance)
            elif what < 0.07:
                resize(terminal)
            else:
                type_in(terminal, chance.choice(KEYS))
                terminal.watch(chance.uniform(0.02, 0.6))
            if time.perf_counter() - looked > 5:
                looked = time.perf_counter()
                sizes.append(memory(terminal.process))
                answers.append(seconds_to_answer(terminal))
                typed.append("answered")
        terminal.send("q")
        assert terminal.wait_exit() == 0
    fifth = len(sizes) // 5
    early, late = statistics.median(sizes[fifth : 2 * fifth]), statistics.median(sizes[-fifth:])
    quick, slow = statistics.median(answers[fifth : 2 * fifth]), statistics.median(answers[-fifth:])
    print(f"\nmemory {early:.0f} MB after the warm-up, {late:.0f} MB at the end ({late / early - 1:+.1%})")
    print(f"a key is answered after {1000 * quick:.0f} ms, and {1000 * slow:.0f} ms at the end (medians)")
    assert late < 1.05 * early
    assert slow < 2 * quick + 0.05
    logs = "".join(path.read_text() for path in tmp_path.rglob("charlstm-tui.log"))
    assert "Traceback" not in logs
