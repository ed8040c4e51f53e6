"""The seed that is pinned in a run: the screen and `charlstm train` keep it in one file, and each goes on with it.

The screen writes all that is set on it, as it has it in memory, so it would take back a seed that was pinned meanwhile:
each writes only while it holds the run's lock, which the screen holds until it closes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from model.runs.files.atomic_files import read_file, write_file
from model.runs.folder import SCREEN, Run

_PINNED = "pinned"
_HALF_PAIR = re.compile("[\ud800-\udfff]")


def pinned_seed(run: Run) -> str | None:
    """The seed that every epoch continues beside the run's own; None where none is pinned."""
    seed = _settings(run).get(_PINNED)
    return seed if isinstance(seed, str) and not _HALF_PAIR.search(seed) else None


def pin_seed(run: Run, seed: str) -> None:
    """Pin a seed, and leave all else as it is set on the screen. Call it while holding the run's lock.

    Raises:
        OSError: it cannot be written.
        RunError: the run's folder is gone.
    """
    write_file(run.place / SCREEN, [f"{json.dumps({**_settings(run), _PINNED: seed})}\n".encode()])


def _settings(run: Run) -> Mapping[str, Any]:
    """What is set; nothing where that cannot be read."""
    with suppress(OSError, ValueError, RecursionError):
        settings = json.loads(read_file(run.folder / SCREEN))
        if isinstance(settings, Mapping):
            return settings
    return {}
