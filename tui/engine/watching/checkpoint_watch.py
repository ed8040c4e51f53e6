"""CheckpointWatch: loads the checkpoints that another program saves, once they are complete.

Nothing here imports JAX, and nothing is written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from model.runs.checkpoint import Checkpoint, CheckpointError
from model.runs.folder import Run
from model.runs.kept import passed_over

PATIENCE = 5.0
"""Seconds until an unusable file is reported: it may be about to be replaced."""

_Stamp = tuple[int, ...]


class Found(NamedTuple):
    """A new checkpoint."""

    path: Path
    checkpoint: Checkpoint
    best: bool
    """Whether it is the best on the held-out text, rather than the newest."""


class CheckpointWatch:
    """Remembers which of a run's checkpoints it has loaded.

    Args:
        run: only read.
        note: called once, with a sentence, for each file that stays unusable.
        clock: monotonic seconds.
    """

    def __init__(self, run: Run, note: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._note, self._clock = run, note, clock
        self._newest: _Stamp | None = None
        self._best: _Stamp | None = None
        self._unusable: dict[_Stamp, float] = {}
        """When each was first found."""
        self._given_up: set[_Stamp] = set()

    def look(self) -> Iterator[Found]:
        """Load what is new: the newest checkpoint, or the one before it if that is unusable, and the best."""
        for path in self._run.checkpoints():
            stamp = _stamp(path)
            if stamp == self._newest:
                break
            if checkpoint := self._load(path, stamp):
                self._newest = stamp
                yield Found(path, checkpoint, best=False)
                break
        path = self._run.best_checkpoint
        stamp = _stamp(path)
        if stamp != self._best and (checkpoint := self._load(path, stamp)):
            self._best = stamp
            yield Found(path, checkpoint, best=True)

    def _load(self, path: Path, stamp: _Stamp | None) -> Checkpoint | None:
        """The checkpoint; None if it is unusable, which is reported after PATIENCE seconds."""
        if stamp is None or stamp in self._given_up:
            return None
        try:
            checkpoint = self._run.read(path)
        except CheckpointError as error:
            since = self._unusable.setdefault(stamp, self._clock())
            if self._clock() - since >= PATIENCE and _stamp(path) == stamp:
                self._given_up.add(stamp)
                self._note(passed_over(error))
            return None
        self._unusable.clear()
        return checkpoint


def _stamp(path: Path) -> _Stamp | None:
    """What differs between two files of the same name; None if there is no file."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
