"""A run that this program trains."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from model.runs.folder import Run
from tests.model.runs.made_runs import TINY, begin, keep


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """A run that this program trains, with a line and a checkpoint."""
    with begin(tmp_path, "run", recipe=TINY).lock() as run:
        run.append_metrics({"line": 0})
        keep(run, 1, best=True)
        yield run
