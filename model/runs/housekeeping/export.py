"""Exports a run: one archive of its folder, to be kept, sent or unpacked among other runs. Nothing here imports JAX."""

from __future__ import annotations

import os
import secrets
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from corpora.errors import system_reason
from corpora.safe_text import safe_name, shown
from model.runs.folder import Run
from model.runs.folders.held_folder import LOCK
from model.runs.housekeeping.own_runs import refuse_in_use
from model.runs.run_facts import RunError, shown_path

_COMPRESSED = {".toml", ".jsonl", ".json", ".txt"}
"""Weights do not get smaller."""


def export_run(run: Run, folder: Path) -> Path:
    """Write everything in a run's folder into a new archive, `NAME.zip`; nothing is overwritten, links are left out.

    Args:
        run: only read.
        folder: where the archive is written.

    Returns:
        The archive. It appears whole or not at all.

    Raises:
        RunError: the run is being trained, or the archive cannot be written.
    """
    refuse_in_use(run)
    name = safe_name(run.name)
    beside = folder / f".{name}.{secrets.token_hex(4)}.tmp"  # the same run may be exported twice at once
    try:
        try:
            with open(beside, "wb") as stream:
                with zipfile.ZipFile(stream, "w") as archive:
                    for path in _files(run.folder):
                        kind = zipfile.ZIP_DEFLATED if path.suffix in _COMPRESSED else zipfile.ZIP_STORED
                        archive.write(path, Path(name) / path.relative_to(run.folder), kind)
                stream.flush()
                os.fsync(stream.fileno())
            return _placed(beside, folder, name)
        finally:
            with suppress(OSError):
                beside.unlink()
    except (OSError, ValueError) as error:  # a time before 1980, which no zip can hold
        raise RunError(
            f"The run {shown(run.name)} cannot be exported to {shown_path(folder)}: {system_reason(error)}."
        ) from error


def _files(folder: Path) -> Iterator[Path]:
    """The files that belong to a run, in a fixed order; neither links nor what a save has left half-written."""
    for place, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(place, name)
            if stat.S_ISREG(path.lstat().st_mode) and name != LOCK and path.suffix != ".tmp":
                yield path


def _placed(beside: Path, folder: Path, name: str) -> Path:
    """Give the archive the first name that is free."""
    for number in range(1, 10_000):
        path = folder / (f"{name}.zip" if number == 1 else f"{name}-{number}.zip")
        try:
            os.link(beside, path)
        except FileExistsError:
            continue
        except OSError:  # a file system without hard links
            if os.path.lexists(path):
                continue
            os.replace(beside, path)
        return path
    raise OSError(0, "too many archives have this name")
