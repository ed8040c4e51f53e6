"""Engine: all that the screen knows of what trains and writes.

`tui.engine.local_engine` trains; `tui.engine.watching.watching_engine` follows a run that is trained elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from textual.message import Message

    from tui.engine.writing.token_buffer import TokenBuffer
    from tui.keys.key_commands import Command
    from tui.keys.screen_settings import ScreenSettings
    from tui.launch import Launch


class KeptRun(NamedTuple):
    """A run as it is on the disk now."""

    folder: str
    reference: str
    """What names it on a command line."""
    step: int | None
    """Optimiser steps of its newest state; None where there is none."""


class Engine(Protocol):
    """Trains, or follows a training, in one thread and writes in another; only `stop` waits."""

    @property
    def buffer(self) -> TokenBuffer:
        """The written text, drained by the screen's timer."""
        ...

    def start(self, launch: Launch, post: Callable[[Message], object]) -> None:
        """Begin what was asked for; `post` takes a message for the screen from any thread without blocking."""
        ...

    def send(self, command: Command) -> None:
        """Pass on what a key asked for; takes effect on the next character or chunk."""
        ...

    def keep_settings(self, settings: ScreenSettings) -> None:
        """Keep in the run's folder what the user has set on the screen; a run that is only watched keeps nothing."""
        ...

    def save_text(self, text: str) -> Path:
        """Write a text to a new file, in the run's folder or, where this program has no run open, in the current one.

        It waits for the disk. Returns the file.

        Raises:
            CharlstmError: the run's folder was removed.
            OSError: the file cannot be written.
        """
        ...

    def kept_run(self) -> KeptRun | None:
        """What is kept of the run, and where its folder is now, which may have been moved; None where nothing is."""
        ...

    def stop(self, timeout: float) -> bool:
        """Save, end all threads and return within `timeout` seconds.

        It may be called from any thread, and again: with a longer timeout to wait for the save, and with 0 to leave
        at once, which also ends a call that still waits. What the save reports is posted as always.

        Returns:
            Whether everything that was trained here is on the disk. True as well where nothing was trained yet,
            although a thread may still be downloading or compiling; False while a save goes on and after one failed.
        """
        ...
