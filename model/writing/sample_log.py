"""SampleLog: writes samples into the run's folder; a sample that could not be written is tried again."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from model.runs.folder import Run
from model.runs.run_facts import RunError


class SampleLog:
    """Writes samples in order, from any thread.

    Args:
        run: keeps the samples; None keeps none.
        complain: called with a sentence when a sample could not be written, once for each reason.
    """

    def __init__(self, run: Run | None, complain: Callable[[str], object]) -> None:
        self._run, self._complain = run, complain
        self._waiting: deque[Mapping[str, Any]] = deque()
        self._complaint = ""
        """Said already."""
        self._lock = threading.Lock()

    def add(self, *records: Mapping[str, Any]) -> None:
        """Write samples, after any that could not be written before."""
        if self._run is None:
            return
        with self._lock:
            self._waiting.extend(records)
            try:
                while self._waiting:
                    self._run.append_sample(self._waiting[0])
                    self._waiting.popleft()
                self._complaint = ""
            except RunError as error:
                if str(error) != self._complaint:
                    self._complaint = str(error)
                    self._complain(self._complaint)
