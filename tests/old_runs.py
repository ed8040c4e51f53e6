"""Runs made by an earlier version; tests/data/old_runs/README.md says how."""

from __future__ import annotations

import shutil
from pathlib import Path

from model.runs.folder import Run

OLD_RUNS = Path(__file__).parent / "data" / "old_runs"
OLD_TEXT = OLD_RUNS / "text.txt"


def copy_old_run(name: str, runs: Path) -> Run:
    """A copy of an old run below `runs`, as if it had been made there."""
    return Run(Path(shutil.copytree(OLD_RUNS / name, runs / name)))
