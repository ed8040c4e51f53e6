"""Stoppable: what works in a thread of its own, on what other threads ask for, until it is stopped."""

from __future__ import annotations

import threading


class Stoppable:
    """Any thread may call `stop`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        """Held to change or to take what is asked for."""
        self._stopped = False

    def stop(self) -> None:
        """Let the thread return within a few tokens."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
