"""Which run a command is about: its options, and the weights they lead to."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from model.cli.console import complain
from model.runs.checkpoint import Checkpoint
from model.runs.listing import Run, default_runs_folder, open_run


def add_runs_folder(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Add `--runs`; `runs_folder` reads it back.

    Args:
        parser: of a command.
        default: argparse.SUPPRESS where the option may have stood before the command's name as well.
    """
    parser.add_argument(
        "--runs", metavar="DIR", default=default, help="folder that keeps the runs (default: your data folder)"
    )


def runs_folder(options: argparse.Namespace) -> Path:
    """Where runs are kept."""
    return default_runs_folder() if options.runs is None else Path(os.path.expanduser(options.runs))


def add_run(parser: argparse.ArgumentParser) -> None:
    """Add the run, which weights of it, and `--runs`; `open_weights` reads them back."""
    parser.add_argument("run", metavar="RUN", help="a run listed by 'charlstm runs', its folder, or 'latest'")
    parser.add_argument(
        "--weights",
        choices=("best", "newest"),
        default="best",
        help="those best on the held-out text, or the newest (default: best)",
    )
    add_runs_folder(parser)


def open_weights(options: argparse.Namespace) -> tuple[Run, Checkpoint]:
    """The run and its checkpoint; a damaged file that is passed over is complained about.

    Raises:
        RunError: there is no such run.
        CheckpointError: it has no sound checkpoint.
    """
    run = open_run(options.run, runs_folder(options))
    return run, run.load(options.weights, complain)
