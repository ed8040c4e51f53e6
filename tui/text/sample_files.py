"""Samples as files: a new one every time, nothing is ever overwritten."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

FOLDER = "saved"
"""Inside a run's folder."""


def save_sample(text: str, run: str | None, now: datetime) -> Path:
    """Write a sample to a new file in the run's folder, or in the current folder where there is no run.

    Returns the file, such as `saved/sample-2026-01-31-142233.txt`.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    folder = Path(run) / FOLDER if run else Path.cwd()
    folder.mkdir(exist_ok=True)  # and not the run's folder, where that was removed
    name = f"sample-{now:%Y-%m-%d-%H%M%S}"
    path, copies = folder / f"{name}.txt", 1
    while True:
        try:
            file = path.open("x", encoding="utf-8", newline="")
            break
        except FileExistsError:
            copies += 1
            path = folder / f"{name}-{copies}.txt"
    with file:
        file.write(text if text.endswith("\n") else text + "\n")
    return path


def short_path(path: Path | str) -> str:
    """A path as a shell takes it too, with '~' for the home folder: there is little room to show it."""
    whole, home = str(path), os.path.expanduser("~")
    return "~" + whole[len(home) :] if whole.startswith(home + os.sep) else whole
