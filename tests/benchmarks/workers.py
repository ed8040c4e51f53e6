"""Engines to measure: each in its own process and environment, measured in turn.

A process does nothing until it is asked. All engines measure in every round, so a change in the machine's load affects
all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
PEERS = {
    "keras-tensorflow": ("keras", "tensorflow-cpu"),
    "keras-jax": ("keras", "jax"),
    "torch": ("torch", "numpy"),
}
"""Each peer's packages."""

Measure = Callable[[float], dict[str, float]]
"""Measures for this many seconds and returns the figures."""


class WorkerError(Exception):
    """An engine's process ended too early. The message is the last line of its error output."""


class Worker:
    """An engine in its own process, which does nothing until it is asked."""

    def __init__(self, python: str | Path, module: str, arguments: Sequence[str]) -> None:
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )

    def ask(self, seconds: float) -> dict[str, float]:
        """Measure for about this many seconds. The first time, the engine prepares and warms up before.

        Raises WorkerError if the process has ended.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # the missing answer below says why
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._process.wait()
            self._errors.seek(0)
            lines = self._errors.read().strip().splitlines()
            raise WorkerError(lines[-1] if lines else f"ended with code {self._process.returncode}")
        measured: dict[str, float] = json.loads(answer)
        return measured

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()


def serve(prepare: Callable[[], Measure]) -> None:
    """Be a worker: answer each line of seconds with a line of JSON. Output of libraries goes to the error output.

    What was measured is answered with how many cores the process kept busy meanwhile, and its peak memory.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    measure: Measure | None = None
    for line in sys.stdin:
        measure = measure or prepare()
        processor, clock = time.process_time(), time.perf_counter()
        measured = measure(float(line))
        cores = (time.process_time() - processor) / (time.perf_counter() - clock)
        print(json.dumps(measured | {"cores": cores, "memory": peak_memory()}), file=answers, flush=True)


def peak_memory() -> float:
    """Peak memory of this process, in MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def add_peer_options(parser: argparse.ArgumentParser, peers: Iterable[str]) -> None:
    """Add the options for peers, their environments and the measuring time."""
    names = tuple(peers)
    parser.add_argument("--peers", nargs="*", choices=names, default=names, help="peers to measure (default: all)")
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        type=ready_environment,
        metavar="NAME=PATH",
        help="use this virtual environment for a peer instead of one in the cache folder",
    )
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each engine (default: 5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of each measurement (default: 4)")


def ready_environment(text: str) -> tuple[str, Path]:
    """The peer and its Python, from NAME=PATH."""
    name, _, path = text.partition("=")
    python = python_of(Path(path).absolute())
    if name not in PEERS or not python.exists():
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(PEERS)} with a virtual environment")
    return name, python


def environments(given: argparse.Namespace) -> dict[str, Path]:
    """The Python of each chosen peer. If a peer's environment cannot be made, print why and leave the peer out."""
    ready = dict(given.environment)
    found: dict[str, Path] = {}
    for name in given.peers:
        try:
            found[name] = ready[name] if name in ready else make_environment(name)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name} is left out: no environment for it ({error}).")
    return found


def make_environment(name: str) -> Path:
    """The Python of a peer's environment in the cache folder. Make the environment if it is missing."""
    import platformdirs

    folder = platformdirs.user_cache_path("charlstm", appauthor=False) / "peers" / name
    complete = folder / "whole"
    if not complete.exists():
        uv = shutil.which("uv")
        if uv is None:
            raise FileNotFoundError("uv, which makes it, is not installed")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python_of(folder), *PEERS[name]], check=True)
        complete.touch()
    return python_of(folder)


def python_of(environment: Path) -> Path:
    """A virtual environment's Python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def repeat(step: Callable[[], object]) -> Measure:
    """A measure of the time of one step, in milliseconds, after three steps to warm up."""
    for _ in range(3):
        step()

    def measure(seconds: float) -> dict[str, float]:
        steps, begun = 0, time.perf_counter()
        while (spent := time.perf_counter() - begun) < seconds:
            step()
            steps += 1
        return {"ms": 1000 * spent / steps}

    return measure


class Row(NamedTuple):
    """One row of a table: an engine and the arguments of its process."""

    name: str
    python: str | Path
    arguments: tuple[str, ...]


def measure_in_turn(module: str, rows: Sequence[Row], rounds: int, seconds: float) -> dict[str, list[dict[str, float]]]:
    """What each row's engine measured in each round. The first round warms up and does not count.

    If an engine fails, print why and leave it out.
    """
    measured: dict[str, list[dict[str, float]]] = {}
    with ExitStack() as stack:
        workers = {}
        for row in rows:
            workers[row.name] = worker = Worker(row.python, module, row.arguments)
            stack.callback(worker.close)
        for counts in [False, *[True] * rounds]:
            for name, worker in list(workers.items()):
                try:
                    answer = worker.ask(seconds if counts else min(seconds, 1.0))
                except WorkerError as error:
                    print(f"{name} is left out: {error}")
                    measured.pop(name, None)
                    del workers[name]
                    continue
                if counts:
                    measured.setdefault(name, []).append(answer)
    return measured


def median(measured: Sequence[Mapping[str, float]], what: str) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(each[what] for each in measured)


def ratio(first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]], what: str = "ms") -> float:
    """The first engine's figure divided by the second's in the same round; the median over the rounds."""
    return statistics.median(one[what] / other[what] for one, other in zip(first, second, strict=True))
