"""The program on a pty for benchmarks: what arrives is noted with its time, and decoded when there is time."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.tui.terminal.driver import ROOT, WHOLE_FRAMES, DecodedScreen, PseudoTerminal
from tui.views.baseline_words import ORDERS

MARKED = ("other-1", "other-2")
"""Runs whose curves are laid over the chart."""
_TRAINED_SECONDS = 15
"""Of each of them."""
_ORDER = 4
"""Of the baseline that writes."""
ESCAPE = "\x1b"


@dataclass
class Watcher:
    """Notes what arrives, and decodes it when there is time."""

    terminal: PseudoTerminal
    screen: DecodedScreen
    notes: list[tuple[float, bytes]] = field(default_factory=list)

    def watch(self, seconds: float) -> None:
        """Note what arrives within so many seconds."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            start = len(self.terminal.raw)
            if self.terminal.pump(left):
                self.notes.append((self.terminal.arrived, bytes(self.terminal.raw[start:])))

    def replay(self, seen: Callable[[float, list[str]], object] = lambda when, rows: None) -> None:
        """Decode what was noted; `seen` gets each whole frame and when it had arrived."""
        for when, data in self.notes:
            self.screen.feed(data)
            if WHOLE_FRAMES not in self.screen.modes:
                seen(when, self.screen.rows)
        self.notes.clear()

    def wait_for(self, text: str, seconds: float) -> None:
        """Wait until `text` is on the screen."""
        end = time.perf_counter() + seconds
        while text not in "\n".join(self.screen.rows):
            if time.perf_counter() > end:
                raise SystemExit(f"{text!r} never came:\n" + "\n".join(self.screen.rows))
            self.watch(0.05)
            self.replay()


def processor() -> str:
    """Its name, and whether it has AVX-512."""
    facts = Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").exists() else ""
    name = re.search(r"model name\s*: (.*)", facts)
    return f"{name[1] if name else platform.processor()} {'with' if 'avx512f' in facts else 'without'} AVX-512"


def screen_seconds(process: int) -> float:
    """Processor time that the main thread of a program has taken."""
    fields = Path(f"/proc/{process}/task/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def mark_runs(folder: str) -> None:
    """Train runs that can be marked."""
    first, *others = (Path(folder, name) for name in MARKED)
    options = ["--epochs", "100000", "--max-seconds", str(_TRAINED_SECONDS), "--name", first.name, "--runs", folder]
    command = [sys.executable, "-m", "model", "train", "aphorisms", *options]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    for other in others:
        shutil.copytree(first, other)


def switch_studio(watcher: Watcher, *, on: bool) -> None:
    """Open or close the panel of units, a baseline's writing and the curves of marked runs, one after another."""
    send = watcher.terminal.send
    send("R")
    watcher.wait_for("type to filter", 60)
    for name in MARKED:
        send(name)
        watcher.wait_for(f"▸{' ' if on else '•'}{name}", 60)
        send(" ")
        watcher.wait_for(f"▸{'•' if on else ' '}{name}", 60)
        send(ESCAPE)
        watcher.wait_for("type to filter", 60)
    send(ESCAPE)
    watcher.wait_for("q quit", 60)
    send("B" * (_ORDER + 1 if on else len(ORDERS) - _ORDER))
    send("f")
    if on:
        for shown in ("Units", f"order {_ORDER}:", "unit 1:"):
            watcher.wait_for(shown, 120)
