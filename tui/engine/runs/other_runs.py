"""OtherRuns: reads the runs that are compared, and reads one again whenever its training has written to it.

They are only read. What takes long is done in a thread of low priority.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from model.devices.priority import BACKGROUND, lower_priority
from model.runs.housekeeping.compared_run import ComparedRun

_LOOK_SECONDS = 2.0
"""Between two looks for news of runs."""

Take = Callable[[Sequence[ComparedRun]], object]
"""Takes the chosen runs in their order; from a thread."""


class OtherRuns:
    """Any thread may call `choose`.

    Args:
        take: given all chosen runs, as soon as they are read and whenever one has changed.
    """

    def __init__(self, take: Take) -> None:
        self._take = take
        self._changed = threading.Condition()
        self._folders: tuple[str, ...] = ()
        self._reads = False
        """Whether there is a thread."""

    @property
    def folders(self) -> tuple[str, ...]:
        """The runs that are chosen."""
        return self._folders

    def choose(self, folders: Sequence[str]) -> None:
        """Read these runs from now on, and no others."""
        with self._changed:
            self._folders = tuple(folders)
            self._changed.notify_all()
            if self._folders and not self._reads:
                self._reads = True
                threading.Thread(target=self._run, name="reading other runs", daemon=True).start()

    def _run(self) -> None:
        lower_priority(BACKGROUND)
        read: dict[str, tuple[float, ComparedRun]] = {}
        told: tuple[str, ...] = ()
        while True:
            with self._changed:
                folders = self._folders
                self._reads = bool(folders)
            news = self._read_news(folders, read)
            if news or told != folders:
                told = folders
                self._take([read[folder][1] for folder in folders])
            if not folders:
                return
            with self._changed:
                if self._folders == folders:
                    self._changed.wait(_LOOK_SECONDS)

    def _read_news(self, folders: Sequence[str], read: dict[str, tuple[float, ComparedRun]]) -> bool:
        """Read what has changed; whether there was anything."""
        from pathlib import Path

        from model.runs.folder import Run
        from model.runs.folders.held_folder import METRICS
        from model.runs.housekeeping.compared_run import unlike_names
        from model.runs.housekeeping.reading_runs import read_run

        for gone in read.keys() - {*folders}:
            del read[gone]
        news = False
        for folder, name in zip(folders, unlike_names([*map(Path, folders)]), strict=True):
            try:
                written = os.stat(os.path.join(folder, METRICS)).st_mtime
            except OSError:
                written = 0.0
            if folder not in read or read[folder][0] != written or read[folder][1].name != name:
                read[folder] = written, read_run(Run(Path(folder)), name)
                news = True
        return news
