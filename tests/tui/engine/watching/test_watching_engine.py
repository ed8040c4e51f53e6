"""The engine of --watch on a real run that lies still."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.message import Message

from model.cli import main
from model.runs.checkpoint import load, save
from model.runs.folder import Run
from model.sampling import Sampling
from model.tokens.batches import Cursor
from model.training.steering.training_commands import Save
from model.writing.stored_samples import read_samples
from tests.patience import PATIENCE
from tests.tui.engine.watching.test_follower import listing
from tests.tui.terminal.driver import ROOT
from tui.engine.generating.count_writer import NO_TEXT
from tui.engine.messages import LOADING, CountedText, EngineFailed, Note, RunStateChanged, Stage
from tui.engine.runs.launch_runs import watching
from tui.engine.watching.watching_engine import WatchingEngine
from tui.engine.writing.items import Item, SampleStart, Seed
from tui.keys.key_commands import ChooseWeights, PauseTraining, Reseed, SetSpeed, WriteByCounts, WriteNow
from tui.launch import Launch

SMALL = ["--hidden", "16", "--batch", "16", "--sample-length", "40", "--seed-length", "12"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, two_devices: None) -> Path:
    """The folder of a run of two epochs that nobody trains any more."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(["train", "aphorisms", *SMALL, "--epochs", "2", "--runs", str(runs), "--name", "still"]) == 0
    return runs / "still"


@pytest.fixture
def still(trained: Path, tmp_path: Path) -> Run:
    """A copy of its own."""
    shutil.copytree(trained, tmp_path / "still")
    return Run(tmp_path / "still")


class Heard:
    """A watching engine, all that it said and all that it wrote."""

    def __init__(self, engine: WatchingEngine) -> None:
        self.engine = engine
        self.said: list[Message] = []
        self.written: list[Item] = []
        self._changed = threading.Event()

    def hear(self, message: Message) -> None:
        self.said.append(message)
        self._changed.set()

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Read on until `holds()`."""
        end = time.monotonic() + PATIENCE
        while not holds():
            failures = [each for each in self.said if isinstance(each, EngineFailed)]
            assert not failures, failures[0].details or failures[0].sentence
            assert time.monotonic() < end, f"never: {what}"
            self._changed.wait(0.01)
            self._changed.clear()
            self.written += self.engine.buffer.drain(1000)

    def starts(self) -> list[SampleStart]:
        return [item for item in self.written if isinstance(item, SampleStart)]

    def seeds(self) -> list[str]:
        return [item.text for item in self.written if isinstance(item, Seed)]

    def notes(self) -> list[str]:
        return [each.sentence for each in self.said if isinstance(each, Note)]

    def states(self) -> list[str]:
        return [each.run_state.state for each in self.said if isinstance(each, RunStateChanged)]


@contextmanager
def watched(run: Run, silence: float = 45.0) -> Iterator[Heard]:
    heard = Heard(WatchingEngine(silence=silence))
    heard.engine.send(SetSpeed(None))
    heard.engine.start(watching(Launch(watch=str(run.folder))), heard.hear)
    try:
        yield heard
    finally:
        heard.engine.stop(PATIENCE)


def test_a_run_that_has_ended_writes_a_showing_with_its_best_weights(still: Run) -> None:
    with watched(still) as heard:
        heard.wait_until(lambda: len(heard.starts()) >= 4, "a showing")
        assert heard.states() == ["finished"]
        stages = [each.text for each in heard.said if isinstance(each, Stage)]
        assert stages == ["waiting for its first step", LOADING]
        assert [start.part for start in heard.starts()] == [1, 2, 3, 4]
        assert {start.epoch for start in heard.starts()} == {2}
        assert all(start.best for start in heard.starts())


def test_the_age_of_weights_that_were_saved_within_an_epoch_is_told(still: Run) -> None:
    path = still.checkpoints()[0]
    checkpoint = load(path)
    half = checkpoint.manifest.step // 4
    save(path, replace(checkpoint, manifest=replace(checkpoint.manifest, cursor=Cursor(1, half))))
    with watched(still) as heard:
        heard.engine.send(ChooseWeights(False))
        heard.wait_until(lambda: heard.starts(), "a showing")
        assert heard.starts()[0].epoch == pytest.approx(1.5, abs=0.01)


def test_keys_reach_the_writer_and_never_the_run(still: Run) -> None:
    with watched(still) as heard:
        for command in (PauseTraining(True), Save(), Reseed("the will to ")):
            heard.engine.send(command)
        heard.wait_until(lambda: "the will to " in heard.seeds(), "the seed that was typed")
        heard.engine.send(WriteNow())
        heard.engine.send(PauseTraining(True))
        heard.wait_until(lambda: len(heard.starts()) >= 2, "another sample")


def test_random_seeds_are_stretches_of_the_text_where_it_is_at_hand(still: Run) -> None:
    text = (ROOT / "corpora" / "aphorisms.txt").read_text(encoding="utf-8")
    with watched(still) as heard:
        heard.wait_until(lambda: heard.notes() and len(heard.seeds()) >= 4, "where seeds come from, and a showing")
        assert heard.notes() == ["Random seeds are passages of the run's text."]
        heard.engine.send(WriteNow())
        heard.wait_until(lambda: len(heard.seeds()) >= 5, "another seed")
        assert heard.seeds()[-1] in text


def spec_of_another_machine(run: Run) -> None:
    recipe = run.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('spec = ["aphorisms"]', 'spec = ["/on/another/machine.txt"]'))


def test_without_the_text_seeds_come_from_samples(still: Run) -> None:
    spec_of_another_machine(still)
    sample = {"epoch": 1, "part": 0, "parts": 0, "seed": "all of it ", "settings": [[0, 0.5]], "text": "was written"}
    still.append_sample(sample)
    with watched(still) as heard:
        heard.wait_until(heard.notes, "where seeds come from")
        assert heard.notes() == ["The run's text cannot be opened here: random seeds come from its samples."]
        heard.wait_until(lambda: len(heard.starts()) >= 5, "the run's own sample and a showing")
        assert heard.starts()[0].elsewhere
        time_lapse = read_samples(still)[0]
        assert time_lapse is not None
        assert heard.seeds()[0] == "all of it "
        heard.engine.send(WriteByCounts(3, "a", Sampling()))
        heard.wait_until(lambda: isinstance(heard.said[-1], CountedText), "why nothing is counted")
        assert [each.problem for each in heard.said if isinstance(each, CountedText)] == [NO_TEXT]
        assert set(heard.seeds()) <= {"all of it ", time_lapse.seed}


def test_without_text_and_samples_seeds_are_empty(still: Run) -> None:
    spec_of_another_machine(still)
    (still.folder / "samples.jsonl").unlink(missing_ok=True)
    with watched(still) as heard:
        heard.wait_until(lambda: heard.notes() and len(heard.starts()) >= 2, "a showing")
        assert "random seeds are empty until it has samples; press e to type one" in heard.notes()[0]
        assert set(heard.seeds()) == {""}


def test_a_text_that_is_another_by_now_gives_no_seeds(still: Run, tmp_path: Path) -> None:
    other = tmp_path / "other.txt"
    other.write_text("All that is written here is something else. " * 100)
    recipe = still.folder / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('spec = ["aphorisms"]', f'spec = ["{other}"]'))
    with watched(still) as heard:
        heard.wait_until(heard.notes, "where seeds come from")
        assert "cannot be opened here" in heard.notes()[0]


def test_damaged_checkpoints_are_waited_for_and_never_crash(still: Run, tmp_path: Path) -> None:
    files = sorted((still.folder / "checkpoints").iterdir())
    whole = {path: path.read_bytes() for path in files}
    for path in files:
        path.write_bytes(whole[path][:-3])
    with watched(still) as heard:
        heard.wait_until(heard.states, "a first look")
        for path in files:
            path.write_bytes(whole[path])
        heard.wait_until(lambda: len(heard.starts()) >= 4, "a showing")


def test_weights_of_another_network_are_reported_in_a_sentence(still: Run, tmp_path: Path) -> None:
    options = ["train", "aphorisms", *SMALL, "--hidden", "8", "--epochs", "1", "--runs", str(tmp_path)]
    assert main([*options, "--name", "another"]) == 0
    (other,) = (tmp_path / "another" / "checkpoints").glob("step-*")
    with watched(still) as heard:
        heard.wait_until(heard.starts, "a sample")
        shutil.copy(other, still.folder / "checkpoints" / "step-999999999.safetensors")
        heard.wait_until(lambda: any("is another run's" in note for note in heard.notes()), "a sentence")
        before = len(heard.starts())
        heard.engine.send(WriteNow())
        heard.wait_until(lambda: len(heard.starts()) > before, "the weights that were there before")


def test_a_missing_folder_leaves_the_loaded_weights(still: Run) -> None:
    with watched(still) as heard:
        heard.wait_until(heard.starts, "a sample")
        away = still.folder.rename(still.folder.with_name("away"))
        heard.wait_until(lambda: heard.states()[-1] == "gone", "that it is gone")
        heard.engine.send(Reseed("still here "))
        heard.wait_until(lambda: "still here " in heard.seeds(), "another sample")
        away.rename(still.folder)
        heard.wait_until(lambda: heard.states()[-1] == "finished", "that it is back")


def test_watching_an_idle_run_changes_nothing_in_it(still: Run) -> None:
    before = listing(still.folder)
    with watched(still) as heard:
        heard.wait_until(lambda: len(heard.starts()) >= 4 and heard.notes(), "a showing")
        with still.lock():
            heard.engine.send(WriteNow())
            heard.wait_until(lambda: len(heard.starts()) >= 5, "another sample")
    assert listing(still.folder) == before
