"""Everything about the terminal outside: who may draw on it, how signals end or suspend the app, and that
it is left as it was found.

Textual draws on `sys.__stderr__` and reads keys from file descriptor 0. Both are rewired here before the app
is built: native libraries, which write to descriptor 2 behind Python's back, then write to a log instead.
"""

from __future__ import annotations

import asyncio
import faulthandler
import io
import os
import select
import signal
import sys
import termios
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.safe_text import shown

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that end the app as `q` does, with exit code 128 + signal."""

_LONGEST_LINE = 5000

LARGEST_LOG = 1_000_000
"""Bytes after which the log of earlier launches is put aside."""

LEAVE_THE_SCREEN = (
    "\x1b[<u"  # keyboard protocol
    "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"  # mouse
    "\x1b[?2004l\x1b[?2048l\x1b[?1004l"  # bracketed paste, resize and focus reports
    "\x1b[?1049l\x1b[?7h\x1b[?25h\x1b[0m"  # main screen, line wrap, cursor, colours
)
"""What takes a terminal out of every mode that Textual puts it into."""


class Screen(io.FileIO):
    """The terminal to draw on. Once it is gone, what is written is dropped and `on_loss` is called, once.

    Textual's writer thread would die of the error, and then the app would wait for it for ever.
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


class ErrorLog:
    """Takes what is written to standard error while the screen is open, by Python or by native libraries.

    `path` is the log, in the user's log folder or, where that cannot be written, in the temporary folder.
    When standard error is not the terminal (`2>errors.txt`), the text of this launch is passed on to it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> ErrorLog:
        sys.stderr.flush()
        log = self._open()
        self._start = os.fstat(log).st_size
        self._kept = os.dup(2)
        os.dup2(log, 2)
        os.close(log)
        faulthandler.enable(2)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            sys.stderr.flush()
        faulthandler.disable()
        os.dup2(self._kept, 2)
        os.close(self._kept)
        if not os.isatty(2) and (text := self.text()):
            with suppress(OSError):
                os.write(2, text.encode())

    def text(self) -> str:
        """What this launch has written so far."""
        try:
            with self.path.open("rb") as log:
                log.seek(self._start)
                return log.read().decode(errors="replace")
        except OSError:
            return ""

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > LARGEST_LOG:
                self.path.replace(self.path.with_suffix(".old.log"))
            return os.open(self.path, flags, 0o600)
        except OSError:
            import tempfile

            descriptor, name = tempfile.mkstemp(prefix="charlstm-tui-", suffix=".log")
            self.path = Path(name)
            return descriptor


def take_standard_input() -> bytes:
    """The text that is piped in, read to its end; descriptor 0 is the keyboard after that.

    Raises:
        OSError: there is no terminal to read keys from.
    """
    keyboard = os.open("/dev/tty", os.O_RDWR)
    try:
        text = sys.stdin.buffer.read()
        os.dup2(keyboard, 0)
    finally:
        os.close(keyboard)
    return text


@contextmanager
def opened_screen() -> Iterator[Screen]:
    """The terminal on standard output as the place where Textual draws, with its settings restored after.

    Waits until the process is in the foreground: a terminal must not be taken from whoever is using it.
    """
    wait_for_foreground()
    settings = termios.tcgetattr(0)
    screen = Screen(os.dup(1))
    before = sys.__stderr__
    drawing = io.TextIOWrapper(io.BufferedWriter(screen), encoding=sys.stdout.encoding, errors="replace")
    sys.__stderr__ = drawing  # type: ignore[misc]
    try:
        yield screen
    except BaseException:
        drawing.write(LEAVE_THE_SCREEN)
        raise
    finally:
        sys.__stderr__ = before  # type: ignore[misc]
        with suppress(termios.error):
            termios.tcsetattr(0, termios.TCSANOW, settings)
        drawing.close()


def run(app: App[Any]) -> int:
    """Run the app on the terminal to its end; the exit code: the app's own, 1 after an error, 128 + signal.

    Signals that end a process end the app in good order, and so does a terminal that goes away. A traceback
    goes to standard error, so it must be called with an ErrorLog in place.
    """
    with opened_screen() as screen:
        try:
            asyncio.run(_attend(app, screen))
        except Exception:
            traceback.print_exc()
            return 1
    if screen.lost:
        return 128 + signal.SIGHUP
    return 1 if app.return_code is None else app.return_code


def say(text: str, *, error: bool = False) -> None:
    """Print a line that no terminal obeys, or an error, after the screen is gone.

    A terminal that is gone as well hears nothing.
    """
    with suppress(OSError):
        os.write(2 if error else 1, f"{shown(text, _LONGEST_LINE)}\n".encode(sys.stdout.encoding, "replace"))


def install(app: App[Any]) -> None:
    """Make Ctrl+Z, `kill -TSTP`, `fg` and `bg` work; call it when the app is mounted on a real terminal.

    It replaces the handlers of Textual's driver, which stop only this process, not a `uv run` around it,
    restart the driver a second time after `kill -STOP`, and leave the screen blank.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTSTP, suspend, app)
    loop.add_signal_handler(signal.SIGCONT, _repaint, app)


def suspend(app: App[Any]) -> None:
    """Give the terminal back to the shell and stop; continues, repainted, when the shell says so.

    Where no shell could wake the process again the kernel does not let it stop, and nothing happens.
    """
    loop = asyncio.get_running_loop()
    with app.suspend():
        # Removing the handlers restores what the kernel does with them: stop, and go on.
        loop.remove_signal_handler(signal.SIGTSTP)
        loop.remove_signal_handler(signal.SIGCONT)
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        wait_for_foreground()
    install(app)


def wait_for_foreground() -> None:
    """Return at once in the foreground; in the background, stop until the shell brings the process back.

    A background process that touches the terminal's settings is stopped by the kernel: this does so and
    changes nothing.
    """
    with suppress(termios.error):
        termios.tcsetattr(0, termios.TCSANOW, termios.tcgetattr(0))


async def _attend(app: App[Any], screen: Screen) -> None:
    loop = asyncio.get_running_loop()
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, _end, app, 128 + number)
    screen.on_loss = lambda: loop.call_soon_threadsafe(_end, app, 128 + signal.SIGHUP)
    app.driver_class = _emptying(app.driver_class)
    try:
        await app.run_async()
    finally:
        screen.on_loss = lambda: None


def _emptying(driver_class: type[Driver]) -> type[Driver]:
    """The driver, but it empties the screen before leaving it: tmux 3.3 would keep a part of one that has grown."""

    class EmptyingDriver(driver_class):  # type: ignore[misc, valid-type]
        def stop_application_mode(self) -> None:
            self.write("\x1b[2J")
            super().stop_application_mode()

    return EmptyingDriver


def _end(app: App[Any], return_code: int) -> None:
    app.exit(return_code=return_code)


def _repaint(app: App[Any]) -> None:
    """Take the terminal again after `kill -STOP` and `-CONT`: in between it belonged to the shell."""
    wait_for_foreground()
    with app.suspend():
        pass
