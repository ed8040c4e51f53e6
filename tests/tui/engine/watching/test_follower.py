"""A run's folder, written to by somebody else: what the follower says of it, look by look."""

from __future__ import annotations

import math
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest
from textual.message import Message

from model.recipe import FAST
from model.runs.files.json_lines import event_record
from model.sampling import Sampling
from model.training.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Paused,
    Resumed,
    RolledBack,
    Step,
    Unpaused,
)
from model.writing.provenance import Sample, from_record, to_record
from tests.model.runs.made_runs import create_run
from tui.engine.messages import RunHistory, RunStateChanged, TrainingEvent
from tui.engine.watching.follower import Follower
from tui.engine.writing.writer_commands import EpochLeft, ShowSample, TrainingOver, TrainingResumed, WriterCommand
from tui.views.run_state import RunState
from tui.views.training_view import TrainingView

CORPUS = CorpusReady("a", "A", 1000, 500, 30, 900, 100, ())
COMPILED = Compiled(1.0, 5000, 2, 10, 4, "/on/another/machine")
RESUMED = Resumed(1, 15, None, ())
FINISHED = Finished("epochs", 4, 40, 9.0, 1.5, 3, "/on/another/machine")
SILENCE = 45.0
SAMPLE = {"epoch": 1, "part": 1, "parts": 4, "seed": "a seed", "settings": [[0, 0.2], [3, 0.5]], "text": "written"}

Found = TypeVar("Found", Message, Event)


def step(number: int) -> Step:
    """A step of an epoch of ten, which takes a quarter of a second."""
    return Step(1 + (number - 1) // 10, number, 3.0 - number / 100, 0.01)


def end(epoch: int) -> EpochEnd:
    return EpochEnd(epoch, 10 * epoch, 2.5, 2.0, 2.9, 2.5 * epoch, 360.0, 2.0)


class Watch:
    """A follower on a clock that the test turns, and all that it has said."""

    def __init__(self, folder: Path) -> None:
        self.run = create_run(folder, "run", "a", "fast", FAST, datetime.now(UTC), ["a"])
        self.now = 1000.0
        self.said: list[Message] = []
        self.asked: list[WriterCommand] = []
        self.wall = os.stat(self.run.folder / "recipe.toml").st_mtime
        self.follower: Follower | None = None

    def write(self, *events: Event) -> None:
        """Add the lines of events, as the run's own program does."""
        for event in events:
            self.run.append_metrics(event_record(event))

    def look(self, seconds: float = 1.0, *, sign: bool = False) -> list[Message | Event]:
        """Let time pass, and look; what is said."""
        self.now += seconds
        if self.follower is None:
            self.follower = Follower(
                self.run,
                self.said.append,
                self.asked.append,
                silence=SILENCE,
                clock=lambda: self.now,
                now=lambda: self.wall + self.now - 1001.0,
            )
        before = len(self.said)
        self.follower.look(sign=sign)
        return [each.event if isinstance(each, TrainingEvent) else each for each in self.said[before:]]

    @property
    def view(self) -> TrainingView:
        """What the screen makes of all that was said."""
        view = TrainingView(FAST, "fast", RunState("waiting", 0.0))
        for message in self.said:
            if isinstance(message, RunHistory):
                view.begin_with(message.folder)
                view.apply_all(message.events)
                view.end_history()
            elif isinstance(message, TrainingEvent):
                view.apply(message.event, message.at)
        return view

    def states(self) -> list[str]:
        """All that the run was said to do, one after another."""
        return [each.run_state.state for each in self.said if isinstance(each, RunStateChanged)]


def of(kind: type[Found], said: list[Message | Event]) -> list[Found]:
    return [each for each in said if isinstance(each, kind)]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


# Telling


def test_a_run_that_has_not_begun_is_waited_for(watch: Watch) -> None:
    (past,) = of(RunHistory, watch.look())
    assert past.events == ()
    assert watch.states() == ["waiting"]
    watch.write(CORPUS, COMPILED)
    assert watch.look() == [CORPUS, COMPILED]
    assert watch.view.run == str(watch.run.folder), "as it is called here"
    assert watch.look() == []
    watch.write(step(5))
    assert of(Step, watch.look()) == [step(5)]
    progress = watch.view.progress
    assert progress is not None
    assert (progress.epoch, progress.step_in_epoch, progress.steps_per_epoch) == (1, 5, 10)
    assert watch.states() == ["waiting", "training"]


def test_the_history_comes_at_once_and_events_as_they_happen(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), step(10), end(1), step(15))
    watch.look()
    view = watch.view
    assert view.run == str(watch.run.folder)
    assert view.training_curve(100) == [(0.5, 2.95), (1.0, 2.9), (1.5, 2.85)]
    assert view.epoch_ends == [end(1)]
    assert view.progress is not None
    assert (view.progress.step, view.progress.epoch, view.progress.step_in_epoch) == (15, 2, 5)
    assert view.corpus == CORPUS
    watch.write(step(20))
    assert watch.look() == [step(20)]
    progress = watch.view.progress
    assert progress is not None
    assert (progress.loss, progress.epoch_loss) == (2.8, pytest.approx(2.825))
    watch.write(end(2))
    assert watch.look() == [end(2)]
    last = watch.view.progress
    assert last is not None
    assert (last.step_in_epoch, last.epoch_loss) == (10, 2.5)


def test_the_pace_follows_from_when_the_steps_come(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(2))
    watch.look()
    assert watch.view.progress is not None
    assert math.isnan(watch.view.progress.characters_per_second), "what lay there tells no time"
    paces = []
    for number in (4, 6, 8):
        watch.write(step(number))
        watch.look(seconds=0.5)
        progress = watch.view.progress
        assert progress is not None
        paces.append(progress.characters_per_second)
    assert paces[1:] == [pytest.approx(90 * 2 / 0.5)] * 2


def test_without_logged_steps_the_epochs_make_the_curve(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, end(1))
    watch.look()
    assert watch.view.training_curve(100) == [(0.5, 2.5)]
    watch.write(end(2))
    assert watch.look() == [end(2)]
    progress = watch.view.progress
    assert progress is not None
    assert (progress.epoch, progress.step, progress.epoch_loss) == (2, 20, 2.5)
    assert math.isnan(progress.loss), "of a single batch nothing is known"


def test_a_run_whose_lines_do_not_say_how_long_an_epoch_is_tells_it_with_its_first(watch: Watch) -> None:
    watch.write(step(5))
    watch.look()
    assert watch.view.progress is None
    watch.write(step(10), end(1), step(15))
    watch.look()
    assert watch.view.progress is not None
    assert watch.view.progress.steps_per_epoch == 10
    assert watch.view.training_curve(100) == [(0.5, 2.95), (1.0, 2.9), (1.5, 2.85)]


def test_damaged_and_torn_lines_are_skipped(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED)
    watch.look()
    lines = watch.run.folder / "metrics.jsonl"
    with open(lines, "ab") as file:
        file.write(b'nonsense\n{"event": "step", "step": "soon"}\n{"event": "step", "epoch": 1, "st')
    assert watch.look() == []
    with open(lines, "ab") as file:
        file.write(b'ep": 5, "loss": 2.0, "rate": 0.1}\n')
    assert [each.step for each in of(Step, watch.look())] == [5]


@pytest.mark.parametrize("name", ["metrics.jsonl", "samples.jsonl"])
def test_a_file_that_cannot_be_read_is_read_later(watch: Watch, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.write(CORPUS, COMPILED)
    watch.run.append_sample(SAMPLE)
    real = os.open

    def stale(path: Path | str, flags: int, *, dir_fd: int | None = None) -> int:
        if os.path.basename(path) == name:
            raise OSError(116, "Stale file handle")
        return real(path, flags, dir_fd=dir_fd)

    with monkeypatch.context() as patched:
        patched.setattr("os.open", stale)
        watch.look()
    watch.look()
    assert watch.view.corpus == CORPUS
    assert [type(each) for each in watch.asked] == [ShowSample]


# Going back


def test_a_run_that_was_killed_is_restarted_where_it_was_saved(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), step(10), end(1), step(15), step(20), end(2))
    watch.look()
    watch.write(CORPUS, RESUMED)
    assert watch.look()[:2] == [CORPUS, RESUMED]
    view = watch.view
    assert view.epoch_ends == [end(1)]
    assert view.training_curve(100) == [(0.5, 2.95), (1.0, 2.9), (1.5, 2.85)]
    assert view.progress is not None
    assert view.progress.step == 15
    assert watch.states() == ["training", "restarted"]
    watch.write(COMPILED, step(20))
    assert of(Step, watch.look()) == [step(20)]
    assert watch.states() == ["training", "restarted", "training"]


def test_a_run_that_saved_nothing_begins_again(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), step(10), end(1))
    watch.look()
    watch.write(CORPUS, COMPILED)
    watch.look()
    assert (watch.view.progress, watch.view.epoch_ends, watch.view.training_curve(100)) == (None, [], [])
    assert watch.states() == ["training", "restarted"]


def test_a_rollback_is_no_restart(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), step(15), step(17))
    watch.look()
    watch.write(RolledBack(18, 15, 1, "the loss was no number", 0.5))
    assert [type(each) for each in watch.look()] == [RolledBack]
    assert watch.view.training_curve(100) == [(0.5, 2.95), (1.5, 2.85)]
    assert watch.states() == ["training"]


def test_rolled_back_lines_of_an_old_run_do_not_count(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), step(10), end(1), step(15))
    watch.look()
    metrics = watch.run.folder / "metrics.jsonl"
    kept = metrics.read_bytes().splitlines(keepends=True)[:-1]
    metrics.unlink()
    metrics.write_bytes(b"".join(kept))
    watch.write(RESUMED)
    assert [type(each) for each in watch.look()] == [RunHistory, RunStateChanged]
    assert watch.view.training_curve(100) == [(0.5, 2.95), (1.0, 2.9)]
    assert watch.states() == ["training", "restarted"]


def test_another_run_in_the_same_folder_is_a_restart(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), step(10), end(1))
    watch.look()
    (watch.run.folder / "metrics.jsonl").unlink()
    watch.look()
    watch.write(replace(CORPUS, name="b"), COMPILED)
    watch.look()
    assert watch.view.progress is None
    assert watch.view.corpus is not None
    assert watch.view.corpus.name == "b"
    assert watch.states() == ["training", "restarted"]


# What it does


def test_pauses_are_said(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5))
    watch.look()
    watch.write(Paused(6))
    assert of(Paused, watch.look()) == [Paused(6)]
    assert watch.look(10_000.0) == [], "whoever is paused is silent"
    watch.write(Unpaused(6))
    assert of(Unpaused, watch.look()) == [Unpaused(6)]
    assert watch.states() == ["training", "paused", "training"]


def test_a_run_that_is_paused_when_the_watch_begins_is_so(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), Paused(6))
    watch.look()
    assert (watch.view.state, watch.view.phase) == ("paused", "paused")
    assert watch.states() == ["paused"]


def test_the_end_of_an_epoch_does_not_end_a_pause(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), Paused(10), end(1))
    watch.look()
    assert watch.states() == ["paused"]


def test_the_writer_is_told_how_long_the_epoch_still_takes(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(10))
    watch.look()
    for number in (12, 14):
        watch.write(step(number))
        watch.look(2.0)
    (*_, told) = watch.asked
    assert isinstance(told, EpochLeft)
    assert told.seconds > 0


def test_the_end_is_said_and_the_best_weights_write_from_then_on(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(40))
    watch.look()
    assert watch.asked == []
    watch.write(FINISHED)
    assert of(Finished, watch.look()) == [FINISHED]
    assert watch.asked == [TrainingOver()]
    assert watch.look(10_000.0) == []
    assert watch.states() == ["training", "finished"]


def test_a_run_that_has_ended_may_go_on(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(15), replace(FINISHED, reason="stopped", epoch=1, step=15))
    watch.look()
    watch.write(CORPUS, RESUMED)
    assert of(Resumed, watch.look()) == [RESUMED]
    assert watch.asked == [TrainingOver(), TrainingResumed(0)]
    assert watch.states() == ["finished", "restarted"]


def test_a_long_silence_is_said_and_its_end(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5))
    watch.look()
    watch.write(step(10))
    watch.look()
    heard = watch.now
    assert watch.look(SILENCE) == []
    (silent,) = watch.look()
    assert isinstance(silent, RunStateChanged)
    assert (silent.run_state.state, silent.run_state.since) == ("silent", heard)
    watch.write(step(15))
    assert [type(each) for each in watch.look()] == [Step, RunStateChanged]
    assert watch.states() == ["training", "silent", "training"]


def test_what_is_a_long_silence_depends_on_the_run(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5))
    watch.look()
    watch.write(step(10))
    watch.look(40.0)
    assert watch.look(119.0) == []
    assert len(watch.look(2.0)) == 1


def test_a_checkpoint_is_a_sign_of_life(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5))
    watch.look()
    watch.look(40.0, sign=True)
    assert watch.look(40.0) == []


def test_a_run_without_recent_news_is_silent_from_the_start(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5))
    watch.wall += 7200.0
    watch.look()
    run_state = next(each.run_state for each in watch.said if isinstance(each, RunStateChanged))
    assert run_state.state == "silent"
    assert watch.now - run_state.since == pytest.approx(7201.0, abs=60.0)


def test_a_clock_that_is_behind_the_other_machines_makes_no_silence(watch: Watch) -> None:
    watch.wall -= 7200.0
    watch.look()
    assert watch.states() == ["waiting"]


def test_a_missing_folder_is_reported_and_looked_for(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5))
    watch.look()
    away = watch.run.folder.rename(watch.run.folder.with_name("away"))
    watch.look()
    assert watch.look(10_000.0) == []
    away.rename(watch.run.folder)
    watch.write(step(10))
    assert of(Step, watch.look()) == [step(10)]
    assert watch.states() == ["training", "gone", "training"]


# Samples


def asked_samples(watch: Watch) -> list[Sample]:
    return [each.sample for each in watch.asked if isinstance(each, ShowSample)]


def test_samples_are_shown_as_they_come(watch: Watch) -> None:
    watch.look()
    watch.run.append_sample(SAMPLE | {"step": 10, "noise_seed": 3})
    watch.look()
    assert asked_samples(watch) == [from_record(SAMPLE | {"step": 10})]
    watch.look()
    assert len(asked_samples(watch)) == 1


def test_a_branch_that_was_left_at_once_is_not_shown(watch: Watch) -> None:
    sampling = ((0, Sampling(0.5)),)
    for text in ("e", "e\n ", "ever"):
        branch = Sample(
            id=text, kind="branch", epoch=1.0, step=10, noise_seed=1, chosen=1, sampling=sampling, text=text
        )
        watch.run.append_sample(to_record(branch))
    watch.look()
    assert [sample.text for sample in asked_samples(watch)] == ["ever"]


def test_of_many_samples_only_the_newest_are_shown_and_all_their_seeds_kept(watch: Watch) -> None:
    for number in range(20):
        watch.run.append_sample(SAMPLE | {"epoch": number, "seed": f"seed {number}"})
    watch.look()
    assert [sample.epoch for sample in asked_samples(watch)] == [16, 17, 18, 19]
    assert watch.follower is not None
    assert len(watch.follower.seeds) == 20


@pytest.mark.parametrize(
    "damage",
    [
        {"epoch": -1},
        {"epoch": "1"},
        {"text": ""},
        {"text": " "},
        {"text": 5},
        {"seed": None},
        {"settings": []},
        {"settings": [[0]]},
        {"settings": [[0, "nan"]]},
        {"settings": [["0", 0.5]]},
        {"settings": 5},
    ],
)
def test_damaged_samples_are_skipped(watch: Watch, damage: dict[str, object]) -> None:
    watch.run.append_sample(SAMPLE | damage)
    watch.look()
    assert asked_samples(watch) == []


# Leaving alone


def listing(folder: Path) -> dict[str, tuple[int, ...]]:
    """Every file and folder with its size and times, that of being looked at left out."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        status = path.stat()
        found[str(path)] = (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
    return found


def test_nothing_is_written_and_no_lock_is_taken(watch: Watch) -> None:
    watch.write(CORPUS, COMPILED, step(5), FINISHED)
    watch.run.append_sample(SAMPLE)
    before = listing(watch.run.folder)
    for _ in range(3):
        watch.look()
    assert listing(watch.run.folder) == before
    watch.run.lock().release()
