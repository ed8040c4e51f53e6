"""Suspending to the shell and coming back: Ctrl+Z, `kill -TSTP`, `fg` and `bg`."""

from __future__ import annotations

import asyncio
import os
import signal
import termios
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App


def install(app: App[Any]) -> None:
    """Make Ctrl+Z, `kill -TSTP`, `fg` and `bg` work; call it when the app is mounted on a real terminal.

    It replaces the handlers of Textual's driver, which stop only this process, not a `uv run` around it, restart the
    driver a second time after `kill -STOP`, and leave the screen blank.
    """
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTSTP, suspend, app)
    loop.add_signal_handler(signal.SIGCONT, _repaint, app)


def suspend(app: App[Any]) -> None:
    """Give the terminal back to the shell and stop; the screen is drawn again when the shell resumes the process.

    Nothing happens where no shell could resume it: there the kernel does not let it stop.
    """
    loop = asyncio.get_running_loop()
    with app.suspend():
        # Removing the handlers restores the kernel's own reaction: stop and continue.
        loop.remove_signal_handler(signal.SIGTSTP)
        loop.remove_signal_handler(signal.SIGCONT)
        os.killpg(os.getpgrp(), signal.SIGTSTP)
        wait_for_foreground()
    install(app)


def wait_for_foreground() -> None:
    """Return at once in the foreground; in the background, stop until the shell brings the process back.

    The kernel stops a background process that changes the terminal's settings: this sets them to what they are.
    """
    with suppress(termios.error):
        termios.tcsetattr(0, termios.TCSANOW, termios.tcgetattr(0))


def _repaint(app: App[Any]) -> None:
    """Take the terminal again after `kill -STOP` and `-CONT`: in between the shell had it."""
    wait_for_foreground()
    with app.suspend():
        pass
