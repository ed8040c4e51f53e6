"""One process of several that train together, run in a child process.

If another process is lost, JAX ends this one at once, and nothing can prevent that. The parent then says in a sentence
what happened.
"""

from __future__ import annotations

import os
import re
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from model.cli.console import complain
from model.options.explaining.explained_errors import PEER_LOST
from model.options.process_start import prepare_streams

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_KILLED = 137
_LAST_SECONDS = 5.0
"""Time between a second signal and the end of a process that ignores signals."""


def guarded(process: int | None, advice: str, work: Callable[[], int]) -> int:
    """Do the work of one process. Returns the exit code.

    Args:
        process: its number, from 0; None if only JAX knows it.
        advice: what to do when the training has broken off, in a sentence.
        work: done in the child, whose file descriptors 1 and 2 are a log, because native libraries write there;
            Python's own output goes where it would.
    """
    if not hasattr(os, "fork"):
        return work()
    with tempfile.TemporaryFile() as log:
        alive, still_here = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(still_here)
            code = 1
            try:
                code = _work(work, log.fileno(), alive)
            finally:
                os._exit(code)
        os.close(alive)
        status, passed_on = _wait(child)
        os.close(still_here)
        if os.WIFEXITED(status):
            return os.WEXITSTATUS(status)
        if passed_on:
            return 128 + passed_on[0]
        log.seek(0)
        said = log.read().decode(errors="replace")
    if happened := _what_happened(said, process):
        complain(f"{happened} {advice}")
        return PEER_LOST
    name = signal.Signals(os.WTERMSIG(status)).name
    last = next(iter(said.strip().splitlines()[-1:]), "nothing")
    complain(f"{name} ended this process; its last words were: {last}. {advice}")
    return 128 + os.WTERMSIG(status)


def _work(work: Callable[[], int], log: int, alive: int) -> int:
    """In the child: redirect the output and do the work."""
    os.setpgid(0, 0)  # so that each signal comes once: by way of the parent
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        stream.flush()
        replaced = open(os.dup(number), "w", encoding=stream.encoding, closefd=True)  # noqa: SIM115 - to the end
        setattr(sys, "stdout" if number == 1 else "stderr", replaced)
    prepare_streams()
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        code = work()
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _end_with_parent(alive: int) -> None:
    """End the child when the parent is killed."""
    os.read(alive, 1)
    os._exit(_KILLED)


def _wait(child: int) -> tuple[int, list[int]]:
    """Wait for the child's end, and pass signals on to it; its status, and the signals.

    It handles none while it waits for the other processes: after a second one it gets a few seconds more.
    """
    passed_on: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        passed_on.append(number)
        with suppress(ProcessLookupError):
            os.kill(child, number)
        if len(passed_on) == 2:
            kill = threading.Timer(_LAST_SECONDS, os.kill, (child, signal.SIGKILL))
            kill.daemon = True
            kill.start()

    numbers = [number for name in _SIGNALS if signal.getsignal(number := getattr(signal, name)) != signal.SIG_IGN]
    before = {number: signal.signal(number, pass_on) for number in numbers}
    try:
        return os.waitpid(child, 0)[1], passed_on
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _what_happened(said: str, process: int | None) -> str:
    """What JAX printed before it ended the child, as a sentence; empty if it was not about other processes."""
    if "stopped sending heartbeats" in said:
        numbers = re.search(r"stopped sending heartbeats\):\s*(\d+)", said)
        return f"Process {numbers[1] if numbers else '?'} has died: it no longer answers."
    if "RegisterTask" in said:
        return "Not all processes have come in time."
    if "distributed service detected fatal errors" in said:
        return "Process 0, which keeps the run, has died." if process else "Another process has died."
    return ""
