"""What is in the folders of runs, and everything that a training writes into one, for tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from model.runs.folder import Run
from model.runs.run_facts import RunError
from tests.model.runs.made_runs import keep, metrics_of
from tests.model.runs.test_checkpoint import make_checkpoint


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder, links followed."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def lines(folder: Path) -> list[object]:
    return [record["line"] for record in metrics_of(Run(folder))]


def write_everything(run: Run) -> None:
    """Each kind of thing that a training writes."""
    run.append_metrics({"line": 1})
    run.append_sample({"line": 1})
    run.set_epochs(99)
    keep(run, 2, best=True)


def assert_refused(run: Run, *, why: str) -> None:
    """Nothing at all can be written, each time for the reason that is named."""
    for write in (
        lambda: run.append_metrics({"line": 1}),
        lambda: run.append_sample({"line": 1}),
        lambda: run.set_epochs(99),
        lambda: keep(run, 2),
        lambda: run.save_best(make_checkpoint(step=2)),
    ):
        with pytest.raises(RunError, match=why):
            write()
