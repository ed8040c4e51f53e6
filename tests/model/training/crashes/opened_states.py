"""The states that a crash leaves, opened as the program opens a run, and what is wrong with them.

What differs only in files that are not read is read once: there are thousands of states, and far fewer contents.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from corpora.errors import CharlstmError
from model.runs.continuing.resuming import read_past
from model.runs.epoch_weights import load_epoch
from model.runs.folder import SAMPLES, Run
from model.runs.folders.held_folder import METRICS
from model.runs.listing import list_runs
from model.training.events import Unpaused
from tests.model.training.crashes.crash_states import CrashState, Tree
from tests.model.training.crashes.recorded_training import RUN, Keeping, digest, epochs_kept

Result = TypeVar("Result")


@dataclass
class Disk:
    """A folder that holds one state after the other."""

    top: Path
    _tree: Tree = field(default_factory=dict)
    _known: dict[Any, Any] = field(default_factory=dict)

    @property
    def run(self) -> Run:
        """The one that was recorded."""
        return Run(self.top / RUN)

    def hold(self, tree: Tree) -> None:
        """Hold exactly this."""
        for path in sorted(self._tree.keys() | tree.keys(), reverse=True):
            if path in self._tree and tree.get(path, "") is not self._tree[path]:
                (os.rmdir if self._tree[path] is None else os.unlink)(self.top / path)
        for path, content in sorted(tree.items()):
            if self._tree.get(path, "") is not content:
                if content is None:
                    os.mkdir(self.top / path)
                else:
                    (self.top / path).write_bytes(content)
        self._tree = tree

    def forget(self, *paths: str) -> None:
        """Remove files that were changed; the next state has its own."""
        for path in paths:
            (self.top / path).unlink()
        self._tree = {path: content for path, content in self._tree.items() if path not in paths}

    def read(self, tree: Tree, reading: Callable[[Disk], Result], *parts: str) -> Result:
        """What is read in a state that has these files and folders in the run's folder."""
        read = tuple(f"{RUN}/{part}" for part in parts)
        there = [each for each in tree.items() if each[0] == RUN or each[0].startswith(read)]
        key = reading, frozenset((path, None if path.endswith(".tmp") else content) for path, content in there)
        if key not in self._known:
            self.hold(tree)
            self._known[key] = reading(self)
        known: Result = self._known[key]
        return known


class Found(NamedTuple):
    """What resuming finds: states, as digests."""

    newest: str | None = None
    best: str | None = None
    problem: str = ""
    """Why the run cannot be resumed."""


def find(disk: Disk) -> Found:
    """Read what resuming needs."""
    try:
        past = read_past(disk.run)
    except CharlstmError as error:
        return Found(problem=str(error))
    newest, best = (digest(state) if state else None for state in (past.newest, past.best))
    return Found(newest, best)


def list_them(disk: Disk) -> dict[str, str | None]:
    """The runs of the list, and what is wrong with them."""
    return {f"data/runs/{each.name}": each.problem for each in list_runs(disk.top / "data/runs")}


def read_epochs(disk: Disk) -> dict[int, str]:
    """The weights of epochs, as digests; what is wrong, where they cannot be read."""
    epochs = {}
    for path in (disk.run.folder / "epochs").glob("*.safetensors"):
        epoch = int(path.stem.removeprefix("epoch-"))
        try:
            epochs[epoch] = digest(load_epoch(disk.run, epoch))
        except CharlstmError as error:
            epochs[epoch] = str(error)
    return epochs


def add_metrics(disk: Disk) -> bool:
    """Whether a line that is added after the crash is read, and all those that could be read before."""
    run = disk.run
    before = run.events()
    run.append_metrics({"event": "unpaused", "step": 1, "asked": False})
    *others, last = run.events()
    disk.forget(f"{RUN}/{METRICS}")
    return others == before and isinstance(last.event, Unpaused)


def add_sample(disk: Disk) -> bool:
    """The same for a sample."""
    run = disk.run
    before = run.samples()
    run.append_sample({"text": "written later"})
    *others, last = run.samples()
    disk.forget(f"{RUN}/{SAMPLES}")
    return others == before and last["text"] == "written later"


@dataclass
class Judge:
    """Knows what was trained, and says what is wrong with a state."""

    disk: Disk
    keeping: Keeping
    whole: Tree
    """What the folder holds when no crash comes."""

    def faults(self, state: CrashState) -> Iterator[str]:
        """A sentence for each."""
        tree, promised, states = state.tree, state.promised, self.keeping.states
        runs = self.disk.read(tree, list_them, "recipe.toml", METRICS)
        past = self.found(tree)
        if promised is None:
            return  # that no other error comes is all that can be asked for
        if runs != {RUN: None}:
            yield f"the list has {runs}"
        if past.problem:
            yield f"it cannot be resumed: {past.problem}"
        at = self.place(past.newest)
        if at < promised.states - 1:
            yield "a newer state was promised"
        if not self.text(tree, METRICS).startswith(self.lines(METRICS, states[at].lines if at >= 0 else 0)):
            yield "lines are lost that belong to a state"
        if not self.text(tree, SAMPLES).startswith(self.lines(SAMPLES, promised.samples)):
            yield "samples are lost"
        if not (self.disk.read(tree, add_metrics, METRICS) and self.disk.read(tree, add_sample, SAMPLES)):
            yield "a new line is not read"
        best = max((each for each in range(promised.states) if states[each].best), default=-1)
        if self.place(past.best) < best or (past.best and not states[self.place(past.best)].best):
            yield "the best state is lost"
        epochs = self.disk.read(tree, read_epochs, "recipe.toml", "epochs")
        now, soon = (epochs_kept(states[: promised.states + more]) for more in (0, 1))
        for epoch in {*now, *epochs}:
            if epochs.get(epoch) not in (now.get(epoch), soon.get(epoch)):
                yield f"not the weights of epoch {epoch}"

    def found(self, tree: Tree) -> Found:
        """What resuming finds."""
        return self.disk.read(tree, find, "recipe.toml", "checkpoints")

    def place(self, of: str | None) -> int:
        """Which of all states this is; -1 for none."""
        return max((at for at, state in enumerate(self.keeping.states) if state.arrays == of), default=-1)

    def lines(self, file: str, count: int) -> bytes:
        """The first lines that were written."""
        return b"".join(self.text(self.whole, file).splitlines(keepends=True)[:count])

    def text(self, tree: Tree, file: str) -> bytes:
        """A file's content, in a state."""
        return tree.get(f"{RUN}/{file}") or b""
