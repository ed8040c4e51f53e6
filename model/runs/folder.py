"""A run's folder: the recipe, metrics, samples and checkpoints of one training.

    recipe.toml      what is learned from and how, for people and programs; written once
    metrics.jsonl    a line for each epoch and each logged step, and for what is rare: a beginning, a pause, an end, a
                     way back to good weights
    samples.jsonl    a line for each finished piece of writing
    checkpoints/     step-….safetensors: the newest ones; best.safetensors: the best on the held-out text
    lock             held by whoever trains it, and nothing otherwise

Nothing here imports JAX.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import platformdirs
from filelock import BaseFileLock, FileLock, Timeout

from corpora.errors import CharlstmError
from corpora.safe_text import shown
from model.options.shell_command import typed
from model.recipe import Recipe, RecipeError
from model.recipe_file import from_plain, to_toml, toml_value
from model.runs import checkpoint as checkpoints
from model.runs.atomic_files import append_line, read_file, write_file
from model.runs.checkpoint import Checkpoint, CheckpointError
from model.runs.json_lines import from_lines, to_line
from model.tokens.batches import Cursor

KEPT = 2
"""How many of the newest checkpoints are kept, beside the best."""

METRICS, SAMPLES = "metrics.jsonl", "samples.jsonl"
"""A run's files of lines."""

_RECIPE, _CHECKPOINTS = "recipe.toml", "checkpoints"
_BEST = "best.safetensors"
_LOCK = "lock"
_AT_NO_STEP = ("corpus_ready", "compiled")


class RunError(CharlstmError):
    """A run cannot be made, found, read or added to; the message says which, why, and what to do."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What recipe.toml says."""

    corpus: str
    """The corpus's name."""
    corpus_spec: tuple[str, ...]
    """What was asked for, as `corpora.open_corpus` takes it; empty where it is not known."""
    recipe_name: str
    """The preset that the recipe started from."""
    recipe: Recipe
    created: datetime


@dataclass(frozen=True, slots=True)
class Run:
    """A run's folder."""

    folder: Path

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    def begin(self, facts: RunFacts) -> None:
        """Furnish a new, empty folder.

        Raises:
            OSError: it cannot be written to; it is as empty as before.
        """
        try:
            (self.folder / _CHECKPOINTS).mkdir()
            write_file(self.folder / _RECIPE, [_describe(self.name, facts).encode()])
        except OSError:
            with suppress(OSError):
                (self.folder / _CHECKPOINTS).rmdir()
            raise

    @property
    def reference(self) -> str:
        """What names the run on a command line: its name, or its folder where that is not in the usual place."""
        return self.name if self.folder.parent == default_runs_folder() else str(self.folder)

    @property
    def begun(self) -> bool:
        """Whether there is a run in the folder."""
        try:
            return (self.folder / _RECIPE).is_file() or (self.folder / _CHECKPOINTS).is_dir()
        except (OSError, ValueError):  # a name that no file can have
            return False

    def facts(self) -> RunFacts:
        """What the run learns from and how.

        Raises:
            RunError: recipe.toml is missing or wrong.
        """
        path = self.folder / _RECIPE
        try:
            tables = tomllib.loads(read_file(path).decode("utf-8"))
            run, corpus = tables["run"], tables["corpus"]
            facts = RunFacts(
                corpus["name"], tuple(corpus["spec"]), run["recipe"], from_plain(tables["recipe"]), run["created"]
            )
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error
        except RecipeError as error:
            raise RunError(f"{shown_path(path)} is wrong: {error}") from error
        except ValueError as error:
            raise RunError(f"{shown_path(path)} is damaged: {shown(str(error))}.") from error
        except (KeyError, TypeError, AttributeError, RecursionError) as error:
            raise RunError(f"{shown_path(path)} is damaged: [run], [corpus] or [recipe] is not whole.") from error
        texts = (facts.corpus, facts.recipe_name, *facts.corpus_spec)
        sound = isinstance(facts.created, datetime) and isinstance(corpus["spec"], list)
        if not sound or not all(isinstance(text, str) for text in texts):
            raise RunError(f"{shown_path(path)} is damaged: a name or the date is of the wrong kind.")
        return facts

    def append_metrics(self, record: Mapping[str, Any]) -> None:
        """Add a line to metrics.jsonl, at once and whole; floats that are not finite as `records.plain` has them.

        Raises:
            RunError: it cannot be written.
        """
        self._append(METRICS, record)

    def append_sample(self, record: Mapping[str, Any]) -> None:
        """Add a line to samples.jsonl, as `append_metrics` does."""
        self._append(SAMPLES, record)

    def _append(self, file: str, record: Mapping[str, Any]) -> None:
        path = self.folder / file
        try:
            append_line(path, to_line(record))
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be added to: {error.strerror or error}.") from error

    def _records(self, file: str) -> list[dict[str, Any]]:
        path = self.folder / file
        try:
            return list(from_lines(read_file(path)))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be read: {error.strerror or error}.") from error

    def metrics(self) -> list[dict[str, Any]]:
        """The lines of metrics.jsonl that are whole; none where there is no such file.

        Raises:
            RunError: it cannot be read.
        """
        return self._records(METRICS)

    def samples(self) -> list[dict[str, Any]]:
        """The lines of samples.jsonl, as `metrics` reads them."""
        return self._records(SAMPLES)

    def rewind(self, cursor: Cursor, step: int) -> None:
        """Take back the lines of metrics.jsonl that tell of what comes after this place: it is gone through again.

        Raises:
            RunError: they cannot be read or written.
        """
        lines = self.metrics()
        kept = [line for line in lines if _lies_before(line, cursor, step)]
        if len(kept) == len(lines):
            return
        path = self.folder / METRICS
        try:
            write_file(path, [to_line(line).encode() for line in kept])
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be written to: {error.strerror or error}.") from error

    def lock(self) -> BaseFileLock:
        """Keep other programs from training this run until the lock is released, or this program ends, however.

        Raises:
            RunError: another program trains it, or the folder cannot be written to.
        """
        path = self.folder / _LOCK
        lock = FileLock(path, thread_local=False)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise RunError(
                f"Another program trains the run {shown(self.name)}. Stop it there, wait for its end, or watch it: "
                f"{typed('charlstm-tui', '--watch', self.reference)}"
            ) from error
        except OSError as error:
            raise RunError(f"{shown_path(path)} cannot be written to: {error.strerror or error}.") from error
        return lock

    def save(self, checkpoint: Checkpoint) -> Path:
        """Keep a checkpoint as the newest; the last KEPT stay.

        Checkpoints of later steps go: a training that saves here has gone back behind them.

        Returns:
            The file it is in.

        Raises:
            CheckpointError: it could not be written; what was kept before still is.
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
        """Keep a checkpoint as the best on the held-out text, whatever comes later.

        Raises:
            CheckpointError: it could not be written; the best before it still is.
        """
        with suppress(OSError):
            self.best_checkpoint.parent.mkdir(exist_ok=True)
        checkpoints.save(self.best_checkpoint, checkpoint)

    @property
    def best_checkpoint(self) -> Path:
        """The file of the best checkpoint, where there is one."""
        return self.folder / _CHECKPOINTS / _BEST

    def checkpoints(self) -> list[Path]:
        """The newest checkpoints' files, newest first; without the best."""
        return sorted((self.folder / _CHECKPOINTS).glob("step-*.safetensors"), reverse=True)

    def load(
        self, which: Literal["best", "newest"] = "best", note: Callable[[str], object] = lambda sentence: None
    ) -> Checkpoint:
        """The best checkpoint, or the newest; where that is damaged, the next one that is sound.

        Args:
            which: a run without a held-out text may have no best; its newest serves.
            note: told, in a sentence, of each damaged file that was passed over.

        Raises:
            CheckpointError: the run has no checkpoint, or no sound one.
        """
        best = self.best_checkpoint
        candidates = [best, *self.checkpoints()] if which == "best" else [*self.checkpoints(), best]
        there = [path for path in candidates if path.exists()]
        if not there:
            raise CheckpointError(f"The run {shown(self.name)} has no checkpoint yet: train it for an epoch first.")
        first: CheckpointError | None = None
        for path in there:
            try:
                return checkpoints.load(path)
            except CheckpointError as error:
                note(f"{error} Passing it over.")
                first = first or error
        raise CheckpointError(f"No checkpoint of the run {shown(self.name)} is sound. {first}") from first


def default_runs_folder() -> Path:
    """Where runs are kept unless the user names another folder: in the platform's folder for a user's data."""
    return platformdirs.user_data_path("charlstm", appauthor=False) / "runs"


def shown_path(path: Path) -> str:
    """A path as it may be shown in a terminal."""
    return shown(str(path))


def _lies_before(line: Mapping[str, Any], cursor: Cursor, step: int) -> bool:
    """Whether a line of metrics.jsonl tells of what was done before this place.

    The line of an epoch that was cut short goes as well: the epoch's end will be told of when it comes. What was said
    of the run as a whole, at no step, stays true.
    """
    if line.get("event") in _AT_NO_STEP:
        return True
    if line.get("event") == "epoch_end":
        epoch = line.get("epoch")
        return isinstance(epoch, int) and epoch <= cursor.epoch
    done = line.get("to_step" if line.get("event") == "rolled_back" else "step")
    return isinstance(done, int) and done <= step


def _describe(name: str, facts: RunFacts) -> str:
    """recipe.toml."""
    return f"""\
# A run of charlstm: what it learns from, and how. Written once; to learn otherwise, begin another run.

[run]
name = {toml_value(name)}
recipe = {toml_value(facts.recipe_name)}
created = {facts.created.isoformat(timespec="seconds")}

[corpus]
name = {toml_value(facts.corpus)}
spec = {toml_value(facts.corpus_spec)}

[recipe]
{to_toml(facts.recipe)}"""
