"""How long after a key the screen shows what it did, through a real pty, while the program learns and writes.

Run by hand: uv run python tests/benchmarks/latency.py [--keys N] [--scenes WORDS]. A temperature key is pressed at
random moments; measured is the time until the header shows the new temperature, and until the text shows its mark with
the first character drawn after it. What arrives is only noted with its time and decoded afterwards, so that decoding
delays nothing; a frame counts when all of it has arrived. The processor time of the screen's thread says what drawing
costs on a busy machine, too.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.benchmarks.watched_program import Watcher, mark_runs, processor, screen_seconds, switch_studio
from tests.tui.terminal.driver import DecodedScreen, PseudoTerminal

SIZES = ((120, 40), (80, 24))
STUDIO_LINES = 40
"""Lines of a terminal with room for another text below the streams."""
GAPS = (0.25, 0.55)
"""Seconds between two keys, the least and the most."""
COOLEST, STEP = 0.20, 0.05
"""The temperature that each scene starts from, and what its key adds: no value comes twice in a scene."""


@dataclass(frozen=True)
class Scene:
    """What the program does meanwhile."""

    name: str
    keys: str
    """That bring it about, after the scene before."""
    writes: bool
    studio: bool = False
    """Whether the panel of units, a baseline's writing and two marked runs are open."""


SCENES = (
    Scene("idle", "p ", False),
    Scene("training", "p", False),
    Scene("training, four streams at 80 a second", " ", True),
    Scene("the same with odds and colours", "oc", True),
    Scene("the same, unlimited", "]" * 4, True),
    Scene("80 a second, units, baseline, marked runs", "[" * 4 + "og", True, studio=True),
)


def writing_pane(rows: Sequence[str]) -> str:
    """The text inside the pane called Writing, wherever it stands."""
    for top, row in enumerate(rows):
        left = row.find("╭─ Writing")
        if left >= 0:
            right = row.index("╮", left)
            inside = [each.ljust(right)[left + 1 : right] for each in rows[top + 1 :]]
            return "\n".join(text.strip() for text in inside)
    return ""


@dataclass
class Pressed:
    """A key, when it was pressed, and when its effects were seen."""

    at: float
    temperature: str
    in_header: float | None = None
    in_text: float | None = None

    def look(self, when: float, rows: str, text: str) -> None:
        """Note the effects that are on the screen for the first time."""
        if self.in_header is None and f"▸ {self.temperature} " in rows:
            self.in_header = when
        if self.in_text is None and re.search(rf"▸{re.escape(self.temperature)}\s*\S", text):
            self.in_text = when


def measure(watcher: Watcher, keys: int, chance: random.Random) -> list[Pressed]:
    """Press `keys` keys, then find out when their effects were seen."""
    pressed: list[Pressed] = []
    for number in range(1, keys + 1):
        watcher.watch(chance.uniform(*GAPS))
        pressed.append(Pressed(time.perf_counter(), f"{COOLEST + STEP * number:.2f}"))
        watcher.terminal.send("+")
    watcher.watch(1.0)

    def seen(when: float, rows: list[str]) -> None:
        screen, text = "\n".join(rows), writing_pane(rows)
        for key in pressed:
            if key.at <= when:
                key.look(when, screen, text)

    watcher.replay(seen)
    return pressed


def report(name: str, seconds: Sequence[float | None]) -> None:
    """A line of percentiles in milliseconds."""
    known = sorted(1000 * value for value in seconds if value is not None)
    if len(known) < 2:
        print(f"  {name:46} never seen")
        return
    cuts = statistics.quantiles(known, n=100, method="inclusive")
    missed = f"   {len(seconds) - len(known)} never seen" if len(known) < len(seconds) else ""
    print(f"  {name:46} p50 {cuts[49]:5.1f}  p95 {cuts[94]:5.1f}  max {known[-1]:5.1f}  of {len(seconds)} keys{missed}")


def run(columns: int, lines: int, keys: int, chance: random.Random, folder: str, only: str) -> None:
    """All scenes on a terminal of one size; measured are those with `only` in their names."""
    corpus = "nietzsche" if "CHARLSTM_CORPORA" in os.environ else "aphorisms"
    options = ["--epochs", "100000", "--sample-length", "1000000", "--speed", "80", "--runs", folder]
    argv = [sys.executable, "-m", "tui", corpus, *options]
    print(
        f"{columns}x{lines}, {corpus}, {processor()}, load {os.getloadavg()[0]:.1f}, milliseconds from key to screen:"
    )
    with PseudoTerminal(argv, columns=columns, lines=lines, decoded=False) as terminal:
        watcher = Watcher(terminal, DecodedScreen(columns, lines))
        watcher.wait_for("epoch 1 of", 300)
        watcher.wait_for("Writing · epoch ", 60)
        for scene in SCENES:
            if scene.studio and lines < STUDIO_LINES:
                continue
            terminal.send(scene.keys)
            if scene.studio:
                switch_studio(watcher, on=True)
            if only not in scene.name:
                watcher.watch(1.0)
                watcher.replay()
                continue
            watcher.watch(3.0)
            terminal.send("1")
            watcher.watch(1.0)
            watcher.replay()
            begun, before = time.perf_counter(), screen_seconds(terminal.process)
            pressed = measure(watcher, keys, chance)
            share = (screen_seconds(terminal.process) - before) / (time.perf_counter() - begun)
            times = [None if key.in_header is None else key.in_header - key.at for key in pressed]
            report(f"{scene.name}: the header", times)
            if scene.writes:
                times = [None if key.in_text is None else key.in_text - key.at for key in pressed]
                report(f"{scene.name}: the text", times)
            print(f"  {scene.name}: the thread of the screen takes {share:.1%} of a core")
        terminal.send("q")
        terminal.wait_exit()


def main() -> None:
    """Measure each size of terminal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keys", type=int, default=60, help="keys pressed in each scene (default: 60)")
    parser.add_argument("--random-seed", type=int, default=1)
    parser.add_argument("--scenes", default="", help="measure only scenes with these words in their names")
    given = parser.parse_args()
    chance = random.Random(given.random_seed)
    for columns, lines in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            mark_runs(folder)
            run(columns, lines, given.keys, chance, folder, given.scenes)


if __name__ == "__main__":
    main()
