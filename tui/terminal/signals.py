"""Runs the app on the terminal until it ends, a signal ends it, or the terminal goes away."""

from __future__ import annotations

import asyncio
import signal
import traceback
from typing import TYPE_CHECKING, Any

from tui.terminal.descriptors import DrawingTerminal, opened_terminal
from tui.terminal.own_cells import settled

if TYPE_CHECKING:
    from textual.app import App
    from textual.driver import Driver

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""The signals that end the app in good order, with exit code 128 + signal."""


def run(app: App[Any]) -> int:
    """Run the app on the terminal to its end.

    Call it with an ErrorLog in place: a traceback goes to standard error.

    Returns:
        The app's own exit code, 1 after an error, 128 + signal after a signal or when the terminal went away.
    """
    with opened_terminal() as terminal:
        try:
            asyncio.run(_attend(app, terminal))
        except Exception:
            traceback.print_exc()
            return 1
    if terminal.lost:
        return 128 + signal.SIGHUP
    return 1 if app.return_code is None else app.return_code


async def _attend(app: App[Any], terminal: DrawingTerminal) -> None:
    loop = asyncio.get_running_loop()
    for number in ENDING_SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, _end, app, 128 + number)
    terminal.on_loss = lambda: loop.call_soon_threadsafe(_end, app, 128 + signal.SIGHUP)
    app.driver_class = _emptying(app.driver_class)
    try:
        await app.run_async()
    finally:
        terminal.on_loss = lambda: None


def _emptying(driver_class: type[Driver]) -> type[Driver]:
    """A driver that empties the screen before leaving it: tmux 3.3 would keep a part of one that has grown.

    On the way to the terminal, it gives spacing marks their cells.
    """

    class EmptyingDriver(driver_class):  # type: ignore[misc, valid-type]
        def write(self, data: str) -> None:
            super().write(settled(data))

        def stop_application_mode(self) -> None:
            self.write("\x1b[2J")
            super().stop_application_mode()

    return EmptyingDriver


def _end(app: App[Any], return_code: int) -> None:
    app.exit(return_code=return_code)
