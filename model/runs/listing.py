"""Make, find, list, rename and delete runs. Nothing here imports JAX."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from corpora.catalogue import catalogue
from corpora.safe_text import safe_name, shown
from model.options.shell_command import typed
from model.recipe import Recipe
from model.runs.folder import Run, default_runs_folder
from model.runs.run_facts import RunError, RunFacts, shown_path
from model.runs.run_view import RunView

LATEST = "latest"
"""Refers to the run that was trained last. No run may have this name."""

_LONGEST_CORPUS = 30


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A run in a listing."""

    name: str
    folder: Path
    corpus: str | None
    recipe: str | None
    epoch: int
    """Epochs done."""
    epochs: int | None
    """Epochs the recipe asks for."""
    best_held_out: float | None
    """In nats per character, of the best epoch."""
    updated: float
    """When training last wrote to it, in seconds since 1970."""
    size: int
    """Bytes on the disk."""
    problem: str | None
    """Why it cannot be used, in a sentence; None if it can."""

    @property
    def unfinished(self) -> bool:
        """Whether there are epochs left to train."""
        return self.problem is None and self.epochs is not None and self.epoch < self.epochs


def runs_folder(chosen: Path | None) -> Path:
    """The folder of runs: the one that the user chose, or the default one."""
    return default_runs_folder() if chosen is None else chosen


def create_run(
    root: Path,
    name: str | None,
    corpus_name: str,
    recipe_name: str,
    recipe: Recipe,
    now: datetime,
    corpus_spec: Sequence[str] = (),
) -> Run:
    """Make the folder of a new run. Existing runs are never touched.

    Args:
        root: the folder of runs; it is made if it does not exist.
        name: of the run; None makes one like `nietzsche-fast-2026-11-23-1`.
        corpus_name: for people to read.
        recipe_name: the preset that the recipe started from.
        recipe: what is written into recipe.toml.
        now: with the time zone.
        corpus_spec: what opens the corpus; empty for the default one, which its name opens.

    Raises:
        RunError: the name is not a plain one or is taken, or the folder cannot be made.
    """
    if name is not None:
        _check_name(name)
    try:
        root.mkdir(parents=True, exist_ok=True)
        run = Run(_claim(root, _candidates(name, corpus_name, recipe_name, now)))
        try:
            run.begin(RunFacts(corpus_name, _lasting(corpus_spec) or (corpus_name,), recipe_name, recipe, now))
        except OSError:
            with suppress(OSError):
                run.folder.rmdir()
            raise
    except OSError as error:
        raise RunError(
            f"No run can be made in {shown_path(root)}: {error.strerror or error}. Choose another folder with --runs."
        ) from error
    return run


def open_run(reference: str, root: Path) -> Run:
    """The run of this name in `root`, or in the folder at this path.

    `latest` is the run that was trained last; a run without a checkpoint only if no run has one.

    Raises:
        RunError: there is none. The message gives the nearest names.
    """
    if reference == LATEST:
        sound = [Run(summary.folder) for summary in list_runs(root) if summary.problem is None]
        if not sound:
            raise RunError(f"There is no run in {shown_path(root)} yet. Train one: {typed('charlstm', 'train')}")
        return next((run for run in sound if run.checkpoints()), sound[0])
    path = Path(os.path.expanduser(reference))  # Path.expanduser fails where there is no such home
    for folder in (root / reference, path) if safe_name(reference) == reference else (path,):
        if Run(folder).exists:
            return Run(folder.absolute())
    raise _unknown(reference, root, cutoff=0.4)


def list_runs(root: Path) -> list[RunSummary]:
    """Every run in `root`, the one that was trained last first. A folder that is not a sound run has a `problem`.

    Raises:
        RunError: `root` exists but cannot be read.
    """
    return sorted((_summarise(Run(folder)) for folder in _folders(root)), key=lambda run: (-run.updated, run.name))


def _unknown(name: str, root: Path, cutoff: float = 0.6) -> RunError:
    """The error for a name that no run has, with the nearest names."""
    names = [folder.name for folder in _folders(root)]
    if name in names:
        return RunError(f"{shown_path(root / name)} is no run: it has no recipe and no checkpoint. Name another one.")
    near = get_close_matches(name, names, n=3, cutoff=cutoff)
    hint = f"Did you mean {' or '.join(map(shown, near))}?" if near else f"List the runs: {typed('charlstm', 'runs')}"
    return RunError(f"There is no run {shown(name)!r} in {shown_path(root)}. {hint}")


def _lasting(corpus_spec: Sequence[str]) -> tuple[str, ...]:
    """What opens the same corpus from any folder: paths become absolute."""
    return tuple(
        os.path.abspath(each) if each not in catalogue() and os.path.exists(each) else each for each in corpus_spec
    )


def _check_name(name: str) -> None:
    if name == LATEST:
        raise RunError(f"{LATEST!r} refers to the run that was trained last; choose another name.")
    if safe_name(name) != name:
        raise RunError(
            f"A run cannot be called {shown(name)!r}: a name has up to 60 letters, digits and . _ + - and neither "
            f"begins nor ends with . or -. {safe_name(name)!r} would do."
        )


def _candidates(name: str | None, corpus_name: str, recipe_name: str, now: datetime) -> Iterator[str]:
    if name is not None:
        yield name
        return
    stem = f"{safe_name(corpus_name[:_LONGEST_CORPUS])}-{safe_name(recipe_name)}-{now:%Y-%m-%d}"
    for number in range(1, 100_000):
        yield f"{stem}-{number}"


def _claim(root: Path, names: Iterator[str]) -> Path:
    """Make a folder of the first of these names that is not taken."""
    for name in names:
        try:
            (root / name).mkdir()
        except FileExistsError:
            continue
        return root / name
    raise RunError(f"There is already a run {shown(name)!r} in {shown_path(root)}; choose another name.")


def _folders(root: Path) -> list[Path]:
    try:
        # `os.path.isdir` and not `Path.is_dir`, which raises where a link may not be followed to its end.
        return sorted(path for path in root.iterdir() if os.path.isdir(path) and not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"The runs in {shown_path(root)} cannot be listed: {error.strerror or error}.") from error


def _summarise(run: Run) -> RunSummary:
    facts, view, problem = None, RunView(), None
    try:
        view = run.view()
        facts = run.facts()
    except RunError as error:
        problem = str(error)
    return RunSummary(
        name=run.name,
        folder=run.folder,
        corpus=facts.corpus if facts else None,
        recipe=facts.recipe_name if facts else None,
        epoch=view.whole_epochs,
        epochs=facts.recipe.epochs if facts else None,
        best_held_out=view.best.held_out if view.best else None,
        updated=run.trained_at(),
        size=_size(run.folder),
        problem=problem,
    )


def _size(folder: Path) -> int:
    """Bytes in a folder."""
    size = 0
    for place, _, files in os.walk(folder):
        for name in files:
            with suppress(OSError):
                status = os.lstat(os.path.join(place, name))
                size += status.st_size if stat.S_ISREG(status.st_mode) else 0
    return size


def own_run(name: str, root: Path) -> Run:
    """The run of this name directly in `root`, which may be renamed or deleted.

    Paths, `latest`, links, and folders with neither a recipe nor a checkpoint are refused.

    Raises:
        RunError: there is no such run.
    """
    if name == LATEST:
        latest = open_run(LATEST, root).name
        raise RunError(f"Give the run's own name, not {LATEST!r}: the run trained last is {latest}.")
    folder = next((folder for folder in _folders(root) if folder.name == name), None)
    if folder is None:
        raise _unknown(name, root)
    run = Run(folder)
    if folder.is_symlink() or not run.exists:
        raise RunError(f"{shown_path(folder)} is a link or the folder of another program, not a run; it is left alone.")
    return run


def rename_run(run: Run, new: str) -> Run:
    """Rename a run that `own_run` has found. Only its folder is renamed; recipe.toml keeps the first name.

    Raises:
        RunError: the name is not a plain one or is taken, the run is being trained, or the folder cannot be renamed.
    """
    _check_name(new)
    _refuse_in_use(run)
    folder = run.folder.with_name(new)
    if os.path.lexists(folder):
        raise RunError(f"There is already a run {new!r} in {shown_path(run.folder.parent)}; choose another name.")
    try:
        run.folder.rename(folder)
    except OSError as error:
        raise RunError(f"The run {shown(run.name)} cannot be renamed: {error.strerror or error}.") from error
    return Run(folder)


def delete_run(run: Run) -> int:
    """Delete a run that `own_run` has found, with everything in its folder. Links are deleted, not followed.

    Returns:
        The bytes that were freed.

    Raises:
        RunError: it is being trained, or it cannot be deleted completely.
    """
    _refuse_in_use(run)
    size = _size(run.folder)
    try:
        shutil.rmtree(run.folder)
    except OSError as error:
        raise RunError(
            f"The run {shown(run.name)} cannot be deleted: {error.strerror or error}. "
            f"The rest of it is in {shown_path(run.folder)}."
        ) from error
    return size


def _refuse_in_use(run: Run) -> None:
    """Raise RunError if a program trains the run. The lock is released: Windows moves no folder with an open file."""
    run.lock().release()
