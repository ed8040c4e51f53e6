"""Trainings by several processes of this machine, as a person starts them: one command line each."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

from model.cli import main
from tests.patience import PATIENCE

ROOT = Path(__file__).parents[2]
_MAIN = "import sys; from model.cli import main; sys.exit(main())"


@dataclass(frozen=True)
class Ended:
    """What became of a process."""

    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def losses(self) -> list[float]:
        """Of the steps, in their order."""
        return [event["loss"] for event in self.events if event["event"] == "step"]


def free_port() -> int:
    """One that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def start(arguments: Sequence[str], program: str = _MAIN, **environment: str) -> subprocess.Popen[str]:
    """A process of `charlstm train`, which prints JSON."""
    return subprocess.Popen(
        [sys.executable, "-c", program, "train", *arguments, "--json"],
        cwd=ROOT,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        bufsize=1,
    )


def end(process: subprocess.Popen[str]) -> Ended:
    """Its end, awaited."""
    out, err = process.communicate(timeout=4 * PATIENCE)
    return Ended(process.returncode, out, err)


def alone(*arguments: str, program: str = _MAIN) -> Ended:
    """One process, to its end."""
    return end(start(arguments, program))


def here(*arguments: str) -> Ended:
    """The same in this process, whose JAX has started; complaints go where those of the tests go."""
    with redirect_stdout(StringIO()) as out:
        code = main(["train", *arguments, "--json"])
    return Ended(code, out.getvalue(), "")


@contextmanager
def together(processes: int, *arguments: str, port: int = 0) -> Iterator[list[subprocess.Popen[str]]]:
    """Many processes, one device each; the last one is started first."""
    port = port or free_port()
    shared = ["--devices", "1", "--coordinator", f"127.0.0.1:{port}", "--processes", str(processes), *arguments]
    started = [start([*shared, "--process", str(each)]) for each in reversed(range(processes))]
    try:
        yield started[::-1]
    finally:
        for process in started:
            if process.poll() is None:
                os.kill(process.pid, signal.SIGKILL)
            process.communicate()


def by_many(processes: int, *arguments: str) -> list[Ended]:
    """Many processes, to their end."""
    with together(processes, *arguments) as started:
        return [end(process) for process in started]
