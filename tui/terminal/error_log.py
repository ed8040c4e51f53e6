"""ErrorLog: a file that takes standard error while the screen is open."""

from __future__ import annotations

import faulthandler
import os
import sys
from contextlib import suppress
from pathlib import Path

LARGEST_LOG = 1_000_000
"""Bytes after which the log of earlier launches is renamed."""


class ErrorLog:
    """Takes what Python or a native library writes to file descriptor 2 while the screen is open.

    When standard error is not the terminal (`2>errors.txt`), the text of this launch is copied to it at the end.

    Args:
        path: the log. Where it cannot be written, a file in the temporary folder takes its place, and `path` names it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> ErrorLog:
        sys.stderr.flush()
        log = self._open()
        self._start = os.fstat(log).st_size
        self._kept = os.dup(2)
        os.dup2(log, 2)
        os.close(log)
        faulthandler.enable(2)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            sys.stderr.flush()
        faulthandler.disable()
        os.dup2(self._kept, 2)
        os.close(self._kept)
        if not os.isatty(2) and (text := self.text()):
            with suppress(OSError):
                os.write(2, text.encode())

    def text(self) -> str:
        """What this launch has written so far."""
        try:
            with self.path.open("rb") as log:
                log.seek(self._start)
                return log.read().decode(errors="replace")
        except OSError:
            return ""

    def _open(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and self.path.stat().st_size > LARGEST_LOG:
                self.path.replace(self.path.with_suffix(".old.log"))
            return os.open(self.path, flags, 0o600)
        except OSError:
            import tempfile

            descriptor, name = tempfile.mkstemp(prefix="charlstm-tui-", suffix=".log")
            self.path = Path(name)
            return descriptor
