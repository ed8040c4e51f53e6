"""RequestWatch: a thread that looks for requests, so that training never waits for the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from model.runs.files.places import make_folder
from model.runs.folder import REQUESTS, Run
from model.runs.run_facts import RunError
from model.training.steering.requests import Request, close_requests, open_requests, take_requests

_LOOK_SECONDS = 0.25


class RequestWatch:
    """Takes requests from now on.

    Args:
        run: that is trained.
        send: takes each request, in this thread.
    """

    def __init__(self, run: Run, send: Callable[[Request], object]) -> None:
        self._run, self._send = run, send
        self._ended = threading.Event()
        # A daemon, because a disk that never answers must not keep the program from ending.
        self._thread = threading.Thread(target=self._work, name="requests", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Take no more requests."""
        self._ended.set()
        self._thread.join(_LOOK_SECONDS)

    def _work(self) -> None:
        with suppress(OSError, RunError):
            open_requests(self._run)
        while not self._ended.wait(_LOOK_SECONDS):
            with suppress(OSError, RunError):
                make_folder(self._run.place / REQUESTS)  # where it was removed, or the run was put back without it
                for request in take_requests(self._run):
                    self._send(request)
        with suppress(RunError):
            close_requests(self._run)
