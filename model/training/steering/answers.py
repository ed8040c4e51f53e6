"""What to tell the user where a request cannot be made, or is not answered. Nothing here imports JAX."""

from __future__ import annotations

from corpora.safe_text import shown
from model.options.shell_command import typed
from model.runs.folder import Run
from model.training.steering.requests import Silence, takes_requests

ANSWER_SECONDS = 10.0
"""For an answer; compiling or judging an epoch may take a while."""

_AFTERWARDS: dict[Silence, str] = {
    "withdrawn": "The request was withdrawn.",
    "taken": "It has taken the request and may obey it yet: do not repeat it.",
}


def why_not_asked(run: Run) -> str | None:
    """Why no program can answer a request about this run; None where one seems to."""
    name = shown(run.name)
    if not run.in_use:
        resume = typed("charlstm", "train", "--resume", run.reference)
        return f"No program trains the run {name}. Resume it: {resume}"
    if not takes_requests(run):
        return (
            f"The program that trains the run {name} takes no requests: it has just begun, has ended, or is an "
            "earlier version."
        )
    return None


def unanswered(run: Run, silence: Silence) -> str:
    """What to say of a request without an answer."""
    return why_not_asked(run) or (
        f"The program that trains the run {shown(run.name)} has not answered within {ANSWER_SECONDS:g} s: it may be "
        f"compiling, or stuck. {_AFTERWARDS[silence]}"
    )
