"""What writing costs training: steps while the streams are written, beside the same with writing paused.

Run by hand: uv run python tests/benchmarks/writing_cost.py [--recipe R] [--speed N]. The engine trains and writes as it
does for the screen, without one; writing is paused and resumed in turn, and each ratio is one pair of windows. By the
clock it is what a user of a quiet machine sees. On a busy one only processor time tells: what a step takes of it, and
what writing takes of the cores that training would have.
"""

from __future__ import annotations

import argparse
import math
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from textual.message import Message

from model.devices.jax_setup import cores
from model.recipe import PRESETS
from model.training.events import Finished, Progress
from tui.engine.local_engine import ThreadEngine
from tui.engine.messages import EngineFailed, TrainingEvent
from tui.engine.writing.items import Written
from tui.keys.key_commands import PauseWriting, SetSpeed
from tui.launch import Launch

SETTLE = 0.3
"""Seconds after each change that are not measured."""
DRAIN = 1 / 40
MOST = 0.03
"""By so much training may be slowed."""


class Reading(NamedTuple):
    """The clocks when the trainer reported a step, or between two such moments what they have advanced by."""

    steps: int
    seconds: float
    """By the clock on the wall, and of processor time:"""
    training: float
    writing: float
    """All that is not training: also what looks for copies, and the screen's part here."""

    def since(self, before: Reading) -> Reading:
        """From another moment to this."""
        return Reading(*(now - then for now, then in zip(self, before, strict=True)))


class Measured:
    """The engine, and the last step that it has reported."""

    def __init__(self, launch: Launch, speed: float) -> None:
        self.engine = ThreadEngine()
        self.last: Reading | None = None
        self.failure = ""
        self.written = 0
        self.engine.start(launch, self._hear)
        self.engine.send(SetSpeed(speed))

    def _hear(self, message: Message) -> None:
        """Called in the thread that trains."""
        match message:
            case EngineFailed(sentence=sentence):
                self.failure = sentence
            case TrainingEvent(event=Progress(step=step)):
                training = trained_seconds()
                self.last = Reading(step, time.perf_counter(), training, time.process_time() - training)
            case TrainingEvent(event=Finished()):
                self.failure = "The training ended too early."

    def drain(self, seconds: float) -> None:
        """Take what is written, as the screen does."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if self.failure:
                raise SystemExit(self.failure)
            self.written += sum(isinstance(item, Written) for item in self.engine.buffer.drain(512))
            time.sleep(DRAIN)

    def until_reported(self) -> Reading:
        """The next step that is reported."""
        before = self.last
        while self.last is before or self.last is None:
            self.drain(DRAIN)
        return self.last

    def window(self, seconds: float, *, writing: bool) -> tuple[Reading, int]:
        """What so many seconds took, and the characters that were written in them."""
        self.engine.send(PauseWriting(not writing))
        self.drain(SETTLE)
        first, written = self.until_reported(), self.written
        self.drain(seconds)
        return self.until_reported().since(first), self.written - written


def trained_seconds() -> float:
    """Processor time of the thread that trains, in which it is called, and of those that compute for it.

    They have its niceness, and no others.
    """
    niceness, nanoseconds = os.getpriority(os.PRIO_PROCESS, threading.get_native_id()), 0
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has ended
            if os.getpriority(os.PRIO_PROCESS, int(thread.name)) == niceness:
                nanoseconds += int((thread / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def told(ratios: Sequence[float]) -> str:
    """The median of ratios, between which bounds it lies (95 %), and whether that is more than is allowed."""
    ordered, n = sorted(ratios), len(ratios)
    first = max(0, math.floor(n / 2 - 0.98 * math.sqrt(n)))
    low, high = ordered[first], ordered[n - 1 - first]
    verdict = "at most" if high <= MOST else "more than" if low > MOST else "with more --rounds, perhaps at most"
    return f"{statistics.median(ratios):+.1%} ({low:+.1%} to {high:+.1%}: {verdict} {MOST:.0%})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="fast", choices=PRESETS)
    parser.add_argument("--speed", type=float, default=80.0, help="characters a second a stream (default: 80)")
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=1.5, help="of each window (default: 1.5)")
    given = parser.parse_args()
    recipe = replace(PRESETS[given.recipe], epochs=10_000, sample_length=1_000_000)
    corpus = "nietzsche" if "CHARLSTM_CORPORA" in os.environ else "aphorisms"
    with tempfile.TemporaryDirectory() as folder:
        measured = Measured(Launch(corpus=(corpus,), recipe=recipe, runs=Path(folder)), given.speed)
        while measured.last is None or measured.last.steps < 100:
            measured.drain(0.2)
        pairs = []
        for number in range(given.rounds):
            order = (True, False) if number % 2 else (False, True)
            windows = {writing: measured.window(given.seconds, writing=writing) for writing in order}
            pairs.append((windows[False], windows[True]))
        measured.engine.stop(10)
    off, on = ([each[which][0] for each in pairs] for which in (0, 1))
    pace_off, pace_on = (statistics.median(each.steps / each.seconds for each in which) for which in (off, on))
    by_clock = [less.steps / less.seconds / (more.steps / more.seconds) - 1 for less, more in zip(off, on, strict=True)]
    dearer = [more.training / more.steps / (less.training / less.steps) - 1 for less, more in zip(off, on, strict=True)]
    shares = [more.writing / more.seconds - less.writing / less.seconds for less, more in zip(off, on, strict=True)]
    alone = [(1 + each) / (1 - share / cores()) - 1 for each, share in zip(dearer, shares, strict=True)]
    speed = statistics.median(each[1][1] / each[1][0].seconds for each in pairs) / recipe.streams
    streams = f"{recipe.streams} streams at {given.speed:g} characters a second"
    print(f"{given.recipe} on {corpus}, {streams}, {len(pairs)} pairs, load {os.getloadavg()[0]:.1f}")
    print(f"  steps a second: {pace_off:.1f} without writing, {pace_on:.1f} with it")
    print(f"  training is slowed, by the clock: {told(by_clock)}")
    print(f"  a step takes more processor time: {told(dearer)}")
    print(f"  writing {speed:.0f} characters a second a stream takes {statistics.median(shares):.1%} of a core")
    print(f"  so training alone on {cores()} cores is slowed: {told(alone)}")


if __name__ == "__main__":
    main()
