"""What writing costs training: steps a second while the streams are written, beside the same with writing paused.

Run by hand: uv run python tests/benchmarks/writing_cost.py [--recipe R] [--speed N]. The engine trains and writes as it
does for the screen, without one; writing is paused and resumed in turn, and each ratio is one pair of windows.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from textual.message import Message

from model.devices.local_devices import cores
from model.events import Finished, Progress
from model.recipe import PRESETS
from tui.engine.local_engine import ThreadEngine
from tui.engine.messages import EngineFailed, TrainingEvent
from tui.engine.writing.items import Written
from tui.keys.key_commands import PauseWriting, SetSpeed
from tui.launch import Launch

SETTLE = 0.5
"""Seconds after each change that are not measured."""
DRAIN = 1 / 40


class Window(NamedTuple):
    """What was measured over some seconds."""

    steps: int
    seconds: float
    characters: int
    """Of all streams."""
    cpu: float
    """Seconds of processor time of the thread that writes: all that it does is done in it."""

    @property
    def pace(self) -> float:
        """Steps a second."""
        return self.steps / self.seconds


class Measured:
    """The engine, and the last step that it has reported."""

    def __init__(self, launch: Launch, speed: float) -> None:
        self.engine = ThreadEngine()
        self.last: Progress | None = None
        self.failure = ""
        self.written = 0
        self.engine.start(launch, self._hear)
        self.engine.send(SetSpeed(speed))

    def _hear(self, message: Message) -> None:
        match message:
            case EngineFailed(sentence=sentence):
                self.failure = sentence
            case TrainingEvent(event=Progress() as event):
                self.last = event
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

    def cpu(self) -> float:
        """Seconds of processor time that writing has taken."""
        (writing,) = (thread for thread in threading.enumerate() if thread.name == "writing")
        assert writing.ident
        return time.clock_gettime(time.pthread_getcpuclockid(writing.ident))

    def window(self, seconds: float, *, writing: bool) -> Window:
        """Over so many seconds."""
        self.engine.send(PauseWriting(not writing))
        self.drain(SETTLE)
        first = self.last
        assert first
        begun, cpu, written = time.perf_counter(), self.cpu(), self.written
        self.drain(seconds)
        assert self.last
        now, characters = time.perf_counter(), self.written - written
        return Window(self.last.step - first.step, now - begun, characters, self.cpu() - cpu)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recipe", default="fast", choices=PRESETS)
    parser.add_argument("--speed", type=float, default=80.0, help="characters a second a stream (default: 80)")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each window (default: 4)")
    given = parser.parse_args()
    recipe = replace(PRESETS[given.recipe], epochs=10_000, sample_length=1_000_000)
    corpus = "nietzsche" if "CHARLSTM_CORPORA" in os.environ else "aphorisms"
    with tempfile.TemporaryDirectory() as folder:
        measured = Measured(Launch(corpus=(corpus,), recipe=recipe, runs=Path(folder)), given.speed)
        while measured.last is None or measured.last.step < 100:
            measured.drain(0.2)
        pairs = []
        for number in range(given.rounds):
            order = (True, False) if number % 2 else (False, True)
            windows = {writing: measured.window(given.seconds, writing=writing) for writing in order}
            pairs.append((windows[False], windows[True]))
        measured.engine.stop(10)
    ratios = sorted(off.pace / on.pace - 1 for off, on in pairs)
    off, on = (statistics.median(window.pace for window in each) for each in zip(*pairs, strict=True))
    lowest, middle, highest = (f"{each:.1%}" for each in (ratios[0], statistics.median(ratios), ratios[-1]))
    share = statistics.median(on.cpu / on.seconds for _, on in pairs)
    speed = statistics.median(on.characters / on.seconds for _, on in pairs) / recipe.streams
    streams = f"{recipe.streams} streams at {given.speed:g} characters a second"
    print(f"{given.recipe} on {corpus}, {streams}, load {os.getloadavg()[0]:.1f}")
    print(f"  steps a second: {off:.1f} without writing, {on:.1f} with it")
    print(f"  training is slowed by {middle} (median of {len(ratios)} pairs; {lowest} to {highest})")
    print(f"  writing {speed:.0f} characters a second a stream takes {share:.1%} of the time of one core, of {cores()}")


if __name__ == "__main__":
    main()
