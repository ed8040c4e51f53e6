"""Steer a run that another program trains, on this machine or over a shared folder; without a request, say how it goes.

The program takes a request between two chunks of steps and keeps it in the run, so that resuming repeats it exactly.
"""

from __future__ import annotations

import argparse
from datetime import datetime

from corpora.safe_text import shown
from model.cli.console import complain, say, say_json, say_table
from model.cli.run_argument import RUN_HELP, add_runs_folder
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.housekeeping.kept_view import kept_view
from model.runs.housekeeping.run_states import state_of, why
from model.runs.listing import open_run, runs_folder
from model.runs.run_facts import RunError
from model.runs.run_view import RunView
from model.training.events import Answered
from model.training.steering.answers import ANSWER_SECONDS, unanswered, why_not_asked
from model.training.steering.requests import KINDS, ask, takes_requests

HELP = "change the learning rate, pause or stop a run that another program trains"
USAGE = "charlstm steer RUN [REQUEST] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    parser.add_argument("run", metavar="RUN", help=RUN_HELP)
    requests = "\n".join(f"{name}: {what}" for name, (_, what) in KINDS.items())
    parser.add_argument("request", metavar="REQUEST", nargs="?", choices=tuple(KINDS), help=requests)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_runs_folder(parser)


def work(options: argparse.Namespace) -> int:
    """Ask for something, or say what the run does."""
    run = open_run(options.run, runs_folder(options.runs))
    if options.request is None:
        return _tell(run, options.json)
    if sentence := why_not_asked(run):
        raise RunError(sentence)
    answer = ask(run, options.request, ANSWER_SECONDS)
    if isinstance(answer, str):
        complain(unanswered(run, answer))
        return 1
    event, at = answer
    assert isinstance(event, Answered)
    if options.json:
        say_json(event_record(event, at))
    else:
        when = "" if at is None else f"{datetime.fromtimestamp(at):%H:%M:%S} "
        say(f"{when}{event.words}")
    return 0


def _tell(run: Run, json: bool) -> int:
    in_use = run.in_use
    kept = kept_view(run, in_use=in_use)
    view, epochs = kept.view, run.facts().recipe.epochs
    taken, state = takes_requests(run) and in_use, state_of(view, epochs, in_use=in_use, done=kept.epoch)
    if json:
        facts = {"state": state, "epoch": view.epoch, "step": view.progress.step if view.progress else 0}
        say_json({"event": "run", "run": run.name} | facts | {"takes_requests": taken})
        return 0
    say(f"{shown(run.name)}: {_described(view, state)}")
    if kept.unkept:
        say(f"{kept.unkept}.")
    if taken:
        say_table(("request", "what it does"), [(name, what) for name, (_, what) in KINDS.items()])
    else:
        say("No program that takes requests trains it now.")
    return 0


def _described(view: RunView, state: str) -> str:
    """The state, and where training is."""
    parts = [f"{state}{why(view)}"]
    if view.progress:
        epochs = f" of {view.compiled.epochs}" if view.compiled else ""
        parts.append(f"epoch {view.epoch}{epochs}, step {view.progress.step:,}")
        parts.append(f"loss {view.progress.epoch_loss:.4f}, learning rate {view.progress.rate:.3g}")
    if view.steering.last_epoch is not None and state in ("training", "paused"):
        parts.append(f"stops after epoch {view.steering.last_epoch}")
    return ", ".join(parts)
