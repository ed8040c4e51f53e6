"""Make, find and list runs. Nothing here imports JAX."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path

from corpora.catalogue import catalogue
from corpora.errors import is_full, system_reason
from corpora.safe_text import safe_name, shown
from model.options.explaining.explained_errors import FEW_FILES
from model.options.shell_command import typed
from model.runs.files.places import Place, make_folder, names_in, sync_name
from model.runs.folder import Run
from model.runs.folders.held_folder import LOCK
from model.runs.folders.run_folder import default_runs_folder
from model.runs.housekeeping.run_summary import RunSummary
from model.runs.housekeeping.summing_up import still_true, sum_up
from model.runs.kept import newest_weights
from model.runs.run_facts import RunError, RunFacts, shown_path

LATEST = "latest"
"""Refers to the run that was trained last. No run may have this name."""

_LONGEST_STEM = 40
"""Characters of a name that is made, without its date and number."""


def runs_folder(chosen: Path | None) -> Path:
    """The folder of runs: the one that the user chose, or the default one."""
    return default_runs_folder() if chosen is None else chosen


def create_run(root: Path, name: str | None, facts: RunFacts, stem: str = "") -> Run:
    """Make the folder of a new run, and lock it. Existing runs are never touched.

    Args:
        root: the folder of runs; it is made if it does not exist.
        name: of the run; None makes one like `nietzsche-fast-2026-11-23-1`, or `nietzsche-fast-gru-words-2026-11-23-1`.
        facts: of the run, which gets an id of its own. Where nothing names the corpus, it is the default one.
        stem: what a name that is made begins with; by default, corpus, recipe and its kind.

    Raises:
        RunError: the name is not a plain one or is taken, or the folder cannot be made.
        OSError: this program may open no more files.
    """
    if name is not None:
        check_name(name)
    try:
        spec = _lasting(facts.corpus_spec) or (facts.corpus,)
        facts = replace(facts, corpus_spec=spec, id=secrets.token_hex(8))
        for each in (*reversed(root.parents), root):
            if not each.exists():
                make_folder(Place.of(each))
        named = Run(_claim(root, _candidates(name, stem or _stem(facts), facts.created)))
        run = named
        try:
            run = named.lock()
            if names_in(run.place) != [LOCK]:
                raise RunError(f"Another program has just begun a run in {shown_path(named.folder)}.")
        except (RunError, OSError):
            run.release()
            _give_back(named)
            raise
        try:
            run.begin(facts)
            sync_name(Place.of(named.folder))
        except BaseException:
            run.discard_untrained()
            run.release()
            raise
    except OSError as error:
        if error.errno in FEW_FILES:  # another folder would not help
            raise
        raise RunError(
            f"No run can be made in {shown_path(root)}: {system_reason(error)}. "
            f"{'Make room there, or choose' if is_full(error) else 'Choose'} another folder with --runs."
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
            raise no_run(root, "charlstm", "train")
        return next((run for run in sound if newest_weights(run)), sound[0])
    path = Path(os.path.expanduser(reference))  # Path.expanduser fails where there is no such home
    for folder in (root / reference, path) if safe_name(reference) == reference else (path,):
        if Run(folder).exists:
            return Run(folder.absolute())
    raise unknown_run(reference, root, cutoff=0.4)


def list_runs(root: Path) -> list[RunSummary]:
    """Every run in `root`, the one that was trained last first. A folder that is not a sound run has a `problem`.

    Raises:
        RunError: `root` exists but cannot be read.
    """
    return [*each_run(root)]


def each_run(
    root: Path, program: Sequence[str] = ("charlstm", "train"), known: Iterable[RunSummary] = ()
) -> Iterator[RunSummary]:
    """The runs of `list_runs`, each as soon as it is read.

    Args:
        root: the folder of runs.
        program: the command that resumes a run, for what it needs.
        known: of an earlier reading; runs to which nothing was written since are not read again.

    Raises:
        RunError: `root` exists but cannot be read.
    """
    before = {summary.folder: summary for summary in known}
    for run in newest_first(root):
        summary = before.get(run.folder)
        yield summary if summary and still_true(summary, run) else sum_up(run, program)


def no_run(root: Path, *program: str) -> RunError:
    """The error for a folder without a run; `program` begins one."""
    return RunError(f"There is no run in {shown_path(root)} yet. Begin one: {typed_in(root, *program)}")


def typed_in(root: Path, *words: str) -> str:
    """A command for the runs in a folder."""
    return typed(*words, *(() if root == default_runs_folder() else ("--runs", str(root))))


def unknown_run(name: str, root: Path, cutoff: float = 0.6) -> RunError:
    """The error for a name that no run has, with the nearest names."""
    names = [folder.name for folder in run_folders(root)]
    if name in names:
        return RunError(f"{shown_path(root / name)} is no run: it has no recipe and no checkpoint. Name another one.")
    begun = [each for each in names if name and each.casefold().startswith(name.casefold())]
    near = begun[:3] or get_close_matches(name, names, n=3, cutoff=cutoff)
    listed = f"List the runs: {typed_in(root, 'charlstm', 'runs')}"
    hint = f"Did you mean {' or '.join(map(shown, near))}?" if near else listed
    return RunError(f"There is no run {shown(name)!r} in {shown_path(root)}. {hint}")


def _lasting(corpus_spec: Sequence[str]) -> tuple[str, ...]:
    """What opens the same corpus from any folder: paths become absolute."""
    return tuple(
        os.path.abspath(each) if each not in catalogue() and os.path.exists(each) else each for each in corpus_spec
    )


def check_name(name: str) -> None:
    """Raise RunError, with a name that would do, where no run can have this one."""
    if name == LATEST:
        raise RunError(f"{LATEST!r} refers to the run that was trained last; choose another name.")
    if safe_name(name) != name:
        raise RunError(
            f"A run cannot be called {shown(name)!r}: a name has up to 60 letters, digits and . _ + - and neither "
            f"begins nor ends with . or -. {safe_name(name)!r} would do."
        )


def _stem(facts: RunFacts) -> str:
    what = "-".join((facts.recipe_name, *facts.kind))
    return f"{facts.corpus[: _LONGEST_STEM - len(what)]}-{what}"


def _candidates(name: str | None, stem: str, now: datetime) -> Iterator[str]:
    if name is not None:
        yield name
        return
    stem = f"{safe_name(stem)}-{now:%Y-%m-%d}"
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


def _give_back(run: Run) -> None:
    """Remove the empty folder of a run that could not be begun."""
    with suppress(OSError):
        if not run.in_use:
            with suppress(FileNotFoundError):
                (run.folder / LOCK).unlink()
            run.folder.rmdir()


def newest_first(root: Path) -> list[Run]:
    """The runs of `run_folders`, the one that was trained last first.

    Raises:
        RunError: `root` exists but cannot be read.
    """
    return sorted(map(Run, run_folders(root)), key=lambda run: -run.trained_at())


def run_folders(root: Path) -> list[Path]:
    """The folders in `root`, in the order of their names.

    Raises:
        RunError: `root` exists but cannot be read.
    """
    try:
        # `os.path.isdir` and not `Path.is_dir`, which raises where a link may not be followed to its end.
        return sorted(path for path in root.iterdir() if os.path.isdir(path) and not path.name.startswith("."))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunError(f"The runs in {shown_path(root)} cannot be listed: {system_reason(error)}.") from error
