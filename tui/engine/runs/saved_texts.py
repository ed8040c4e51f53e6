"""Texts that the user saves by key, as files: a new one every time, nothing is ever overwritten."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path

from model.runs.files.places import Place, make_folder, remove_file, sync_name

FOLDER = "saved"
"""Inside a run's folder."""


def save_text(text: str, run: Place | None, now: datetime) -> Path:
    """Write a text to a new file in a run's folder, or in the current folder where there is no run.

    The disk has it then. Returns the file, such as `saved/sample-2026-01-31-142233.txt`.

    Raises:
        OSError: the folder or the file cannot be written.
    """
    folder = run / FOLDER if run else Place.of(Path.cwd())
    make_folder(folder)  # and not the run's folder, where that was removed
    name = f"sample-{now:%Y-%m-%d-%H%M%S}"
    place, copies = folder / f"{name}.txt", 1
    while True:
        try:
            handle = os.open(place.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=place.dir_fd)
            break
        except FileExistsError:
            copies += 1
            place = folder / f"{name}-{copies}.txt"
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text if text.endswith("\n") else text + "\n")
            file.flush()
            os.fsync(handle)
        sync_name(place)
    except OSError:
        remove_file(place)
        raise
    return place.path
