"""List the runs, the one that was trained last first; rename, delete or export one."""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import asdict
from pathlib import Path

from corpora.safe_text import shown
from model.cli.console import plain, say, say_json, say_table
from model.cli.run_argument import add_runs_folder
from model.runs.housekeeping.export import export_run
from model.runs.housekeeping.own_runs import delete_run, own_run, rename_run
from model.runs.housekeeping.run_states import epochs
from model.runs.housekeeping.run_summary import RunSummary, spelled_size
from model.runs.housekeeping.spelled_times import span
from model.runs.housekeeping.summing_up import sum_up
from model.runs.listing import list_runs, no_run, runs_folder
from model.runs.run_facts import RunError

HELP = "list the runs, rename, delete or export one"
USAGE = "charlstm runs [rename OLD NEW | delete RUN [--yes] | export RUN] [--json] [--runs DIR]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options and actions."""
    parser.add_argument("--json", action="store_true", help="print one JSON object per run")
    add_runs_folder(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", prog="charlstm runs", title="actions")
    rename = actions.add_parser("rename", help="rename a run that no program has open")
    rename.add_argument("run", metavar="OLD", help="its name, as it is listed")
    rename.add_argument("name", metavar="NEW", help="its new name")
    delete = actions.add_parser("delete", help="delete a run for good, with everything in its folder")
    delete.add_argument("run", metavar="RUN", help="its name, as it is listed")
    delete.add_argument("--yes", action="store_true", help="do not ask first")
    export = actions.add_parser("export", help="write a run into an archive, RUN.zip, in the current folder")
    export.add_argument("run", metavar="RUN", help="its name, as it is listed")
    for action in (rename, delete, export):
        action.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON object about what was done"
        )
        add_runs_folder(action, default=argparse.SUPPRESS)


def work(options: argparse.Namespace) -> int:
    """List the runs, or rename, delete or export one."""
    root = runs_folder(options.runs)
    if options.action == "rename":
        return _rename(root, options.run, options.name, options.json)
    if options.action == "delete":
        return _delete(root, options.run, options.yes, options.json)
    if options.action == "export":
        return _export(root, options.run, options.json)
    return _list(root, options.json, named=options.runs is not None)


def _rename(root: Path, old: str, new: str, json: bool) -> int:
    run = rename_run(own_run(old, root), new)
    if json:
        say_json({"event": "renamed", "run": old, "name": run.name, "folder": str(run.folder)})
    else:
        say(f"{shown(old)} is now {run.name}.")
    return 0


def _delete(root: Path, name: str, sure: bool, json: bool) -> int:
    run = own_run(name, root)
    if not sure and not _agreed(next(each for each in list_runs(root) if each.name == name)):
        say("Nothing was deleted.")
        return 1
    freed = delete_run(run)
    if json:
        say_json({"event": "deleted", "run": name, "freed": freed})
    else:
        say(f"Deleted {shown(name)}: {spelled_size(freed)} freed.")
    return 0


def _export(root: Path, name: str, json: bool) -> int:
    run = own_run(name, root)
    path, lost = export_run(run, Path.cwd()), sum_up(run).unkept
    if json:
        say_json({"event": "exported", "run": name, "file": str(path)} | ({"unkept": lost} if lost else {}))
    else:
        say(f"{shown(name)} is in {shown(path.name)}. Unpacked in a folder of runs, it is a run again.")
        if lost:
            say(f"{lost}: the archive has what was.")
    return 0


def _agreed(run: RunSummary) -> bool:
    """Ask the user whether to delete the run.

    Raises:
        RunError: there is no terminal to ask on.
    """
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise RunError(f"There is no terminal to ask whether to delete {shown(run.name)}: confirm with --yes.")
    trained = f"{run.corpus}, {epochs(run.epoch)}, " if run.corpus else ""
    question = f"Delete the run {run.name} ({trained}{spelled_size(run.size)}) for good? [y/N] "
    sys.stderr.write(plain(" ".join(question.split())) + " ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _list(root: Path, json: bool, *, named: bool) -> int:
    if named and not root.is_dir():
        raise RunError(f"There is no folder {shown(str(root))}.")
    summaries = list_runs(root)
    if json:
        for summary in summaries:
            facts = asdict(summary) | {"folder": str(summary.folder)}
            say_json({"event": "run", "run": facts.pop("name")} | facts)
        return 0
    if not summaries:
        say(str(no_run(root, "charlstm", "train")))
        return 0
    now = time.time()
    header = ("run", "corpus", "recipe", "epoch", "held-out", "bits", "age", "size", "state")
    say_table(header, [_row(summary, now) for summary in summaries], spare=("bits", "size", "corpus", "age"))
    for summary in summaries:
        if summary.unkept:
            say(f"{shown(summary.name)}: {summary.unkept}.")
        if reason := summary.problem or (summary.needs if summary.unfinished or summary.edited else None):
            say(f"{shown(summary.name)}: {reason}")
    return 0


def _row(run: RunSummary, now: float) -> tuple[str, ...]:
    best = run.best_held_out
    return (
        run.name,
        run.corpus or "",
        " ".join((run.recipe or "", *run.kind)),
        f"{run.epoch}/{run.epochs}" if run.epochs else str(run.epoch),
        "" if best is None else f"{best:.4f}",
        "" if best is None else f"{best / math.log(2):.3f}",
        span(now - run.updated) if run.updated else "",
        spelled_size(run.size),
        run.state,
    )
