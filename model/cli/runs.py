"""List the runs that are kept, the one changed last first."""

from __future__ import annotations

import argparse
import math
import time
from dataclasses import asdict

from model.cli.console import say, say_json, say_table, spell_age, spell_size
from model.cli.run_choice import add_runs_folder, runs_folder
from model.runs import RunSummary, list_runs

HELP = "list the runs"
USAGE = "charlstm runs [--json] [--runs DIR]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("--json", action="store_true", help="print one JSON object a run")
    add_runs_folder(parser)


def work(options: argparse.Namespace) -> int:
    """List them."""
    root = runs_folder(options)
    summaries = list_runs(root)
    if options.json:
        for summary in summaries:
            say_json({"event": "run"} | asdict(summary) | {"folder": str(summary.folder)})
        return 0
    if not summaries:
        say(f"There is no run in {root} yet: charlstm train makes one.")
        return 0
    now = time.time()
    header = ("run", "corpus", "recipe", "epoch", "held-out", "bpc", "age", "size")
    say_table(header, [_row(summary, now) for summary in summaries])
    for summary in summaries:
        if summary.problem:
            say(f"{summary.name}: {summary.problem}")
    return 0


def _row(run: RunSummary, now: float) -> tuple[str, ...]:
    best = run.best_held_out
    return (
        run.name,
        run.corpus or "(broken)",
        run.recipe or "",
        f"{run.epoch}/{run.epochs}" if run.epochs else str(run.epoch),
        "" if best is None else f"{best:.4f}",
        "" if best is None else f"{best / math.log(2):.3f}",
        spell_age(now - run.updated),
        spell_size(run.size),
    )
