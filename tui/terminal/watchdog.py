"""A second process that restores the terminal if the first one dies suddenly.

An abort inside a native library, the kernel's out-of-memory killer and `kill -9` leave no time to clean up:
the terminal would stay on the app's screen, without echo, reporting every movement of the mouse.
"""

from __future__ import annotations

import os
import signal
import termios
from contextlib import suppress
from types import TracebackType
from typing import Any

from tui.terminal.descriptors import LEAVE_THE_SCREEN
from tui.terminal.error_log import ErrorLog

LAST_WORDS = 3
"""Lines of the log that are shown after a death: what a native library says before it aborts."""


class TerminalGuard:
    """Watches, from a forked process, over the terminal while a `with` block has it.

    Enter it early, while the process is small and has one thread, and `arm` it when the screen is taken.
    """

    def __init__(self, log: ErrorLog) -> None:
        self._log = log

    def __enter__(self) -> TerminalGuard:
        settings = termios.tcgetattr(0)
        watched, self._line = os.pipe()
        self._process = os.fork()
        if self._process == 0:
            try:
                os.close(self._line)
                _watch(watched, settings, self._log)
            finally:
                os._exit(0)
        os.close(watched)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._line, b"-")
        os.close(self._line)
        os.waitpid(self._process, 0)

    def arm(self) -> None:
        """From here to the end of the block, a death leaves a terminal to be restored."""
        os.write(self._line, b"+")


def _watch(line: int, settings: list[Any], log: ErrorLog) -> None:
    """Wait for the first process to end, well (its last word is '-') or not ('+')."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_IGN)
    last = b""
    while word := os.read(line, 1):
        last = word
    if last == b"+":
        native = log.text().partition("Fatal Python error")[0].splitlines()[-LAST_WORDS:]
        sentence = f"charlstm-tui was killed, from outside or by a native library; its log is {log.path}"
        with suppress(OSError, termios.error):
            os.write(1, LEAVE_THE_SCREEN.encode())
            termios.tcsetattr(0, termios.TCSANOW, settings)
            os.write(1, "\n".join([*native, sentence, ""]).encode())
