"""The terminal's file descriptors: 0 for keys, 1 to draw on, and how both are left as they were found.

Textual draws on `sys.__stderr__` and reads keys from descriptor 0. Both are set here before the app is built.
"""

from __future__ import annotations

import io
import os
import select
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from corpora.safe_text import shown
from corpora.sources import all_of_standard_input
from tui.terminal.suspend import wait_for_foreground

_LONGEST_LINE = 5000

LEAVE_THE_SCREEN = (
    "\x1b[<u"  # keyboard protocol
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    "\x1b[?2004l\x1b[?2048l\x1b[?1004l"  # bracketed paste, resize and focus reports
    "\x1b[?1049l\x1b[?7h\x1b[?25h\x1b[0m"  # main screen, line wrap, cursor, colours
)
"""The control sequence that resets every mode that Textual sets."""


class DrawingTerminal(io.FileIO):
    """The terminal to draw on. When it is gone, writes are dropped and `on_loss` is called once.

    Without this, Textual's writer thread would die of the error, and the app would wait for it for ever.
    """

    def __init__(self, descriptor: int) -> None:
        super().__init__(descriptor, "wb")
        self.lost = False
        self.on_loss: Callable[[], object] = lambda: None

    def write(self, data: Any, /) -> int:
        """Write all of `data`, waiting where the terminal is slow."""
        try:
            while (written := super().write(data)) is None:
                select.select([], [self], [])
            return written
        except OSError:
            if not self.lost:
                self.lost = True
                self.on_loss()
            return len(data)


@contextmanager
def opened_terminal() -> Iterator[DrawingTerminal]:
    """Let Textual draw on the terminal behind standard output; its settings are restored at the end.

    Waits until the process is in the foreground: another program may be using the terminal.
    """
    wait_for_foreground()
    settings = termios.tcgetattr(0)
    terminal = DrawingTerminal(os.dup(1))
    before = sys.__stderr__
    drawing = io.TextIOWrapper(io.BufferedWriter(terminal), encoding=sys.stdout.encoding, errors="replace")
    sys.__stderr__ = drawing  # type: ignore[misc]
    try:
        yield terminal
    except BaseException:
        drawing.write(LEAVE_THE_SCREEN)
        raise
    finally:
        sys.__stderr__ = before  # type: ignore[misc]
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, settings)
        drawing.close()


def take_standard_input() -> bytes:
    """Read standard input to its end, saying so on the terminal meanwhile; then make the keyboard descriptor 0.

    No screen is open yet: the program that the text comes from may write on the terminal, or ask for a password there.

    Raises:
        CorpusError: standard input is a terminal, closed, or cannot be read.
        OSError: there is no terminal to read keys from.
    """
    keyboard = os.open("/dev/tty", os.O_RDWR)

    def say_here(words: str) -> None:
        os.write(keyboard, f"\r\x1b[K{words}".encode())

    try:
        say_here("reading standard input")
        text = all_of_standard_input(None, lambda progress: say_here(f"reading standard input: {progress.words}"))
        os.dup2(keyboard, 0)
    finally:
        say_here("")
        os.close(keyboard)
    return text


def say(text: str, *, error: bool = False) -> None:
    """Print a line to standard output or error after the screen is closed, without control characters.

    Nothing happens where the terminal is gone.
    """
    with suppress(OSError):
        os.write(2 if error else 1, f"{shown(text, _LONGEST_LINE)}\n".encode(sys.stdout.encoding, "replace"))
