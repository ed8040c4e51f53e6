"""What a program may find around it: it works all the same, or a sentence says what is wrong. A table, a row a test.

A process that has imported everything is forked for each row. What must be there before that is elsewhere:
JAX's variables, XLA_FLAGS and `ulimit -v` in `devices/test_jax_setup.py`, file systems without locks in
`runs/folders/test_folder_lock.py`, terminals and TERM in `tui/test_cli.py`.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from model.runs.files.json_lines import from_lines
from model.runs.folder import Run
from tests.model.runs.made_runs import TINY, begin, keep
from tests.model.training.crashes.forked_programs import ForkedPrograms

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks, mounts and limits as on Linux")

TRAIN = ["train", "aphorisms", "--hidden", "8", "--batch", "16", "--epochs", "1", "--name", "new", "--log-every", "1"]
NOWHERE = {"HOME": "/proc/nowhere", "XDG_DATA_HOME": None}


class Row(NamedTuple):
    """A command in a world."""

    command: list[str]
    world: Mapping[str, Any]
    says: str = ""
    """Standard error, all of it; {} is the folder of runs. Nothing where the command works."""
    here: bool = True
    """Whether the folder of runs is given with --runs."""
    prints: str = ""
    """In what is printed where it works."""


TABLE = {
    "COLUMNS and LINES no sizes": Row(["runs"], {"environment": {"COLUMNS": "0", "LINES": "x"}}, prints="kept"),
    "HOME nowhere": Row(["runs"], {"environment": NOWHERE}, here=False, prints="There is no run in /proc/nowhere/"),
    "HOME nowhere, training": Row(
        TRAIN,
        {"environment": NOWHERE},
        "No run can be made in /proc/nowhere/.local/share/charlstm/runs: No such file or directory. Choose another "
        "folder with --runs.",
        here=False,
    ),
    "the current folder deleted": Row(["runs"], {"deleted_folder": True}, prints="kept"),
    "the current folder deleted, a relative path": Row(
        ["train", "book.txt"],
        {"deleted_folder": True},
        "There is no file, folder or corpus called 'book.txt'. Check the path, or choose a named text, such as "
        "aphorisms: 'charlstm corpora' lists them. The current folder was deleted, so relative paths lead nowhere: go "
        "to another folder first.",
    ),
    "all streams closed": Row(["runs"], {"closed": [0, 1, 2]}),
    "a read-only file system": Row(["runs"], {"read_only": "{}"}, prints="kept"),
    "a read-only file system, training": Row(
        TRAIN,
        {"read_only": "{}"},
        "No run can be made in {}: Read-only file system. Choose another folder with --runs.",
    ),
    "a read-only file system, resuming": Row(
        ["train", "--resume", "kept"],
        {"read_only": "{}"},
        "{}/kept/lock cannot be written to: Read-only file system.",
    ),
    "ulimit -n 9": Row(
        TRAIN,
        {"limits": {"NOFILE": 9}},
        "This shell lets the program open too few files: raise the limit (ulimit -n shows it).",
    ),
    "ulimit -u 20": Row(
        TRAIN,
        {"user": 54_321, "limits": {"NPROC": 20}},
        "This system lets the program start ",
    ),
    "ulimit -f 1": Row(
        TRAIN,
        {"limits": {"FSIZE": 512}},
        "No run can be made in {}: File too large. Choose another folder with --runs.",
    ),
}


@pytest.fixture(scope="module")
def programs() -> Iterator[ForkedPrograms]:
    with ForkedPrograms() as started:
        yield started


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """A folder of runs with one in it."""
    run = begin(tmp_path / "runs", "kept", recipe=TINY)
    keep(run, 10, best=True)
    return tmp_path / "runs"


def ended(programs: ForkedPrograms, row: Row, runs: Path) -> tuple[int, str, str]:
    """Exit code, standard output and error; skips the test where this user may not make such a world."""
    if os.geteuid() and ("user" in row.world or "read_only" in row.world):
        pytest.skip("only the superuser mounts, and counts threads for another user")
    output = runs.parent / "printed"
    world = {name: str(runs) if value == "{}" else value for name, value in row.world.items()}
    code = programs.run([*row.command, *(["--runs", str(runs)] if row.here else [])], output, world=world)
    errors = output.with_suffix(".errors").read_text()
    if "Error: [Errno 1] Operation not permitted: 'unshare'" in errors:
        pytest.skip("this machine lets no process have mounts of its own")
    return code, output.read_text(), errors


@pytest.mark.parametrize("name", TABLE)
def test_a_program_works_or_says_what_of_its_environment_is_wrong(
    programs: ForkedPrograms, runs: Path, name: str
) -> None:
    row = TABLE[name]
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file() and path.name != "lock"}
    code, printed, errors = ended(programs, row, runs)
    sentence = f"charlstm: {row.says.format(runs)}" if row.says else ""
    assert errors.startswith(sentence)
    assert errors.count("\n") == bool(sentence)
    assert sentence.endswith(" ") or errors.strip() == sentence
    assert (code == 0) == (not sentence)
    assert row.prints in printed
    assert {path: path.read_bytes() for path in before} == before
    assert [path.name for path in runs.iterdir()] == ["kept"]


HARMLESS = {
    "clock": 3600,
    "limits": {"NOFILE": 24},
    "environment": {"COLUMNS": "0", "LINES": "x", "TERM": None, "HOME": "/proc/nowhere"},
}


def test_training_goes_on_under_a_clock_that_goes_back_and_in_a_narrow_shell(
    programs: ForkedPrograms, runs: Path
) -> None:
    assert ended(programs, Row(TRAIN, HARMLESS), runs)[::2] == (0, "")
    run = Run(runs / "new")
    lines = [*from_lines((run.folder / "metrics.jsonl").read_bytes())]
    times = [line["at"] for line in lines if "at" in line]
    assert times == sorted(times, reverse=True)
    assert times[0] > times[-1]
    steps = [line["step"] for line in lines if line["event"] == "step"]
    assert steps == [*range(1, len(steps) + 1)]
    view = run.view()
    assert view.progress
    assert view.progress.seconds >= 0
    assert [end.seconds >= 0 for end in view.epoch_ends] == [True]
    code, printed, errors = ended(programs, Row(["runs"], {"clock": 1e9}), runs)  # all of them are of the future
    assert (code, errors) == (0, "")
    assert printed.count(" 0 s ") == 2


@pytest.mark.slow
def test_a_run_whose_files_may_not_grow_is_not_said_to_be_kept(programs: ForkedPrograms, runs: Path) -> None:
    code, printed, errors = ended(programs, Row(TRAIN, {"limits": {"FSIZE": 20_000}}), runs)
    assert code == 1
    assert "Nothing of it is on the disk." in printed
    assert "checkpoints/best.safetensors could not be written: File too large." in errors
    assert "Traceback" not in errors
    shutil.rmtree(runs / "kept")
    assert "new: Epoch 1 was trained and not kept." in ended(programs, Row(["runs"], {}), runs)[1]
