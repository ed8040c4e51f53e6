"""Whatever a crash leaves on the disk, the run opens, and goes on to the bit from what was promised as saved.

The method is that of ALICE and of SQLite's crash tests: everything that a real training does to its files is recorded;
`crash_states` says what may be left of it by a crash at any moment.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from corpora.corpus import Corpus
from model.runs.folders.held_folder import METRICS
from tests.model.training.crashes.crash_states import CrashState, Tree, crash_states, without_a_crash
from tests.model.training.crashes.opened_states import Disk, Judge
from tests.model.training.crashes.recorded_files import Operation, Recorder, Sync
from tests.model.training.crashes.recorded_training import (
    EVERY,
    MORE_EPOCHS,
    Keeping,
    go_on,
    recorded,
    uninterrupted,
    watched_saving,
)
from tests.model.training.short_trainings import share_compiled

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="reads /proc"),
    pytest.mark.usefixtures("two_devices", "compiled_once"),
]


class History(NamedTuple):
    """A training and what it did to its files."""

    keeping: Keeping
    operations: list[Operation]
    folders: set[int]
    top: Path
    whole: Tree
    """What was left at the end."""

    def states(self, operations: Sequence[Operation] | None = None) -> Iterator[CrashState]:
        """All states that a crash may leave, each once."""
        seen = set()
        for state in crash_states(self.operations if operations is None else operations, self.folders):
            key = state.promised, frozenset(state.tree.items())
            if key not in seen:
                seen.add(key)
                yield state


@pytest.fixture(scope="module")
def corpus(ids: np.ndarray) -> Corpus:
    return Corpus("synthetic", "A synthetic text", "abcdefg", ids[:2000].astype(np.uint8), None, ())


@pytest.fixture(scope="module")
def history(corpus: Corpus, two_devices: None, tmp_path_factory: pytest.TempPathFactory) -> History:
    recorder = Recorder(tmp_path_factory.mktemp("recorded"))
    with pytest.MonkeyPatch.context() as patched:
        share_compiled(patched)
        keeping = recorded(corpus, recorder)
    whole = without_a_crash(recorder.operations, recorder.folders)
    return History(keeping, recorder.operations, recorder.folders, recorder.top, whole)


@pytest.fixture
def judge(history: History, tmp_path: Path) -> Judge:
    return Judge(Disk(tmp_path), history.keeping, history.whole)


def test_what_is_recorded_is_what_was_done(history: History) -> None:
    there = {path.relative_to(history.top).as_posix(): path for path in history.top.rglob("*")}
    assert {name: path.read_bytes() if path.is_file() else None for name, path in there.items()} == history.whole


def test_after_any_crash_the_run_opens_with_all_that_was_promised(history: History, judge: Judge) -> None:
    states = 0
    for state in history.states():
        states += 1
        faults = [*judge.faults(state)]
        assert not faults, f"after {history.operations[state.after - 1]}: {state.how}"
    print(f"{states} states")
    assert states > 2000


@pytest.mark.parametrize("folders", [True, False], ids=["folders", "files"])
def test_a_program_that_did_not_sync_is_found_out(history: History, judge: Judge, folders: bool) -> None:
    careless = [
        each
        for each in history.operations
        if not (isinstance(each, Sync) and (each.node in history.folders) == folders)
    ]
    assert any(fault for state in history.states(careless) for fault in judge.faults(state))


def check_resuming(state: CrashState, history: History, judge: Judge, corpus: Corpus, folder: Path) -> None:
    """Go on with a state to the end: all that is saved then is what a training has saved that no crash interrupts."""
    folder.mkdir()
    disk = Disk(folder)
    disk.hold(state.tree)
    before = judge.place(judge.found(state.tree).newest) + 1
    keeping = Keeping(history.keeping.states[:before], history.keeping.given[:before], before)
    with watched_saving(keeping):
        go_on(disk.run, corpus, keeping, stop=False)
        go_on(disk.run, corpus, keeping, stop=False)  # to more epochs, where it had not come so far
    assert bits(keeping) <= bits(history.keeping), "all states"
    assert keeping.states[-1].arrays == history.keeping.states[-1].arrays, "the last one"
    view = disk.run.view()
    assert [end.epoch for end in view.epoch_ends] == [*range(1, MORE_EPOCHS + 1)]
    steps = [round(epochs * (view.steps_per_epoch or 0)) for epochs, _ in view.training_curve(1000)]
    assert steps == [*range(EVERY, keeping.states[-1].step + 1, EVERY)], "the curve"


def bits(keeping: Keeping) -> set[tuple[int, str]]:
    """The states that were saved."""
    return {(state.step, state.arrays) for state in keeping.states}


def to_resume(history: History, judge: Judge) -> dict[tuple[int, bool], CrashState]:
    """By the newest state that is left, and whether a rollback is known: the last of the crash states that have it."""
    found = {}
    for state in history.states():
        if state.promised is not None:
            newest = judge.place(judge.found(state.tree).newest)
            found[newest, b"rolled_back" in judge.text(state.tree, METRICS)] = state
    return found


def test_crashes_and_rests_leave_no_trace_in_what_is_trained(history: History, corpus: Corpus, tmp_path: Path) -> None:
    assert bits(uninterrupted(corpus, tmp_path)) == bits(history.keeping)


def test_training_goes_on_to_the_bit_after_a_crash(
    history: History, judge: Judge, corpus: Corpus, tmp_path: Path
) -> None:
    states = to_resume(history, judge)
    kept = history.keeping.states
    undone = next(at for at, (state, after) in enumerate(pairwise(kept)) if after.step < state.step)
    for number, which in enumerate([(-1, False), (undone, True), (undone + 1, True)]):
        check_resuming(states[which], history, judge, corpus, tmp_path / f"resumed-{number}")


@pytest.mark.slow
def test_training_goes_on_to_the_bit_from_every_state(
    history: History, judge: Judge, corpus: Corpus, tmp_path: Path
) -> None:
    states = to_resume(history, judge)
    for number, state in enumerate(states.values()):
        check_resuming(state, history, judge, corpus, tmp_path / f"resumed-{number}")
    print(f"{len(states)} states resumed")
