"""The file of a run that keeps what the user has set on the screen: read before the screen opens, written beside it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from corpora.errors import system_reason
from model.runs.files.atomic_files import read_file, write_file
from tui.keys.screen_settings import NOTHING_SET, ScreenSettings, from_text, to_text

if TYPE_CHECKING:
    from model.runs.folder import Run

_SECONDS = 0.5
"""Between two writings, so that a key held down writes no file for each of its steps."""


def read_settings(folder: Path) -> tuple[ScreenSettings, str]:
    """What was set when the run was on the screen last, and what is wrong with the file, in a sentence or empty."""
    from model.runs.folder import SCREEN  # NumPy, which the first frame does not wait for

    try:
        return from_text(read_file(folder / SCREEN)), ""
    except FileNotFoundError:
        return NOTHING_SET, ""
    except (OSError, ValueError):
        return (
            NOTHING_SET,
            f"{SCREEN} is damaged or of a later version, so the screen starts with its usual settings.",
        )


class SettingsFile:
    """One thread calls `run`; any thread may call `keep`."""

    def __init__(self) -> None:
        self._wanted: ScreenSettings | None = None

    def keep(self, settings: ScreenSettings) -> None:
        """Have these settings written instead of any before."""
        self._wanted = settings

    def run(self, run: Run, stopping: threading.Event, complain: Callable[[str], object]) -> None:
        """Write settings into a run as they change, until the screen is closing."""
        from model.runs.folder import SCREEN
        from model.runs.run_facts import RunError

        written: ScreenSettings | None = None
        complained = over = False
        while not over:
            over = stopping.wait(_SECONDS)
            wanted = self._wanted
            if wanted is None or wanted is written:
                continue
            try:
                write_file(run.place / SCREEN, [to_text(wanted).encode()])
                written = wanted
            except (OSError, RunError) as error:
                if not complained:
                    reason = system_reason(error) if isinstance(error, OSError) else str(error).rstrip(".")
                    complain(f"What you set on the screen cannot be kept: {reason}.")
                complained = True
