"""The real engine on a real folder: what is kept of a run, and how one goes on."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import pytest
from textual.message import Message

from corpora.progress import Pace
from model.recipe import FAST
from model.runs.checkpoint import CheckpointError
from model.runs.files.json_lines import event_record
from model.runs.folder import Run
from model.runs.run_facts import RunError
from model.training.events import (
    Compiled,
    CorpusReady,
    EpochEnd,
    Event,
    Finished,
    Progress,
    Resumed,
    Saved,
    SaveFailed,
    Step,
    TimedEvent,
)
from model.training.steering.training_commands import Save
from tests.patience import PATIENCE
from tui.engine.local_engine import ThreadEngine
from tui.engine.messages import CountedText, EngineFailed, RunHistory, Stage, TrainingEvent
from tui.engine.runs.launch_runs import resuming
from tui.engine.writing.items import SampleStart
from tui.engine.writing.writer import Writer
from tui.keys.key_commands import HoldForShowing, PauseTraining, SetSpeed, WriteByCounts
from tui.launch import Launch
from tui.views.log_lines import LogLine, fold
from tui.views.training_view import TrainingView
from tui.views.wording import titles

pytestmark = pytest.mark.usefixtures("two_devices")

RECIPE = replace(FAST, hidden=16, window=16, batch=8, epochs=2, sample_length=4, schedule="constant")

Found = TypeVar("Found", Message, Event)


class Watched:
    """An engine at work, and all that it has said."""

    def __init__(self, engine: ThreadEngine) -> None:
        self.engine = engine
        self.said: list[Message] = []
        self._changed = threading.Condition()

    def hear(self, message: Message) -> None:
        with self._changed:
            self.said.append(message)
            self._changed.notify_all()

    def all(self, kind: type[Found]) -> list[Found]:
        everything = [each.event if isinstance(each, TrainingEvent) else each for each in list(self.said)]
        return [each for each in everything if isinstance(each, kind)]

    def wait_for(self, kind: type[Found], holds: Callable[[Found], object] = lambda each: True) -> Found:
        """The first of its kind that `holds`, as soon as it is said; none where the engine has failed."""
        end = time.monotonic() + PATIENCE
        with self._changed:
            while True:
                if found := next((each for each in self.all(kind) if holds(each)), None):
                    return found
                failures = [] if kind is EngineFailed else self.all(EngineFailed)
                assert not failures, failures[0].details or failures[0].sentence
                left = end - time.monotonic()
                assert left > 0, f"never said: {kind.__name__}"
                self._changed.wait(left)


def view_of(history: RunHistory) -> TrainingView:
    """The screen's view of a run before it is resumed."""
    view = TrainingView(RECIPE, "fast")
    view.begin_with(history.folder)
    view.apply_all(history.events)
    view.end_history()
    return view


@contextmanager
def working(launch: Launch, stdin: bytes = b"") -> Iterator[Watched]:
    """An engine that does what is asked for, and is stopped in the end."""
    watched = Watched(ThreadEngine(stdin))
    watched.engine.start(launch, watched.hear)
    try:
        yield watched
    finally:
        watched.engine.stop(PATIENCE)


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "book.txt"
    path.write_text("all work and no play makes jack a dull boy\n" * 60)
    return path


@pytest.fixture
def launch(tmp_path: Path, text: Path) -> Launch:
    return Launch(corpus=(str(text),), recipe=RECIPE, runs=tmp_path / "runs", name="jack", devices=1, log_every=1)


def resumed(launch: Launch, **changes: object) -> Launch:
    """What the command line makes of --resume."""
    return resuming(replace(launch, corpus=(), name=None, resume="jack", recipe=FAST, **changes))


@pytest.fixture
def left_off(launch: Launch) -> Launch:
    """What goes on with a run that was left in its first epoch."""
    with working(replace(launch, max_seconds=1e-9, recipe=replace(RECIPE, epochs=9))) as first:
        first.wait_for(Finished)
    return resumed(launch)


def test_a_stopped_run_continues_where_it_was_saved(left_off: Launch, launch: Launch) -> None:
    assert launch.runs is not None
    kept = Run(launch.runs / "jack").load("newest").manifest.step
    with working(left_off) as second:
        past = view_of(second.wait_for(RunHistory))
        assert past.progress is not None
        assert past.progress.step == kept > 0
        assert second.wait_for(Resumed).step == kept
        assert second.wait_for(Progress).step > kept
        ends = (*past.epoch_ends, second.wait_for(EpochEnd))
    assert [end.epoch for end in ends] == list(range(1, len(ends) + 1))


def test_the_history_shows_the_logged_losses(left_off: Launch) -> None:
    with working(left_off) as second:
        past = view_of(second.wait_for(RunHistory))
    assert past.progress is not None
    assert [round(x * past.progress.steps_per_epoch) for x, _ in past.training_curve(1000)] == list(
        range(1, past.progress.step + 1)
    )


def test_lines_after_the_checkpoint_are_no_past(left_off: Launch) -> None:
    assert left_off.resume is not None
    run = Run(Path(left_off.resume))
    later = (Step(9, 10**6, 9.0, 1.0), EpochEnd(99, 10**7, 9.0, None, None, 1.0, 1.0))
    for line in map(event_record, later):
        run.append_metrics(line)
    with working(left_off) as second:
        past = view_of(second.wait_for(RunHistory))
    assert max(loss for _, loss in past.training_curve(1000)) < 9
    assert all(end.epoch < 99 for end in past.epoch_ends)


def test_damaged_lines_of_metrics_are_skipped(left_off: Launch) -> None:
    assert left_off.resume is not None
    run = Run(Path(left_off.resume))
    for line in (
        {"event": "step", "step": "soon", "loss": 1.0, "rate": 1.0},
        {"event": "step", "step": 1},
        {"event": "epoch_end", "epoch": None, "step": 1},
        {"event": "epoch_end"},
    ):
        run.append_metrics(line)
    with working(left_off) as second:
        second.wait_for(RunHistory)
        second.wait_for(Progress)


def test_a_finished_run_writes_with_its_best_weights(launch: Launch) -> None:
    with working(launch) as first:
        first.wait_for(Finished)
    with working(resumed(launch)) as second:
        second.engine.send(SetSpeed(None))
        assert second.wait_for(Finished).reason == "epochs"
        assert not second.all(Progress)
        past = view_of(second.wait_for(RunHistory))
        assert [end.epoch for end in past.epoch_ends] == [1, 2]
        assert past.progress is not None
        assert past.progress.step_in_epoch == past.progress.steps_per_epoch
        starts: list[SampleStart] = []
        end = time.monotonic() + PATIENCE
        while len(starts) < len(RECIPE.temperatures):
            assert time.monotonic() < end
            starts += [item for item in second.engine.buffer.drain(100) if isinstance(item, SampleStart)]
            time.sleep(0.001)
        assert {start.best for start in starts} == {True}
        assert [start.part for start in starts] == [1, 2, 3, 4]
        asked = WriteByCounts(3, "all work and ", RECIPE.samplings[0])
        second.engine.send(asked)
        counted = second.wait_for(CountedText, lambda each: each.asked == asked and bool(each.items))
        assert len(counted.items) == RECIPE.sample_length


def test_a_run_that_another_program_trains_is_refused_in_a_sentence(left_off: Launch) -> None:
    assert left_off.resume is not None
    lock = Run(Path(left_off.resume)).lock()
    try:
        with working(left_off) as second:
            failure = second.wait_for(EngineFailed)
    finally:
        lock.release()
    assert failure.sentence.startswith("Another program trains the run jack, or has it open.")
    assert not failure.details


def test_a_run_is_locked_as_long_as_it_is_open(launch: Launch) -> None:
    assert launch.runs is not None
    run = Run(launch.runs / "jack")
    with working(launch) as first:
        for kind in (Progress, Finished):
            first.wait_for(kind)
            with pytest.raises(RunError):
                run.lock()
    run.lock().release()


def test_another_text_is_refused_in_a_sentence(left_off: Launch, text: Path) -> None:
    text.write_text("something else altogether\n" * 100)
    with working(left_off) as second:
        failure = second.wait_for(EngineFailed)
    assert "This is not the text that the run jack was trained on" in failure.sentence
    assert not failure.details


def test_the_text_may_have_moved(left_off: Launch, text: Path) -> None:
    moved = text.rename(text.with_name("moved.txt"))
    with working(replace(left_off, corpus=(str(moved),))) as second:
        second.wait_for(Progress)


def test_a_text_from_standard_input_is_given_again(launch: Launch, text: Path) -> None:
    data = text.read_bytes()
    with working(replace(launch, corpus=("-",), max_seconds=1e-9), data) as first:
        first.wait_for(Finished)
    with working(resumed(launch)) as second:
        assert "was trained on standard input" in second.wait_for(EngineFailed).sentence
    with working(replace(resumed(launch), corpus=("-",)), data) as third:
        third.wait_for(Finished)


def test_damaged_checkpoints_are_reported_and_the_last_one_ends_the_start(left_off: Launch) -> None:
    assert left_off.resume is not None
    newest, *older = Run(Path(left_off.resume)).checkpoints()
    newest.write_bytes(b"damaged")
    others = [*older, newest.with_name("best.safetensors")]
    with working(left_off) as second:
        notes = second.wait_for(RunHistory).notes
        second.wait_for(Progress)
        assert newest.name in notes[0]
    for path in (*newest.parent.glob("*.safetensors"), *others):
        path.write_bytes(b"damaged")
    with working(left_off) as third:
        failure = third.wait_for(EngineFailed)
    assert "No checkpoint of the run jack is sound." in failure.sentence
    assert not failure.details


def test_a_run_that_saved_nothing_begins_again_in_its_own_folder(launch: Launch) -> None:
    with working(replace(launch, max_seconds=1e-9)) as first:
        first.wait_for(Finished)
    assert launch.runs is not None
    for folder in ("checkpoints", "epochs"):
        shutil.rmtree(launch.runs / "jack" / folder)
    with working(resumed(launch)) as second:
        lost = "Steps 1 to 2 were trained and not kept: training does them again."
        notes = (lost, "Nothing of this run is on the disk: it begins again.")
        told = second.wait_for(RunHistory)
        assert (told.folder, told.events, told.notes) == (str(launch.runs / "jack"), (), notes)
        assert second.wait_for(Finished).run == str(launch.runs / "jack")


def test_a_checkpoint_can_be_asked_for_while_training_is_held(launch: Launch) -> None:
    with working(replace(launch, recipe=replace(RECIPE, epochs=10_000), save_every=1e6)) as engine:
        engine.wait_for(Progress)
        engine.engine.send(PauseTraining(True))
        before = len(engine.all(Saved))
        engine.engine.send(Save())
        engine.wait_for(Saved, lambda saved: len(engine.all(Saved)) > before)


def test_training_continues_without_a_writer_that_has_failed(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(writer: Writer) -> None:
        raise ArithmeticError("no character")

    monkeypatch.setattr(Writer, "step", fail)
    watched = Watched(ThreadEngine())
    watched.engine.send(HoldForShowing(True))
    watched.engine.start(launch, watched.hear)
    failure = watched.wait_for(EngineFailed)
    assert failure.part == "writing"
    assert "no character" in failure.details
    with watched._changed:
        watched.said.remove(failure)
    assert watched.wait_for(Finished).reason == "epochs"
    assert watched.engine.stop(PATIENCE)


def test_a_moved_folder_is_followed_and_a_deleted_one_is_reported_while_training_continues(launch: Launch) -> None:
    assert launch.runs is not None
    with working(replace(launch, recipe=replace(RECIPE, epochs=10_000))) as engine:
        engine.wait_for(Saved)
        moved = (launch.runs / "jack").rename(launch.runs / "elsewhere")
        engine.wait_for(Saved, lambda saved: saved.path.startswith(str(moved)))
        assert engine.engine.save_text("by key").parent == moved / "saved"
        kept = engine.engine.kept_run()
        assert kept
        assert kept[:2] == (str(moved), str(moved))
        while moved.exists():  # saving goes on meanwhile
            shutil.rmtree(moved, ignore_errors=True)
        removed = "The folder of the run elsewhere was removed"
        engine.wait_for(SaveFailed, lambda failed: failed.reason.startswith(removed))
        with pytest.raises(RunError, match=removed):
            engine.engine.save_text("by key")
        assert list(launch.runs.iterdir()) == []
        step = engine.all(Progress)[-1].step
        engine.wait_for(Progress, lambda progress: progress.step > step)


def test_training_starts_even_if_no_run_can_be_made(launch: Launch, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with working(replace(launch, name=None, runs=tmp_path / "file" / "runs")) as engine:
        assert "No run can be made in" in engine.wait_for(SaveFailed).reason
        assert engine.wait_for(Finished).run is None


def test_the_stage_says_how_far_a_text_is(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pace, "is_due", lambda pace: True)
    with working(replace(launch, recipe=replace(RECIPE, tokens="words"))) as watched:
        for said in (f"reading {launch.corpus[0]}: 100%", f"splitting {launch.corpus[0]}: 0%"):
            watched.wait_for(Stage, lambda stage, said=said: stage.text == said)


def test_no_run_is_made_by_looking(tmp_path: Path) -> None:
    with pytest.raises(RunError):
        resuming(Launch(runs=tmp_path, resume=""))
    assert not list(tmp_path.iterdir())


# Stopping


@pytest.fixture
def slow_disk(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Saving waits until this is set."""
    ready, save = threading.Event(), Run.save
    monkeypatch.setattr(Run, "save", lambda run, checkpoint: ready.wait(PATIENCE) and save(run, checkpoint))
    return ready


def test_stopping_says_false_until_what_was_trained_is_saved(launch: Launch, slow_disk: threading.Event) -> None:
    with working(replace(launch, recipe=replace(RECIPE, epochs=10_000))) as engine:
        engine.wait_for(Progress)
        assert not engine.engine.stop(0.1)
        slow_disk.set()
        assert engine.engine.stop(PATIENCE)
        assert launch.runs is not None
        assert Run(launch.runs / "jack").load("newest").manifest.step == engine.all(Progress)[-1].step
        assert engine.all(Saved)[-1].step == engine.all(Progress)[-1].step


def test_stopping_without_patience_ends_a_stop_that_waits(launch: Launch, slow_disk: threading.Event) -> None:
    with working(replace(launch, recipe=replace(RECIPE, epochs=10_000))) as engine:
        engine.wait_for(Progress)
        answers: list[bool] = []
        waiting = threading.Thread(target=lambda: answers.append(engine.engine.stop(PATIENCE)))
        waiting.start()
        waiting.join(0.1)
        assert waiting.is_alive()
        assert not engine.engine.stop(0)
        waiting.join(PATIENCE)
        assert answers == [False]
        slow_disk.set()


def test_stopping_says_false_where_saving_fails(launch: Launch, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise CheckpointError("No space left.")

    monkeypatch.setattr(Run, "save", full)
    with working(replace(launch, recipe=replace(RECIPE, epochs=10_000))) as engine:
        engine.wait_for(Progress)
        assert not engine.engine.stop(PATIENCE)


def test_stopping_before_the_first_step_loses_nothing(launch: Launch) -> None:
    engine = ThreadEngine()
    assert engine.stop(0)
    with working(launch) as begun:
        assert begun.engine.stop(0)
        begun.engine.stop(PATIENCE)


@pytest.mark.parametrize("held", [True, False])
def test_quitting_before_the_first_step_leaves_no_run(launch: Launch, held: bool) -> None:
    assert launch.runs is not None
    with working(launch) as engine:
        if held:
            engine.engine.send(PauseTraining(True))
        engine.wait_for(CorpusReady)
        engine.engine.stop(PATIENCE if held else 0)
        if list(launch.runs.iterdir()):
            assert not held
            engine.wait_for(Compiled)  # the first step was done just before


def test_a_resumed_run_stays_although_no_step_was_done(left_off: Launch) -> None:
    assert left_off.resume is not None
    before = Run(Path(left_off.resume)).checkpoints()
    with working(left_off) as engine:
        engine.engine.send(PauseTraining(True))
        engine.wait_for(Resumed)
    assert Run(Path(left_off.resume)).checkpoints() == before != []


def test_a_run_read_from_its_folder_shows_what_was_seen_live(launch: Launch) -> None:
    assert launch.runs is not None
    live = TrainingView(RECIPE, "fast")
    seen: list[LogLine] = []
    for session in (lambda: replace(launch, max_seconds=1e-9), lambda: resumed(launch)):
        with working(session()) as engine:
            engine.wait_for(Finished)
        told = [TimedEvent(each.event, each.at) for each in engine.said if isinstance(each, TrainingEvent)]
        seen += fold(live, told)
    again = TrainingView(RECIPE, "fast")
    again.run = live.run
    lines = list(fold(again, Run(launch.runs / "jack").events()))
    # Baselines are found beside the training: where they come among its events depends on the machine.
    both = [[line for line in log if "ounting" not in line.text and "Better" not in line.text] for log in (lines, seen)]
    assert both[0] == both[1], "the log"
    assert again.overtaking.baselines == live.overtaking.baselines is not None
    assert titles(again, "·", 0.0) == titles(live, "·", 0.0)
    assert again.training_curve(1000) == live.training_curve(1000) != []
    assert again.held_out_curve() == live.held_out_curve() != []
    assert (again.epoch_ends, again.best, again.finished) == (live.epoch_ends, live.best, live.finished)
    assert again.run_fraction == live.run_fraction == 1.0
    assert again.progress is not None
    assert again.progress == replace(live.progress, loss=again.progress.loss)  # type: ignore[type-var]
