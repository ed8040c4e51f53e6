"""How long after its start `charlstm-tui` shows its panes, beside what Textual itself takes.

Run by hand: uv run python tests/benchmarks/first_paint.py. Rounds alternate between the programs, so that
a change in the machine's load hits all of them; the first round, which warms the file cache, does not count.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time

from tests.tui.terminal.driver import PseudoTerminal

ROUNDS = 9
FOOTER = b"quit"
"""Drawn last: when it is there, both panes are."""

MINIMAL_APP = """
from textual.app import App
from textual.widgets import Static

class Minimal(App):
    def compose(self):
        yield Static("quit")

Minimal().run()
"""


def seconds_to_paint(argv: list[str], folder: str) -> float:
    """From the start of the process to the arrival of the footer."""
    environment = {"XDG_DATA_HOME": folder, "XDG_CACHE_HOME": folder, "XDG_STATE_HOME": folder}
    with PseudoTerminal(argv, environment=environment, decoded=False) as terminal:
        terminal.wait_until(lambda: FOOTER in terminal.raw, 30, "the first paint")
        return terminal.arrived - terminal.started


def seconds_to_end(argv: list[str], folder: str) -> float:
    """From the start of the process to its end."""
    with PseudoTerminal(argv, decoded=False) as terminal:
        terminal.wait_until(terminal.ended, 30, "the end")
        return time.perf_counter() - terminal.started


def main() -> None:
    """Measure and print medians."""
    programs = {
        "import textual.app, alone": (seconds_to_end, [sys.executable, "-c", "import textual.app"]),
        "a minimal Textual app": (seconds_to_paint, [sys.executable, "-c", MINIMAL_APP]),
        "charlstm-tui": (seconds_to_paint, [sys.executable, "-m", "tui", "aphorisms", "--hidden", "16"]),
    }
    measured: dict[str, list[float]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        for counts in [False, *[True] * ROUNDS]:
            for name, (measure, argv) in programs.items():
                seconds = measure(argv, folder)
                if counts:
                    measured[name].append(seconds)
    print(f"Seconds after the process started, {ROUNDS} rounds:")
    for name, values in measured.items():
        median, low, high = statistics.median(values), min(values), max(values)
        print(f"  {name:28} median {median:.3f}   from {low:.3f} to {high:.3f}")


if __name__ == "__main__":
    main()
