"""Rename and delete runs: only runs, and only what is in their folders. Nothing here imports JAX."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from corpora.errors import system_reason
from corpora.safe_text import shown
from model.runs.folder import Run
from model.runs.housekeeping.summing_up import size_of
from model.runs.listing import LATEST, check_name, open_run, run_folders, unknown_run
from model.runs.run_facts import RunError, shown_path


def own_run(name: str, root: Path) -> Run:
    """The run of this name directly in `root`, which may be renamed or deleted.

    Paths, `latest`, links, and folders with neither a recipe nor a checkpoint are refused.

    Raises:
        RunError: there is no such run.
    """
    if name == LATEST:
        latest = open_run(LATEST, root).name
        raise RunError(f"Give the run's own name, not {LATEST!r}: the run trained last is {latest}.")
    folder = next((folder for folder in run_folders(root) if folder.name == name), None)
    if folder is None:
        raise unknown_run(name, root)
    run = Run(folder)
    if folder.is_symlink() or not run.exists:
        raise RunError(f"{shown_path(folder)} is a link or the folder of another program, not a run; it is left alone.")
    return run


def rename_run(run: Run, new: str) -> Run:
    """Rename a run that `own_run` has found. Only its folder is renamed; recipe.toml keeps the first name.

    Raises:
        RunError: the name is not a plain one or is taken, the run is being trained, or the folder cannot be renamed.
    """
    check_name(new)
    with _to_move(run) as held:
        folder = held.folder.with_name(new)
        if os.path.lexists(folder):
            raise RunError(f"There is already a run {new!r} in {shown_path(held.folder.parent)}; choose another name.")
        try:
            held.folder.rename(folder)
        except OSError as error:
            raise RunError(f"The run {shown(run.name)} cannot be renamed: {system_reason(error)}.") from error
    return Run(folder)


def delete_run(run: Run) -> int:
    """Delete a run that `own_run` has found, with everything in its folder. Links are deleted, not followed.

    Returns:
        The bytes that were freed.

    Raises:
        RunError: a program has it open, or it cannot be deleted completely.
    """
    with _to_move(run) as held:
        folder, size = held.folder, size_of(held.folder)
        aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.deleted")
        try:
            folder.rename(aside)  # so that no program opens what is half gone
            shutil.rmtree(aside)
        except OSError as error:
            with suppress(OSError):
                aside.rename(folder)
            raise RunError(
                f"The run {shown(run.name)} cannot be deleted: {system_reason(error)}. "
                f"The rest of it is in {shown_path(folder)}."
            ) from error
    return size


def refuse_in_use(run: Run) -> None:
    """Raise RunError if a program trains the run."""
    run.lock().release()


def _to_move(run: Run) -> Run:
    """The run, locked while it is moved, except on Windows, which moves no folder with an open file.

    Raises:
        RunError: a program trains it.
    """
    held = run.lock()
    if os.name == "nt":
        held.release()
    return held
