"""Requests: how other programs steer a training, also over a shared folder.

While a program trains a run, the run has a folder `requests`. A request is a small file there, with the name of what is
asked for. The program takes it between two chunks of steps and answers with a line of metrics.jsonl, an Answered with
the file's name and the step. Nothing here imports JAX.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Literal, NamedTuple

from corpora.safe_text import shown
from model.runs.files.atomic_files import open_file, read_file, write_file
from model.runs.files.json_lines import events_of
from model.runs.files.long_files import read_lines
from model.runs.files.places import make_folder, names_in, remove_file
from model.runs.folder import REQUESTS, Run
from model.runs.folders.held_folder import METRICS
from model.runs.run_facts import RunError, cannot_write
from model.training.events import Answered, TimedEvent
from model.training.steering.training_commands import (
    Command,
    Pause,
    Resume,
    SampleNow,
    Save,
    ScaleRate,
    Stop,
    StopAfterEpoch,
)

KINDS: Mapping[str, tuple[Command, str]] = {
    "halve-rate": (ScaleRate(0.5), "halve the learning rate, from the next step on"),
    "double-rate": (ScaleRate(2.0), "double the learning rate, from the next step on"),
    "stop-after-epoch": (StopAfterEpoch(True), "stop training after the epoch in progress"),
    "no-stop": (StopAfterEpoch(False), "take stop-after-epoch back"),
    "pause": (Pause(), "pause training"),
    "resume": (Resume(), "resume paused training"),
    "save": (Save(), "save a checkpoint now"),
    "sample": (SampleNow(), "write samples with the weights as they are now"),
    "stop": (Stop(), "save and end training now"),
}
"""What can be asked for: its command, and its help."""

_MOST_BYTES, _MOST_AT_ONCE = 256, 16
_LOOK_SECONDS = 0.1


class Request(NamedTuple):
    """A request that was taken."""

    id: str
    command: Command | None
    """None where this version does not know what is asked for."""


# The program that trains


def open_requests(run: Run) -> None:
    """Begin to take requests; those of earlier trainings are dropped.

    Raises:
        OSError: the folder cannot be made.
        RunError: as `Run.place`.
    """
    close_requests(run)
    make_folder(run.place / REQUESTS)


def close_requests(run: Run) -> None:
    """Take no more requests.

    Raises:
        RunError: as `Run.place`.
    """
    place = run.place / REQUESTS
    shutil.rmtree(place.name, ignore_errors=True, dir_fd=place.dir_fd)


def take_requests(run: Run) -> Iterator[Request]:
    """The requests that are there, oldest first; each is taken once, and what is no file stays where it is."""
    folder, found = run.place / REQUESTS, list[tuple[os.stat_result, str]]()
    for name in names_in(folder):
        file = folder / name
        with suppress(OSError):
            status = os.stat(file.name, dir_fd=file.dir_fd, follow_symlinks=False)
            if "." not in name and stat.S_ISREG(status.st_mode):
                found.append((status, name))
    for status, name in sorted(found, key=lambda each: each[0].st_mtime_ns)[:_MOST_AT_ONCE]:
        text = b""
        try:
            with suppress(OSError):
                text = read_file(folder / name) if status.st_size <= _MOST_BYTES else b""
            remove_file(folder / name)
        except OSError:  # withdrawn, or not ours to delete: it would be obeyed again and again
            continue
        command, _ = KINDS.get(text.decode(errors="replace").strip(), (None, ""))
        yield Request(name, command)


# The program that asks


def takes_requests(run: Run) -> bool:
    """Whether a program seems to train the run that takes requests."""
    return os.path.isdir(run.folder / REQUESTS)


Silence = Literal["withdrawn", "taken"]
"""What becomes of a request that is not answered in time: one that was taken may still be obeyed."""


def ask(run: Run, name: str, seconds: float, go_on: Callable[[], bool] = lambda: True) -> TimedEvent | Silence:
    """Ask the program that trains a run for something, and wait for its answer.

    Args:
        run: only its folder of requests is written to.
        name: one of KINDS.
        seconds: to wait at most; the request is then withdrawn.
        go_on: asked now and then whether to wait on.

    Returns:
        The Answered and when it was given; if there is none, whether the request was withdrawn, or had been taken.

    Raises:
        RunError: the request cannot be written.
    """
    request = secrets.token_hex(8)
    path, metrics = run.folder / REQUESTS / request, run.folder / METRICS
    try:
        start = metrics.stat().st_size if metrics.exists() else 0
        write_file(path, [name.encode()])
    except FileNotFoundError as error:
        raise RunError(f"The run {shown(run.name)} takes no requests: its training has just ended.") from error
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    end, within = time.monotonic() + seconds, False
    while time.monotonic() < end and go_on():
        time.sleep(_LOOK_SECONDS)
        with suppress(OSError), open_file(metrics) as stream:
            lines, _, start, within = read_lines(stream, start, within)
            for event, at in events_of(b"".join(lines)):
                if isinstance(event, Answered) and event.request == request:
                    return TimedEvent(event, at)
    try:
        path.unlink()
    except OSError:
        return "taken"
    return "withdrawn"
