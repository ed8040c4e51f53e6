"""What every epoch's weights write, as the engines tell the screen: the time-lapse, and a seed that the user types."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.message import Message

from model.recipe import FAST
from model.runs.folder import Run
from model.training.events import Finished
from model.writing.provenance import Sample, to_record
from model.writing.stored_samples import read_samples, time_lapses_of
from tests.model.writing.time_lapses import stored
from tests.patience import PATIENCE
from tests.tui.engine.watching.test_follower import listing
from tui.engine.local_engine import ThreadEngine
from tui.engine.messages import EngineFailed, EpochSamples, Note, TrainingEvent
from tui.engine.runs.launch_runs import resuming, watching
from tui.engine.watching.watching_engine import WatchingEngine
from tui.engine.writing.items import SampleStart
from tui.keys.key_commands import PinSeed, WriteEpochs
from tui.keys.screen_settings import ScreenSettings
from tui.launch import Launch

pytestmark = pytest.mark.usefixtures("two_devices")

RECIPE = replace(FAST, hidden=16, batch=8, window=16, epochs=3, seed_length=12, sample_length=40, schedule="constant")


class Listening:
    """An engine, and what it tells."""

    def __init__(self, engine: ThreadEngine | WatchingEngine) -> None:
        self.engine = engine
        self.told: list[Message] = []
        self._changed = threading.Event()

    def hear(self, message: Message) -> None:
        self.told.append(message)
        self._changed.set()

    def epochs(self, seed: str | None = None) -> list[tuple[int, tuple[Sample, ...]]]:
        """Those told, in order."""
        messages = [each for each in self.told if isinstance(each, EpochSamples) and each.seed == seed]
        return [(epoch, tuple(samples)) for message in messages for epoch, samples in message.epochs.items()]

    def numbers(self, seed: str | None = None) -> list[int]:
        return [epoch for epoch, _ in self.epochs(seed)]

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        end = time.monotonic() + PATIENCE
        while not holds():
            failures = [each for each in self.told if isinstance(each, EngineFailed)]
            assert not failures, failures[0].details or failures[0].sentence
            assert time.monotonic() < end, f"never: {what}"
            self._changed.wait(0.01)
            self._changed.clear()
            self.engine.buffer.drain(1000)

    def finished(self) -> bool:
        return any(isinstance(each, TrainingEvent) and isinstance(each.event, Finished) for each in self.told)


@contextmanager
def listening(engine: ThreadEngine | WatchingEngine, launch: Launch) -> Iterator[Listening]:
    heard = Listening(engine)
    engine.start(launch, heard.hear)
    try:
        yield heard
    finally:
        engine.stop(PATIENCE)


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    text = tmp_path / "jack.txt"
    text.write_text("all work and no play makes jack a dull boy\n" * 40)
    return Launch(corpus=(str(text),), recipe=RECIPE, runs=tmp_path / "runs", name="jack")


@pytest.fixture
def trained(launch: Launch) -> Run:
    """The run of the launch, trained to its end."""
    with listening(ThreadEngine(), launch) as heard:
        heard.wait_until(lambda: heard.finished() and len(heard.epochs()) == 3, "all samples")
    return Run(launch.runs / "jack") if launch.runs else Run(Path())


def test_every_epochs_samples_of_its_own_and_the_pinned_seed_are_told_and_kept(launch: Launch, tmp_path: Path) -> None:
    engine = ThreadEngine()
    engine.send(PinSeed("no play"))
    engine.keep_settings(ScreenSettings(pinned="no play"))
    with listening(engine, launch) as heard:
        heard.wait_until(lambda: heard.finished() and len(heard.epochs("no play")) == 3, "all samples")
        assert heard.numbers() == heard.numbers("no play") == [1, 2, 3]
        run = Run(tmp_path / "runs" / "jack")
        assert [*time_lapses_of(read_samples(run)).values()] == [dict(heard.epochs(seed)) for seed in (None, "no play")]
    assert watching(Launch(watch=str(run.folder))).seed_text == "no play", "what the screen has set is kept"
    with listening(WatchingEngine(), watching(Launch(watch=str(run.folder)))) as watched:
        watched.wait_until(lambda: watched.epochs("no play"), "the pinned seed's")
        assert [*watched.epochs(), *watched.epochs("no play")] == [*heard.epochs(), *heard.epochs("no play")]


def test_a_finished_run_tells_all_its_samples_before_its_weights_are_loaded(trained: Run, launch: Launch) -> None:
    told = []
    with listening(ThreadEngine(), resuming(replace(launch, resume="jack"))) as heard:
        heard.wait_until(lambda: len(heard.epochs()) == 3, "the samples")
        told = heard.epochs()
        heard.wait_until(heard.finished, "its end")
    assert dict(told) == stored(trained)
    assert len(heard.epochs()) == 3, "none is written twice"


def test_a_watched_run_tells_its_samples_and_those_that_come(trained: Run, tmp_path: Path) -> None:
    whole = stored(trained)
    kept = [sample for sample in read_samples(trained) if sample and sample.kind == "time-lapse"]
    (trained.folder / "samples.jsonl").unlink()
    for sample in kept[:8]:
        trained.append_sample(to_record(sample))
    with listening(WatchingEngine(), watching(Launch(watch=str(trained.folder)))) as heard:
        heard.wait_until(lambda: len(heard.epochs()) == 2, "the first two")
        assert dict(heard.epochs()) == {epoch: whole[epoch] for epoch in (1, 2)}
        for sample in kept[8:]:
            trained.append_sample(to_record(sample))
        heard.wait_until(lambda: dict(heard.epochs()) == whole, "the third")
        items = heard.engine.buffer.drain(1000)
        assert not [item for item in items if isinstance(item, SampleStart) and item.elsewhere], "in the live text"


@pytest.mark.parametrize("engine", [ThreadEngine, WatchingEngine])
def test_another_seed_is_written_by_every_epoch_newest_first_and_changes_nothing(
    trained: Run, launch: Launch, engine: Callable[[], ThreadEngine | WatchingEngine]
) -> None:
    own = engine is ThreadEngine
    how = resuming(replace(launch, resume="jack")) if own else watching(Launch(watch=str(trained.folder)))
    before = listing(trained.folder)
    with listening(engine(), how) as heard:
        heard.engine.send(WriteEpochs("no play"))
        heard.wait_until(lambda: len(heard.numbers("no play")) == 3, "all epochs")
        assert heard.numbers("no play") == [3, 2, 1]
        by_epoch = dict(heard.epochs("no play"))
        heard.engine.send(WriteEpochs("all work"))
        heard.wait_until(lambda: len(heard.numbers("all work")) == 3, "another seed")
    for samples in by_epoch.values():
        assert {sample.seed for sample in samples} == {"no play"}
        assert len(samples) == 4
    (noise,) = {sample.noise_seed for samples in by_epoch.values() for sample in samples}
    assert noise != stored(trained)[1][0].noise_seed, "it would soon write the same"
    if not own:
        assert listing(trained.folder) == before


def test_the_runs_own_seed_typed_gives_the_same_text(trained: Run) -> None:
    seed = stored(trained)[1][0].seed
    with listening(WatchingEngine(), watching(Launch(watch=str(trained.folder)))) as heard:
        heard.engine.send(WriteEpochs(seed))
        heard.wait_until(lambda: len(heard.numbers(seed)) == 3, "all epochs")
        assert dict(heard.epochs(seed)) == stored(trained)


def test_another_seed_is_given_up_for_the_next(trained: Run) -> None:
    with listening(WatchingEngine(), watching(Launch(watch=str(trained.folder)))) as heard:
        heard.engine.send(WriteEpochs("no play"))
        heard.wait_until(lambda: heard.numbers("no play"), "the first")
        heard.engine.send(WriteEpochs("all work"))
        heard.wait_until(lambda: len(heard.numbers("all work")) == 3, "another seed")
        seeds = [each.seed for each in heard.told if isinstance(each, EpochSamples) and each.seed]
        assert seeds == sorted(seeds, key=["no play", "all work"].index), "one after the other"


def test_epochs_that_end_later_write_the_seed_too(launch: Launch) -> None:
    Path(*launch.corpus).write_text("all work and no play makes jack a dull boy\n" * 400)
    with listening(ThreadEngine(), replace(launch, recipe=replace(RECIPE, epochs=5))) as heard:
        heard.engine.send(WriteEpochs("no play"))
        heard.wait_until(lambda: sorted({*heard.numbers("no play")}) == [1, 2, 3, 4, 5], "all epochs")


def test_without_kept_weights_the_user_is_told(trained: Run) -> None:
    for path in trained.folder.glob("*/*.safetensors"):
        path.unlink()
    with listening(WatchingEngine(), watching(Launch(watch=str(trained.folder)))) as heard:
        heard.engine.send(WriteEpochs("no play"))
        heard.wait_until(
            lambda: any(isinstance(each, Note) and "No epoch's weights" in each.sentence for each in heard.told),
            "a note",
        )
