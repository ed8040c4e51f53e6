"""CheckpointWatch: the checkpoints of a run that another program saves, loaded when they are whole.

Nothing here imports JAX, and nothing is written.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from model.runs.checkpoint import Checkpoint, CheckpointError, load
from model.runs.folder import Run

PATIENCE = 5.0
"""Seconds for which a file that cannot be used may be one that is just being replaced."""

_Stamp = tuple[int, ...]


class Found(NamedTuple):
    """A checkpoint that was not there before."""

    path: Path
    checkpoint: Checkpoint
    best: bool
    """Whether it is the best on the held-out text, rather than the newest."""


class CheckpointWatch:
    """What was loaded of a run's checkpoints, and what there is.

    Args:
        run: only ever read.
        note: told, in a sentence and once, of each file that stays unusable.
        clock: seconds, only ever forward.
    """

    def __init__(self, run: Run, note: Callable[[str], object], clock: Callable[[], float] = time.monotonic) -> None:
        self._run, self._note, self._clock = run, note, clock
        self._newest: _Stamp | None = None
        self._best: _Stamp | None = None
        self._unusable: dict[_Stamp, float] = {}
        """When each file was first found to be so."""
        self._given_up: set[_Stamp] = set()

    def look(self) -> Iterator[Found]:
        """Load what is new: the newest checkpoint, or the one before where it cannot be used, and the best."""
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
        """The checkpoint, if it can be used; if not, it is tried again for a while."""
        if stamp is None or stamp in self._given_up:
            return None
        try:
            checkpoint = load(path)
        except CheckpointError as error:
            since = self._unusable.setdefault(stamp, self._clock())
            if self._clock() - since >= PATIENCE and _stamp(path) == stamp:
                self._given_up.add(stamp)
                self._note(f"{error} It is skipped.")
            return None
        self._unusable.clear()
        return checkpoint


def _stamp(path: Path) -> _Stamp | None:
    """What tells a file from another of its name; None while there is none."""
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns
