"""A run's folder: the recipe, metrics, samples and checkpoints of one training.

    recipe.toml      what the run is trained on and how, for people and programs
    metrics.jsonl    a line for each event: epochs, logged steps, starts, pauses, rollbacks, ends. Lines are only
                     added. After a rollback, `run_view` ignores the lines that no longer count
    samples.jsonl    a line for each finished sample
    baselines.json   what counting reaches on the held-out text, see `model.baselines`
    checkpoints/     step-….safetensors: the newest; best.safetensors: the best on the held-out text
    epochs/          epoch-….safetensors: the weights of epochs' ends, parameters alone; see `epoch_weights`
    screen.json      what the user has set on the screen: samplings, a pinned seed, colours; see also `pinned_seed`
    requests/        while it is trained: what other programs ask for; see `model.training.steering.requests`
    lock             held by the program that trains the run, or has it open

What is written goes into the folder that was locked, wherever it is moved, see `folders`. Nothing here imports JAX.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Literal

from corpora.safe_text import shown
from model.baselines.baseline_file import with_kept_baselines
from model.options.shell_command import typed
from model.runs import checkpoint as checkpoints
from model.runs.checkpoint import Checkpoint, CheckpointError, MissingCheckpointError
from model.runs.files.atomic_files import append_line, open_file, write_file
from model.runs.files.json_lines import events_of, from_lines, own_lines, to_line, with_run_id
from model.runs.files.long_files import MOST_STEPS, read_lines
from model.runs.files.places import leads_elsewhere, make_folder, names_in, remove_files, rename_file
from model.runs.folders.held_folder import LOCK, METRICS
from model.runs.folders.run_folder import RunFolder
from model.runs.kept import BEST, CHECKPOINTS, TO_LOAD, first_sound, is_foreign, is_of_another_run, state_paths
from model.runs.run_facts import (
    RECIPE,
    RunError,
    RunFacts,
    cannot_read,
    cannot_write,
    read_facts,
    set_epochs,
    shown_path,
    to_text,
)
from model.runs.run_view import RunView
from model.training.events import TimedEvent

KEPT = 2
"""The number of newest checkpoints that are kept, besides the best one."""

SAMPLES = "samples.jsonl"
"""The file of a run with a line for each sample."""

SCREEN = "screen.json"
"""What the user has set on the screen."""

REQUESTS = "requests"
"""The folder in which other programs ask for something, while the run is trained."""

_STEPS, _FIRST = "step-*.safetensors", "step-000000000.safetensors"


@dataclass(frozen=True, slots=True)
class Run(RunFolder):
    """A run: its folder and what is in it."""

    def begin(self, facts: RunFacts) -> None:
        """Write recipe.toml into a new folder.

        Raises:
            OSError: it cannot be written.
        """
        make_folder(self.place / CHECKPOINTS)
        write_file(self.place / RECIPE, [to_text(self.name, facts).encode()])
        if self.held:
            self.held.read_recipe()

    def discard_untrained(self) -> None:
        """Delete a new run that has not trained a step, so that nothing stays behind of a start that did nothing.

        Call it while holding the lock. A run that has trained stays, and so does a folder with other files in it.
        """
        with suppress(OSError, RunError):
            there = {*names_in(self.place)}
            trained = [path for path in self.checkpoints() if path.name != _FIRST]
            if self.view().compiled or self.best_checkpoint.exists() or trained:
                return
            if there <= {METRICS, SAMPLES, SCREEN, RECIPE, LOCK, CHECKPOINTS, REQUESTS}:
                if self.held:
                    self.held.end_writing()
                aside = self.folder.rename(self.folder.with_name(f".{self.name}.{secrets.token_hex(4)}.discarded"))
                shutil.rmtree(aside)  # a line that is still being written finds no folder any more

    @property
    def exists(self) -> bool:
        """Whether there is a run in the folder: a recipe or a checkpoint."""
        try:
            files = (self.folder / RECIPE, self.best_checkpoint, *self.checkpoints())
            return any(path.is_file() for path in files)
        except (OSError, ValueError):  # a name that no file can have
            return False

    def set_epochs(self, epochs: int) -> None:
        """Write another number of epochs into recipe.toml; see `run_facts.set_epochs`."""
        set_epochs(self.place / RECIPE, epochs)
        if self.held:
            self.held.read_recipe()

    def facts(self) -> RunFacts:
        """What the run is trained on and how.

        Raises:
            RunError: recipe.toml is missing or wrong.
        """
        return read_facts(self.folder / RECIPE)

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
        place = self.place / file
        # Not in logged steps, which tell no time either, so that the lines of two runs can be compared.
        line = to_line(with_run_id(record, self.id) if "at" in record or file == SAMPLES else record)
        try:
            append_line(place, line)
        except OSError as error:
            raise cannot_write(place.path, error) from error
        if self.held and file == METRICS:
            self.held.remember(line)

    def _lines(self, file: str, most_steps: int = MOST_STEPS) -> bytes:
        path = self.folder / file
        try:
            with open_file(path) as stream:
                return own_lines(b"".join(read_lines(stream, most_steps=most_steps).lines), self.id)
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise cannot_read(path, error) from error

    def events(self) -> list[TimedEvent]:
        """The events in metrics.jsonl, and the baselines if the run has them; damaged lines are skipped.

        Of very many logged steps, some are left out, as `long_files` does it.

        Raises:
            RunError: metrics.jsonl cannot be read.
        """
        return with_kept_baselines(self.folder, list(events_of(self._lines(METRICS))))

    def view(self, most_steps: int = MOST_STEPS) -> RunView:
        """What the run looks like, according to metrics.jsonl.

        Args:
            most_steps: of the logged steps, between so many and twice as many are read, evenly spread.

        Raises:
            RunError: it cannot be read.
        """
        view = RunView()
        view.run = str(self.folder)
        view.apply_all(events_of(self._lines(METRICS, most_steps)))
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
        for path in (self.folder / RECIPE, self.folder / METRICS, self.best_checkpoint, *self.checkpoints()):
            with suppress(OSError):
                times.append(path.lstat().st_mtime)
        return max(times)

    def save(self, checkpoint: Checkpoint) -> Path:
        """Save a checkpoint as the newest, and delete all but the last KEPT.

        Checkpoints of later steps are deleted as well, because training has rolled back.

        Returns:
            The file.

        Raises:
            CheckpointError: it could not be written. Earlier checkpoints are untouched.
            RunError: as `place`.
        """
        name = f"step-{checkpoint.manifest.step:09d}.safetensors"
        path = self.keep(CHECKPOINTS, name, checkpoint)
        folder = self.place / CHECKPOINTS
        with suppress(OSError):
            there = sorted(names_in(folder))
            steps = [each for each in there if fnmatch(each, _STEPS) and not is_foreign(self, folder.path / each)]
            kept = [each for each in steps if each <= name][-KEPT:]
            gone = [each for each in there if each.endswith(".tmp") or (each in steps and each not in kept)]
            remove_files(folder, gone)
        return path

    def save_best(self, checkpoint: Checkpoint) -> None:
        """Save a checkpoint as the best on the held-out text.

        Raises:
            CheckpointError: it could not be written. The best checkpoint so far is untouched.
            RunError: as `place`.
        """
        self.keep(CHECKPOINTS, BEST, checkpoint)

    def keep(self, folder: str, name: str, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint, with the run's id, into a folder in the run's folder. Returns the file.

        If another run's checkpoint has its name, that one gets another name.

        Raises:
            CheckpointError: it could not be written; the file that had its name is untouched.
            RunError: as `place`, or that folder is a link into another run.
        """
        place = self.place
        with suppress(OSError):  # saving says what is wrong
            make_folder(place / folder)
        if leads_elsewhere(place, folder, RECIPE):
            raise RunError(
                f"{shown_path(place.path / folder)} is a link into the folder of another run, which is left alone. "
                "Remove the link, and saving continues."
            )
        own = Checkpoint(checkpoint.arrays, replace(checkpoint.manifest, run_id=self.id))
        file = place / folder / name
        if is_foreign(self, file.path):
            with suppress(OSError):
                rename_file(file, place / folder / f"other-{name}")
        checkpoints.save(file, own)
        return file.path

    def read(self, path: Path) -> Checkpoint:
        """Read a checkpoint of this run.

        Raises:
            CheckpointError: it is not sound, or it is another run's.
        """
        found = checkpoints.load(path)
        if is_of_another_run(self, path, found.manifest):
            raise CheckpointError(f"The checkpoint {shown(str(path), 1000)} is another run's.")
        return found

    @property
    def best_checkpoint(self) -> Path:
        """The file of the best checkpoint, which may not exist."""
        return self.folder / CHECKPOINTS / BEST

    def checkpoints(self) -> list[Path]:
        """The files of the newest checkpoints, newest first; without the best."""
        return state_paths(self.folder)

    def load(
        self,
        which: Literal["best", "newest", "state"] = "best",
        note: Callable[[str], object] = lambda sentence: None,
    ) -> Checkpoint:
        """Load the best weights or the newest ones; if they are damaged, other sound ones.

        Args:
            which: a run without held-out text may have no best weights; then the newest are loaded. A state is what
                training resumes from: the weights of epochs' ends do not count then.
            note: called with a sentence for each damaged file that is skipped.

        Raises:
            CheckpointError: the run has no such file, or no sound one.
        """
        files = TO_LOAD[which](self)
        if not files:
            command = typed("charlstm", "train", "--resume", self.reference)
            raise MissingCheckpointError(f"The run {shown(self.name)} has no checkpoint yet. Train it first: {command}")
        try:
            return first_sound((each.path for each in files), self.read, note)
        except CheckpointError as error:
            raise CheckpointError(f"No checkpoint of the run {shown(self.name)} is sound. {error}") from error
