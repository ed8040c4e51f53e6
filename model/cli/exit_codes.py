"""How a command ends: the exit code for an exception, and the signals that stop it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

from model.cli.console import complain
from model.options.explaining.explained_errors import explained


def exit_code(work: Callable[[], int]) -> int:
    """Do the work; print what went wrong. Returns the exit code. A bug in the program is raised again."""
    try:
        return work()
    except (Exception, KeyboardInterrupt) as error:
        explanation = explained(error)
        if not explanation.expected:
            raise
        if explanation.sentence:
            complain(explanation.sentence)
        if isinstance(error, OSError):
            _drop_output()
        return explanation.exit_code


@contextmanager
def stopping(stop: Callable[[], None]) -> Iterator[list[int]]:
    """Call `stop` on signals that would end the process; a second signal raises KeyboardInterrupt.

    Yields:
        The signals received so far.
    """
    received: list[int] = []

    def receive(number: int, frame: FrameType | None) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)
        stop()

    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # nohup lets a program survive the end of its terminal.
        if number is not None and not (name == "SIGHUP" and signal.getsignal(number) == signal.SIG_IGN):
            before[number] = signal.signal(number, receive)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _drop_output() -> None:
    """Send what Python flushes at exit to nowhere: the reader of the output is gone."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
