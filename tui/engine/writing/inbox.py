"""Inbox: how commands reach the writer's thread. It waits on the inbox alone, so a command never waits for it."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue

from tui.engine.writing.writer_commands import WriterCommand


class Inbox:
    """Any thread may call `put` and `close`; one calls the others."""

    def __init__(self) -> None:
        self._commands: SimpleQueue[WriterCommand | None] = SimpleQueue()
        self.closed = False

    def put(self, command: WriterCommand) -> None:
        """Have a command taken before the next character."""
        self._commands.put(command)

    def close(self) -> None:
        """End a waiting `take`; what is still in the inbox is not taken any more."""
        self.closed = True
        self._commands.put(None)

    def take(self, obey: Callable[[WriterCommand], None], wait: float | None) -> None:
        """Obey all commands that are in it, waiting for the first up to `wait` seconds."""
        try:
            while not self.closed:
                command = self._commands.get(timeout=wait)
                if command is not None:
                    obey(command)
                wait = 0.0
        except Empty:
            pass
