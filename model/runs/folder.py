"""A run's folder: the recipe, metrics, samples and checkpoints of one training.

    recipe.toml      what the run is trained on and how, for people and programs; only the epochs change
    metrics.jsonl    a line for each event: epochs, logged steps, starts, pauses, rollbacks, ends. Lines are only
                     added. After a rollback, `run_view` ignores the lines that no longer count
    samples.jsonl    a line for each finished sample
    baselines.json   what counting reaches on the held-out text, see `model.baselines`
    checkpoints/     step-….safetensors: the newest; best.safetensors: the best on the held-out text
    epochs/          epoch-….safetensors: the weights of epochs' ends, parameters alone; see `epoch_weights`
    screen.json      what the user has set on the screen: samplings, a pinned seed, colours
    requests/        while it is trained: what other programs ask for; see `model.training.steering.requests`
    lock             held by the program that trains the run, or has it open

Nothing here imports JAX.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
from filelock import BaseFileLock, FileLock, Timeout

from corpora.safe_text import shown
from model.baselines.baseline_file import with_kept_baselines
from model.events import TimedEvent
from model.options.shell_command import typed
from model.runs import checkpoint as checkpoints
from model.runs.checkpoint import Checkpoint, CheckpointError, MissingCheckpointError
from model.runs.files.atomic_files import append_line, read_file, write_file
from model.runs.files.json_lines import events_of, from_lines, to_line, with_fewer_steps
from model.runs.run_facts import RunError, RunFacts, read_facts, set_epochs, shown_path, to_text
from model.runs.run_view import RunView

KEPT = 2
"""The number of newest checkpoints that are kept, besides the best one."""

METRICS, SAMPLES = "metrics.jsonl", "samples.jsonl"
"""The files of a run that consist of lines."""

SCREEN = "screen.json"
"""What the user has set on the screen."""

LOCK = "lock"
"""The file that is locked while the run is trained."""

REQUESTS = "requests"
"""The folder in which other programs ask for something, while the run is trained."""

_RECIPE, _CHECKPOINTS, _BEST, _FIRST = "recipe.toml", "checkpoints", "best.safetensors", "step-000000000.safetensors"


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def begin(self, facts: RunFacts) -> None:
        """Write recipe.toml into a new, empty folder.

        Raises:
            OSError: it cannot be written. The folder is still empty.
        """
        try:
            (self.folder / _CHECKPOINTS).mkdir()
            write_file(self.folder / _RECIPE, [to_text(self.name, facts).encode()])
        except OSError:
            with suppress(OSError):
                (self.folder / _CHECKPOINTS).rmdir()
            raise

    def discard_untrained(self) -> None:
        """Delete a new run that has not trained a step, so that nothing stays behind of a start that did nothing.

        Call it while holding the lock. A run that has trained stays, and so does a folder with other files in it.
        """
        with suppress(OSError, RunError):
            trained = [path for path in self.checkpoints() if path.name != _FIRST]
            if self.view().compiled or self.best_checkpoint.exists() or trained:
                return
            if {*os.listdir(self.folder)} <= {METRICS, SAMPLES, SCREEN, _RECIPE, LOCK, _CHECKPOINTS, REQUESTS}:
                aside = self.folder.rename(self.folder.with_name(f".{self.name}.discarded"))
                shutil.rmtree(aside)  # a line that is still being written finds no folder any more

    @property
    def reference(self) -> str:
        """What names the run on a command line: its name, or its path if it is not in the default folder."""
        return self.name if self.folder.parent == default_runs_folder() else str(self.folder)

    @property
    def exists(self) -> bool:
        """Whether there is a run in the folder: a recipe or a checkpoint."""
        try:
            files = (self.folder / _RECIPE, self.best_checkpoint, *self.checkpoints())
            return any(path.is_file() for path in files)
        except (OSError, ValueError):  # a name that no file can have
            return False

    def set_epochs(self, epochs: int) -> None:
        """Write another number of epochs into recipe.toml; see `run_facts.set_epochs`."""
        set_epochs(self.folder / _RECIPE, epochs)

    def facts(self) -> RunFacts:
        """What the run is trained on and how.

        Raises:
            RunError: recipe.toml is missing or wrong.
        """
        return read_facts(self.folder / _RECIPE)

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Append a line to metrics.jsonl in one write. Floats that are not finite become strings.

        Raises:
            RunError: it cannot be written.
        """
        self._append(METRICS, record)

    def append_sample(self, record: Mapping[str, Any]) -> None:
        """Append a line to samples.jsonl, as `append_metrics` does."""
        self._append(SAMPLES, record)

    def _append(self, file: str, record: Mapping[str, Any]) -> None:
        path = self.folder / file
        try:
            append_line(path, to_line(record))
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be written to: {error.strerror or error}.") from error

    def _lines(self, file: str) -> bytes:
        path = self.folder / file
        try:
            return read_file(path)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error

    def events(self) -> list[TimedEvent]:
        """The events in metrics.jsonl, and the baselines if the run has them; damaged lines are skipped.

        Raises:
            RunError: metrics.jsonl cannot be read.
        """
        return with_kept_baselines(self.folder, list(events_of(self._lines(METRICS))))

    def view(self, most_steps: int | None = None) -> RunView:
        """What the run looks like, according to metrics.jsonl.

        Args:
            most_steps: how many of the logged steps are read, evenly spread; None reads all of them.

        Raises:
            RunError: it cannot be read.
        """
        view = RunView()
        view.run = str(self.folder)
        lines = self._lines(METRICS)
        view.apply_all(events_of(lines if most_steps is None else with_fewer_steps(lines, most_steps)))
        return view

    def samples(self) -> list[dict[str, Any]]:
        """The records of samples.jsonl; none if there is no such file. A torn last line is ignored.

        Raises:
            RunError: it cannot be read.
        """
        return list(from_lines(self._lines(SAMPLES)))

    def trained_at(self) -> float:
        """When training last wrote to the run, in seconds since 1970; 0 if that is not known.

        Opening a run changes its lock, and writing with it its samples: they do not count.
        """
        times = [0.0]
        for path in (self.folder / _RECIPE, self.folder / METRICS, self.best_checkpoint, *self.checkpoints()):
            with suppress(OSError):
                times.append(path.lstat().st_mtime)
        return max(times)

    @property
    def in_use(self) -> bool:
        """Whether a program trains it or has it open. A run that was never locked stays untouched."""
        path = self.folder / LOCK
        if not os.path.isfile(path):
            return False
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        except (OSError, NotImplementedError):  # a folder that only others may write to, a system without locks
            return False
        lock.release()
        return False

    def lock(self) -> BaseFileLock:
        """Keep other programs from training this run until the lock is released or this program ends.

        Raises:
            RunError: another program trains it, or the folder cannot be written to.
        """
        path = self.folder / LOCK
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"Another program trains the run {shown(self.name)}, or has it open. End it there, or watch it: "
                f"{typed('charlstm-tui', '--watch', self.reference)}"
            ) from error
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be written to: {error.strerror or error}.") from error
        return lock

    def save(self, checkpoint: Checkpoint) -> Path:
        """Save a checkpoint as the newest, and delete all but the last KEPT.

        Checkpoints of later steps are deleted as well, because training has rolled back.

        Returns:
            The file.

        Raises:
            CheckpointError: it could not be written. Earlier checkpoints are untouched.
        """
        folder = self.folder / _CHECKPOINTS
        path = folder / f"step-{checkpoint.manifest.step:09d}.safetensors"
        with suppress(OSError):  # saving says what is wrong
            folder.mkdir(exist_ok=True)
        checkpoints.save(path, checkpoint)
        older = [each for each in self.checkpoints() if each.name < path.name]
        for each in [*folder.glob("step-*.safetensors"), *folder.glob("*.tmp")]:
            if each != path and each not in older[: KEPT - 1]:
                with suppress(OSError):
                    each.unlink()
        return path

    def save_best(self, checkpoint: Checkpoint) -> None:
        """Save a checkpoint as the best on the held-out text.

        Raises:
            CheckpointError: it could not be written. The best checkpoint so far is untouched.
        """
        with suppress(OSError):
            self.best_checkpoint.parent.mkdir(exist_ok=True)
        checkpoints.save(self.best_checkpoint, checkpoint)

    @property
    def best_checkpoint(self) -> Path:
        """The file of the best checkpoint, which may not exist."""
        return self.folder / _CHECKPOINTS / _BEST

    def checkpoints(self) -> list[Path]:
        """The files of the newest checkpoints, newest first; without the best."""
        return sorted((self.folder / _CHECKPOINTS).glob("step-*.safetensors"), reverse=True)

    def load(
        self, which: Literal["best", "newest"] = "best", note: Callable[[str], object] = lambda sentence: None
    ) -> Checkpoint:
        """Load the best checkpoint or the newest one; if it is damaged, another sound one.

        Args:
            which: a run without held-out text may have no best checkpoint; then the newest is loaded.
            note: called with a sentence for each damaged file that is skipped.

        Raises:
            CheckpointError: the run has no checkpoint, or no sound one.
        """
        best = self.best_checkpoint
        candidates = [best, *self.checkpoints()] if which == "best" else [*self.checkpoints(), best]
        there = [path for path in candidates if path.exists()]
        if not there:
            command = typed("charlstm", "train", "--resume", self.reference)
            raise MissingCheckpointError(f"The run {shown(self.name)} has no checkpoint yet. Train it first: {command}")
        first: CheckpointError | None = None
        for path in there:
            try:
                return checkpoints.load(path)
            except CheckpointError as error:
                note(f"{error} It is skipped.")
                first = first or error
        raise CheckpointError(f"No checkpoint of the run {shown(self.name)} is sound. {first}") from first


def default_runs_folder() -> Path:
    """The folder of runs unless the user names another one: in the platform's folder for user data."""
    return platformdirs.user_data_path("charlstm", appauthor=False) / "runs"
