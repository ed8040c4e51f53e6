"""One process of a training by many: kept apart from what JAX prints, and from the way it ends.

Where another process is gone JAX ends this one at once, without a way to object. So the work is done in a child, and
its parent says in a sentence what happened.
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

from model.cli.console import complain, prepare_output

LOST = 3
"""Exit code where another process of the training is gone."""

_SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
_KILLED = 137
_LAST_SECONDS = 5.0
"""Between the second signal and the end of a process that heeds none."""


def guarded(process: int | None, advice: str, work: Callable[[], int]) -> int:
    """Do the work of one process; the exit code.

    Args:
        process: its number, from 0; None where only JAX will find it out.
        advice: what to do when the training has broken off, in a sentence.
        work: done in a child of this process, whose file descriptors 1 and 2 are a log, for native libraries write
            there as they please; Python's own output goes where it would.
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
        return LOST
    name = signal.Signals(os.WTERMSIG(status)).name
    last = next(iter(said.strip().splitlines()[-1:]), "nothing")
    complain(f"{name} has ended this process; the last that it said is: {last}. {advice}")
    return 128 + os.WTERMSIG(status)


def _work(work: Callable[[], int], log: int, alive: int) -> int:
    """In the child: set it apart, and do the work."""
    os.setpgid(0, 0)  # so that each signal comes once: by way of the parent
    threading.Thread(target=_end_with_parent, args=(alive,), daemon=True).start()
    for number, stream in ((1, sys.stdout), (2, sys.stderr)):
        stream.flush()
        replaced = open(os.dup(number), "w", encoding=stream.encoding, closefd=True)  # noqa: SIM115 - to the end
        setattr(sys, "stdout" if number == 1 else "stderr", replaced)
    prepare_output()
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
    """Whoever kills the parent means the child."""
    os.read(alive, 1)
    os._exit(_KILLED)


def _wait(child: int) -> tuple[int, list[int]]:
    """Until the child has ended, passing signals on to it; its status, and the signals.

    While it waits for the other processes it heeds none: after a second one it gets a few seconds more.
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
    """What JAX has said before it ended the child, as a sentence; empty where it said nothing of other processes."""
    if "stopped sending heartbeats" in said:
        numbers = re.search(r"stopped sending heartbeats\):\s*(\d+)", said)
        return f"Process {numbers[1] if numbers else '?'} is gone: it no longer answers."
    if "RegisterTask" in said:
        return "Not all processes have come in time."
    if "distributed service detected fatal errors" in said:
        return "Process 0 is gone, which led the training." if process else "Another process is gone."
    return ""
