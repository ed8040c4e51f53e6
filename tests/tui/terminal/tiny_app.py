"""A tiny app on the terminal, run as charlstm-tui runs its own: what `test_terminal.py` looks at.

Keys: q quits, z suspends, n lets a native library write to descriptor 2, x raises, a aborts the process.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.events import Resize
from textual.widgets import Static

from tui.terminal.descriptors import say
from tui.terminal.error_log import ErrorLog
from tui.terminal.signals import run
from tui.terminal.suspend import install, suspend
from tui.terminal.watchdog import TerminalGuard

KEYS = {"q": "exit", "z": "stop", "n": "native", "x": "crash", "a": "abort"}


class TinyApp(App[None]):
    BINDINGS: ClassVar = [(key, name, "") for key, name in KEYS.items()]

    def compose(self) -> ComposeResult:
        yield Static("tiny app is here", id="text")

    def on_mount(self) -> None:
        install(self)

    def on_resize(self, event: Resize) -> None:
        self.query_one(Static).update(f"tiny app is here, {event.size.width}x{event.size.height}")

    def action_exit(self) -> None:
        self.exit(return_code=0)

    def action_stop(self) -> None:
        suspend(self)

    def action_native(self) -> None:
        def write() -> None:
            os.write(2, b"a native library speaks\n")
            print("python speaks")
            self.call_from_thread(self.query_one(Static).update, "spoken")

        threading.Thread(target=write).start()

    def action_crash(self) -> None:
        raise ZeroDivisionError("seen only in the log")

    def action_abort(self) -> None:
        os.abort()


if __name__ == "__main__":
    with ErrorLog(Path(sys.argv[1])) as log:
        with TerminalGuard(log) as guard:
            guard.arm()
            code = run(TinyApp())
        say(f"over with {code}")
    sys.exit(code)
