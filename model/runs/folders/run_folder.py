"""RunFolder: where a run is kept, and the lock that keeps other programs from training it. Nothing here imports JAX."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs

from model.runs.files.atomic_files import read_file
from model.runs.files.places import Place
from model.runs.folders.folder_lock import is_locked
from model.runs.folders.held_folder import LOCK, HeldFolder
from model.runs.run_facts import RECIPE, RunError, id_in


@dataclass(frozen=True, slots=True)
class RunFolder:
    """A run's folder. A locked one is a context manager that releases it."""

    named: Path
    """What the folder was called when this was made."""
    held: HeldFolder | None = field(default=None, compare=False, repr=False)
    """Where the run is locked: everything is then written into that folder, and into no other."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    @property
    def folder(self) -> Path:
        """The folder; of a locked run, where it is now."""
        return self.held.path if self.held else self.named

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def place(self) -> Place:
        """Where to write. Ask for each thing that is written, because it is checked each time.

        Raises:
            RunError: the folder that was locked is not there any more, or another program has opened it.
        """
        return self.held.place() if self.held else Place.of(self.named)

    @property
    def is_there(self) -> bool:
        """Whether the folder can be written to: the one that was locked, not another that has its name now."""
        try:
            return os.path.isdir(self.place.path)
        except RunError:
            return False

    @property
    def id(self) -> str:
        """The run's own id, which its checkpoints and lines have too; empty if it has none, or it cannot be read."""
        if self.held:
            return self.held.id
        try:
            return id_in(read_file(self.folder / RECIPE))
        except OSError:
            return ""

    @property
    def reference(self) -> str:
        """What names the run on a command line: its name, or its path if it is not in the default folder."""
        return self.name if self.folder.parent == default_runs_folder() else str(self.folder)

    @property
    def in_use(self) -> bool:
        """Whether a program trains it or has it open. A run that was never locked stays untouched."""
        return is_locked(self.folder / LOCK)

    def lock(self) -> Self:
        """Keep other programs from training this run until what is returned is released, or this program ends.

        Returns:
            The run to write into: it goes by the folder's identity, not by its name.

        Raises:
            RunError: another program trains it, or the folder cannot be written to.
        """
        return type(self)(self.named, HeldFolder(self.named, self.reference))

    @property
    def lock_notes(self) -> tuple[str, ...]:
        """What the user should know of the lock, a sentence each."""
        return self.held.notes if self.held else ()

    def release(self) -> None:
        """Let other programs train the run. Nothing is written with this any more."""
        if self.held:
            self.held.release()


def default_runs_folder() -> Path:
    """The folder of runs unless the user names another one: in the platform's folder for user data."""
    return platformdirs.user_data_path("charlstm", appauthor=False) / "runs"
