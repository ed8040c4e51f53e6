"""Half an hour of training and writing under keys pressed at random: nothing grows, breaks or gets slower."""

from __future__ import annotations

import os
import random
import statistics
import sys
import time
from pathlib import Path

import pytest

from tests.tui.terminal.driver import PseudoTerminal

MINUTES = float(os.environ.get("CHARLSTM_SOAK_MINUTES", "30"))

UP, DOWN, LEFT, RIGHT = "\x1b[A", "\x1b[B", "\x1b[D", "\x1b[C"
PAGE_UP, PAGE_DOWN, HOME, END = "\x1b[5~", "\x1b[6~", "\x1b[H", "\x1b[F"
TAB, ENTER, ESC = "\t", "\r", "\x1b"
DIALOGS = {"e": "enter write ", "v": "enter score "}
"""Keys that open one, and what stands in it."""
KEYS = [
    *"1234-+=[]rgslhtywkb",
    *"azomciuU,.<>nBf",
    *("  ", "pp", " s ", "hh", "mm", "ll", "ff", "()", *DIALOGS),
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
    terminal.wait_for("Training · paused")
    answered = time.perf_counter() - begun
    terminal.send("p")
    terminal.wait_gone("Training · paused")
    return answered


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_half_an_hour_of_random_keys_costs_neither_memory_nor_speed(tmp_path: Path) -> None:
    corpus = "nietzsche" if "CHARLSTM_CORPORA" in os.environ else "aphorisms"
    argv = [sys.executable, "-m", "tui", corpus, "--epochs", "100000", "--hidden", "64", "--save-every", "5"]
    folders = {name: str(tmp_path / name) for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    chance = random.Random(1)
    sizes, answers = [], []
    with PseudoTerminal([*argv, "--runs", str(tmp_path / "runs"), "--name", "soak"], environment=folders) as terminal:
        terminal.wait_for(" of 100000", 120)
        terminal.wait_for("Writing · epoch", 120)
        begun = time.perf_counter()
        looked = begun
        while time.perf_counter() - begun < 60 * MINUTES:
            keys = chance.choice(KEYS)
            terminal.send(keys)
            if keys in DIALOGS:
                terminal.wait_for(DIALOGS[keys])
                terminal.send(ESC)
                terminal.wait_gone(DIALOGS[keys])
            terminal.watch(chance.uniform(0.02, 0.6))
            if time.perf_counter() - looked > 5:
                looked = time.perf_counter()
                sizes.append(memory(terminal.process))
                answers.append(seconds_to_answer(terminal))
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
