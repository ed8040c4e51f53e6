"""What the panel of units, a baseline's writing and the curves of marked runs cost training.

Run by hand: uv run python tests/benchmarks/studio_cost.py [--rounds N] [--seconds N]. The program trains and writes on
a pty; the three are opened and closed in turn, and each ratio is one pair of windows: steps a second, by the lines that
the run's folder gets.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from model.runs.files.json_lines import from_lines
from tests.benchmarks.watched_program import Watcher, mark_runs, processor, screen_seconds, switch_studio
from tests.tui.terminal.driver import DecodedScreen, PseudoTerminal

COLUMNS, LINES = 120, 40
SETTLE = 2.0
"""Seconds after each change that are not measured."""
NAME = "measured"
TAIL = 20_000
"""Bytes of the run's lines that are read: more than those between two logged steps."""


class Window(NamedTuple):
    """What was measured over some seconds."""

    pace: float
    """Steps a second."""
    screen: float
    """Share of a core that the thread of the screen takes: on a busy machine, too, it says what drawing costs."""


def window(watcher: Watcher, metrics: Path, seconds: float) -> Window:
    """Over so many seconds."""
    watcher.watch(SETTLE)
    process = watcher.terminal.process
    first, cpu, begun = last_step(metrics), screen_seconds(process), time.perf_counter()
    watcher.watch(seconds)
    elapsed = time.perf_counter() - begun
    measured = Window((last_step(metrics) - first) / elapsed, (screen_seconds(process) - cpu) / elapsed)
    watcher.replay()
    return measured


def last_step(metrics: Path) -> int:
    """The step that was logged last."""
    with metrics.open("rb") as lines:
        lines.seek(-min(TAIL, metrics.stat().st_size), os.SEEK_END)
        return max(each["step"] for each in from_lines(lines.read()) if each.get("event") == "step")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each window (default: 6)")
    given = parser.parse_args()
    corpus = "nietzsche" if "CHARLSTM_CORPORA" in os.environ else "aphorisms"
    pairs: list[dict[bool, Window]] = []
    with tempfile.TemporaryDirectory() as folder:
        mark_runs(folder)
        options = ["--epochs", "100000", "--sample-length", "1000000", "--speed", "80", "--log-every", "5"]
        argv = [sys.executable, "-m", "tui", corpus, *options, "--runs", folder, "--name", NAME]
        with PseudoTerminal(argv, columns=COLUMNS, lines=LINES, decoded=False) as terminal:
            watcher = Watcher(terminal, DecodedScreen(COLUMNS, LINES))
            watcher.wait_for("epoch 1 of", 300)
            watcher.wait_for("Writing · epoch ", 60)
            metrics, on = Path(folder, NAME, "metrics.jsonl"), False
            for number in range(given.rounds):
                pair: dict[bool, Window] = {}
                for wanted in (number % 2 == 1, number % 2 == 0):  # so that each is switched only every other window
                    if wanted != on:
                        switch_studio(watcher, on=wanted)
                        on = wanted
                    pair[wanted] = window(watcher, metrics, given.seconds)
                pairs.append(pair)
            terminal.send("q")
            terminal.wait_exit()
    ratios = sorted(each[False].pace / each[True].pace - 1 for each in pairs)
    (off, screen), (with_it, screen_with_it) = (
        (statistics.median(each[which].pace for each in pairs), statistics.median(each[which].screen for each in pairs))
        for which in (False, True)
    )
    lowest, middle, highest = (f"{each:.1%}" for each in (ratios[0], statistics.median(ratios), ratios[-1]))
    print(f"{corpus}, {COLUMNS}x{LINES}, {processor()}, load {os.getloadavg()[0]:.1f}")
    print(
        f"  steps a second: {off:.1f} with four streams, {with_it:.1f} with units, a baseline and marked runs as well"
    )
    print(f"  training is slowed by {middle} (median of {len(ratios)} pairs; {lowest} to {highest})")
    print(f"  the thread of the screen takes {screen:.1%} of a core, and {screen_with_it:.1%} with them")


if __name__ == "__main__":
    main()
