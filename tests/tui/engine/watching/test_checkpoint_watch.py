"""The checkpoints of a run that somebody else saves: loaded when they are new and sound, whatever happens to them."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from model.recipe import FAST
from model.runs import checkpoint as checkpoints
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from tests.model.runs.made_runs import create_run
from tests.model.runs.test_checkpoint import make_checkpoint
from tui.engine.watching.checkpoint_watch import PATIENCE, CheckpointWatch


class Looker:
    """A shelf on a clock that the test turns, and what it complained of."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.now = 0.0
        self.notes: list[str] = []
        self._checkpoint_watch = CheckpointWatch(run, self.notes.append, lambda: self.now)

    def look(self) -> list[tuple[int, bool]]:
        """Step and quality of what was loaded."""
        return [(found.checkpoint.manifest.step, found.best) for found in self._checkpoint_watch.look()]


@pytest.fixture
def looker(tmp_path: Path) -> Looker:
    return Looker(create_run(tmp_path, "run", "a", "fast", FAST, datetime.now(UTC), ["a"]))


def at(step: int) -> Checkpoint:
    made = make_checkpoint()
    arrays = {name: array for name, array in made.arrays.items() if name != "step"}
    return Checkpoint(arrays, replace(made.manifest, step=step))


def test_each_checkpoint_is_loaded_once(looker: Looker) -> None:
    assert looker.look() == []
    looker.run.save(at(10))
    assert looker.look() == [(10, False)]
    assert looker.look() == []
    looker.run.save(at(20))
    looker.run.save_best(at(15))
    assert looker.look() == [(20, False), (15, True)]
    assert looker.look() == []


def test_of_several_new_ones_the_newest_is_loaded(looker: Looker) -> None:
    for step in (10, 20, 30):
        looker.run.save(at(step))
    assert looker.look() == [(30, False)]


def test_after_a_rollback_the_older_weights_are_loaded(looker: Looker) -> None:
    looker.run.save(at(20))
    assert looker.look() == [(20, False)]
    looker.run.save(at(15))
    assert looker.look() == [(15, False)]


def test_a_damaged_checkpoint_is_retried_and_then_skipped_and_reported(looker: Looker) -> None:
    looker.run.save(at(10))
    looker.look()
    newest = looker.run.save(at(20))
    whole = newest.read_bytes()
    newest.write_bytes(whole[:-5])
    for _ in range(3):
        assert looker.look() == []
        looker.now += PATIENCE / 4
    assert looker.notes == []
    looker.now += PATIENCE
    assert looker.look() == []
    looker.look()
    assert len(looker.notes) == 1
    assert newest.name in looker.notes[0]
    newest.write_bytes(whole)
    assert looker.look() == [(20, False)], "a file that was put right is another"


def test_the_checkpoint_before_a_damaged_newest_one_is_used(looker: Looker) -> None:
    looker.run.save(at(10))
    looker.run.save(at(20)).write_bytes(b"damaged")
    assert looker.look() == [(10, False)]


@pytest.mark.parametrize("name", ["step-000000020.safetensors", "best.safetensors"])
def test_anything_in_place_of_a_checkpoint_is_no_crash(looker: Looker, name: str) -> None:
    path = looker.run.folder / "checkpoints" / name
    path.mkdir()
    assert looker.look() == []
    path.rmdir()
    path.symlink_to(path)
    assert looker.look() == []
    path.unlink()
    (looker.run.folder / "checkpoints").rmdir()
    assert looker.look() == []


def test_checkpoints_may_be_replaced_and_removed_while_they_are_read(
    looker: Looker, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, real = random.Random(3), checkpoints.load
    looker.run.save(at(1))

    def disturbed(path: Path) -> Checkpoint:
        """Read a file that is gone, torn or another one by now."""
        disturb[chance.randrange(len(disturb))](path)
        return real(path)

    disturb: list[Callable[[Path], object]] = [
        lambda path: None,
        lambda path: path.unlink(missing_ok=True),
        lambda path: path.write_bytes(path.read_bytes()[: chance.randrange(500)]) if path.exists() else None,
        lambda path: looker.run.save(at(chance.randrange(1, 1000))),
    ]
    monkeypatch.setattr(checkpoints, "load", disturbed)
    loaded = 0
    for _ in range(200):
        looker.now += 1.0
        loaded += len(looker.look())
        looker.run.save(at(chance.randrange(1, 1000)))
    assert loaded > 20


def test_checkpoints_saved_during_reading_are_read_whole_or_not_at_all(looker: Looker) -> None:
    over = threading.Event()

    def save() -> None:
        for step in range(1, 150):
            looker.run.save(at(step))
            looker.run.save_best(at(step))
        over.set()

    writing = threading.Thread(target=save)
    writing.start()
    steps: list[int] = []
    while not over.is_set():
        steps += [step for step, best in looker.look() if not best]
    writing.join()
    steps += [step for step, best in looker.look() if not best]
    assert steps[-1] == 149
    assert looker.notes == []
