"""Every kind of stored sample is written again to the character: by the real generator, and then from the run alone."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from corpora import Corpus, open_corpus
from model.cli import main
from model.recipe import FAST, NOTEBOOK, Recipe
from model.runs.checkpoint import Checkpoint
from model.runs.folder import Run
from model.sampling import Sampling, Unit
from model.writing.provenance import Parent, ProvenanceError, Sample, to_record
from model.writing.stored_samples import read_samples
from tests.model.runs.made_runs import create_run
from tests.old_runs import copy_old_run
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer import Writer
from tui.engine.writing.writer_commands import ShowEpoch, WriterCommand
from tui.keys.key_commands import (
    ChooseToken,
    ChooseWeights,
    PauseWriting,
    Redo,
    Reseed,
    SelectStream,
    SetSampling,
    SetSpeed,
    Undo,
    WriteNow,
    WriteOne,
)

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel
    from tui.engine.generating.generator import ModelGenerator

pytestmark = pytest.mark.usefixtures("two_devices")

Capture = pytest.CaptureFixture[str]
LENGTH = 30
SHAPE = {"hidden": 16, "window": 16, "batch": 8, "epochs": 1, "seed_length": 12, "sample_length": LENGTH}
RECIPE = replace(FAST, **SHAPE, schedule="constant")
CHAINED = replace(NOTEBOOK, **SHAPE)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("text") / "book.txt"
    path.write_text("all work and no play makes jack a dull boy\n" * 40)
    return open_corpus([str(path)])


@pytest.fixture(scope="module")
def trained(
    two_devices: None, corpus: Corpus, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Recipe, Path], Run]:
    """A copy of a run of one epoch."""
    from model.training.trainer import Trainer

    folder = tmp_path_factory.mktemp("trained")
    made: dict[Recipe, Run] = {}

    def copy(recipe: Recipe, runs: Path) -> Run:
        if recipe not in made:
            run = create_run(folder, f"run{len(made)}", "book", "fast", recipe, datetime(2026, 11, 23, tzinfo=UTC))
            list(Trainer(corpus, recipe).run(keep=run))
            made[recipe] = run
        return Run(Path(shutil.copytree(made[recipe].folder, runs / "jack")))

    return copy


@dataclass
class RealDesk:
    """The writer with the real generator and a run's weights, on a clock that the test sets."""

    run: Run
    corpus: Corpus
    streams: int = 1
    now: float = 0.0
    language_model: LanguageModel = field(init=False)
    generator: ModelGenerator = field(init=False)

    def __post_init__(self) -> None:
        from model.training.publishing import Snapshot
        from model.writing.language_model import LanguageModel
        from tui.engine.generating.generator import ModelGenerator
        from tui.engine.generating.seeds import CorpusSeeds

        self.language_model = LanguageModel.from_checkpoint(checkpoint := self.run.load("newest"))
        self.generator = ModelGenerator(self.language_model, CorpusSeeds(self.corpus), random.Random(5), self.streams)
        params = self.language_model.weights_of(checkpoint)
        for best in (False, True):
            self.generator.publish(Snapshot(params, 1.0, checkpoint.manifest.step, best=best))
        self.buffer = TokenBuffer()
        self.writer = Writer(
            self.generator,
            self.buffer,
            self.language_model.recipe,
            lambda sample: self.run.append_sample(to_record(sample)),
            lambda: None,
            lambda: self.now,
        )
        self.obey(SetSpeed(10))

    def obey(self, *commands: WriterCommand) -> None:
        for command in commands:
            self.writer.obey(command)

    def write(self, seconds: float, seen: int = 1000) -> None:
        """Pass time; the screen takes `seen` items."""
        end = self.now + seconds
        while True:
            wait = self.writer.step()
            if wait is None or self.now + wait > end + 1e-9:
                break
            self.now += wait
        self.now = end
        self.buffer.drain(seen)

    def kept(self) -> list[Sample]:
        return [sample for sample in read_samples(self.run) if sample]


@pytest.fixture
def desk(trained: Callable[[Recipe, Path], Run], corpus: Corpus, tmp_path: Path) -> Callable[..., RealDesk]:
    return lambda recipe=RECIPE, streams=1: RealDesk(trained(recipe, tmp_path), corpus, streams)


def again(run: Run, line: int, capsys: Capture) -> str:
    """What `write --again` prints."""
    assert main(["write", str(run.folder), "--again", str(line)]) == 0, capsys.readouterr().err
    return capsys.readouterr().out


def assert_all_can_be_written_again(desk: RealDesk, capsys: Capture, kinds: Sequence[str]) -> list[Sample]:
    kept = desk.kept()
    assert [sample.kind for sample in kept] == list(kinds)
    for line, sample in enumerate(kept, start=1):
        assert again(desk.run, line, capsys) == sample.seed + sample.text + "\n"
    return kept


def test_the_parts_of_a_showing(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk()
    at.obey(ShowEpoch(1))
    at.write(13.0)
    kept = assert_all_can_be_written_again(at, capsys, ["showing"] * 4)
    assert len({(sample.seed, sample.noise_seed) for sample in kept}) == 1, "one seed and one noise"
    assert [sample.sampling for sample in kept] == [((0, Sampling(t)),) for t in RECIPE.temperatures]


def test_a_showing_of_four_streams_at_once(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk(streams=4)
    at.obey(ShowEpoch(1))
    at.write(2.0)
    at.obey(SetSampling(Sampling(0.7), 2))
    at.write(6.0)
    kept = assert_all_can_be_written_again(at, capsys, ["showing"] * 4)
    assert {len(sample.text) for sample in kept if len(sample.sampling) == 1} == {LENGTH}
    assert [sample.stream for sample in kept if len(sample.sampling) == 2] == [2]


def test_chained_samples(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk(CHAINED)
    at.obey(ShowEpoch(1))
    at.write(5.0)
    at.obey(SetSampling(Sampling(0.7)))
    at.write(20.0)
    first, *others = assert_all_can_be_written_again(at, capsys, ["showing"] * 4)
    assert [sample.parent for sample in others] == [
        Parent(before.id, len(before.text)) for before in [first, *others[:-1]]
    ]


def test_a_sample_steered_by_keys_whatever_the_screen_has_shown(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk()
    at.write(0.85, seen=5)
    at.obey(SetSampling(Sampling(0.3)))
    at.write(0.5)
    at.obey(PauseWriting(True), WriteOne(), SetSampling(Sampling(1.5)), WriteOne())
    at.write(1.0)
    at.obey(PauseWriting(False))
    at.write(0.4)
    at.obey(SetSampling(Sampling(1.5).switched(Unit(1, 7))), SetSpeed(None))
    at.write(1.0)
    (sample,) = assert_all_can_be_written_again(at, capsys, ["first"])
    assert len(sample.sampling) == 4
    assert sample.sampling[-1][1].without_units == (Unit(1, 7),)


def test_samples_continued_after_their_end(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk()
    at.write(4.0)
    at.obey(SetSampling(Sampling(0.5)))
    at.write(1.5)
    at.obey(SetSampling(Sampling(1.2)))
    at.write(5.0)
    at.obey(SetSampling(Sampling(0.2)))
    at.write(5.0)
    first, second, third = assert_all_can_be_written_again(at, capsys, ["first", "continued", "continued"])
    assert second.parent == Parent(first.id, LENGTH)
    assert third.parent == Parent(second.id, len(second.text))
    assert third.noise_position == LENGTH + len(second.text)


def test_reseeded_samples_and_those_of_a_key(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk()
    at.obey(ShowEpoch(1), ChooseWeights(True))
    at.write(1.0)
    at.obey(Reseed("All WORK, é and"))
    at.write(1.0)
    at.obey(Reseed())
    at.write(1.0)
    at.obey(WriteNow())
    at.write(1.0)
    at.obey(Reseed(""))
    at.write(5.0)
    kept = assert_all_can_be_written_again(at, capsys, ["showing"] * 3 + ["key"] * 2)
    assert len({sample.noise_seed for sample in kept}) == 5
    assert kept[-1].seed == ""
    assert [sample.best for sample in kept] == [True] * 5


@pytest.mark.parametrize("streams", [1, 4])
def test_branches_of_samples_and_of_branches(desk: Callable[..., RealDesk], capsys: Capture, streams: int) -> None:
    """Tokens chosen one after another, in the middle of a sample and of a branch, at another temperature."""
    at = desk(streams=streams)
    number = streams - 1
    token = at.language_model.tokenizer.encode("wjo").ids.tolist()
    at.obey(WriteNow(), SelectStream(number))
    at.write(1.75)
    at.obey(PauseWriting(True), ChooseToken(number, 9, token[0]), PauseWriting(False))
    at.write(1.2)
    at.obey(PauseWriting(True), SetSampling(Sampling(1.5)), ChooseToken(number, 5, token[1]))
    at.obey(SetSampling(Sampling(2.5)), ChooseToken(number, 6, token[2]), PauseWriting(False))
    at.write(0.9)
    at.obey(PauseWriting(True), ChooseToken(number, 6, token[0]), ChooseToken(number, 0, token[1]), Undo(number))
    at.obey(PauseWriting(False))
    at.write(6.0)
    kept = [sample for sample in at.kept() if sample.stream == number]
    assert [sample.kind for sample in kept] == ["key", *["branch"] * 4, "continued"]
    assert [sample.chosen for sample in kept] == [0, 1, 2, 1, 1, 0]
    assert [sample.parent and sample.parent.offset for sample in kept] == [None, 9, 5, 1, None, 1]
    assert kept[2].sampling[:2] == ((0, Sampling(1.5)), (1, Sampling(2.5)))
    assert len(kept[-1].text) > len(kept[3].text) == 1
    for line, sample in enumerate(at.kept(), start=1):
        assert again(at.run, line, capsys) == sample.seed + sample.text + "\n"


def test_texts_that_undo_returned_to_are_written_on(desk: Callable[..., RealDesk], capsys: Capture) -> None:
    at = desk()
    (token,) = at.language_model.tokenizer.encode("w").ids.tolist()
    at.obey(WriteNow())
    at.write(1.75)
    at.obey(PauseWriting(True), ChooseToken(0, 9, token), Undo(0), PauseWriting(False))
    at.write(0.5)
    at.obey(Redo(0))
    at.write(0.5)
    at.obey(Undo(0))
    at.write(5.0)
    kept = assert_all_can_be_written_again(at, capsys, ["key", "branch", "continued", "continued", "continued"])
    assert [sample.chosen for sample in kept] == [0, 1, 0, 0, 0]
    assert len(kept[0].text) + len(kept[2].text) + len(kept[4].text) == LENGTH


LOOKING_BACK = replace(RECIPE, temperatures=(0.0, 1.0, 1.5, 2.0), mirostat=3.0, dry=5.0, sample_length=60)
"""Mirostat and DRY depend on the text before."""


@pytest.mark.parametrize("chained", [False, True])
def test_samples_whose_sampling_looks_back(desk: Callable[..., RealDesk], capsys: Capture, chained: bool) -> None:
    """Steered, branched and continued, with mirostat off and on again on the way."""
    at = desk(replace(LOOKING_BACK, chain_samples=chained), 1 if chained else 4)
    stream = 0 if chained else 2
    (token,) = at.language_model.tokenizer.encode("w").ids.tolist()
    at.obey(ShowEpoch(1), SelectStream(stream))
    at.write(3.0, seen=17)
    sampling = LOOKING_BACK.samplings[stream]
    at.obey(SetSampling(sampling.turned("mirostat", False), stream))
    at.write(0.5)
    at.obey(SetSampling(sampling, stream))
    at.write(1.0)
    at.obey(PauseWriting(True), ChooseToken(stream, 20, token), PauseWriting(False))
    at.write(30.0)
    at.obey(SetSampling(sampling.stepped("mirostat", 4), stream))
    at.write(10.0)
    kept = at.kept()
    assert {"showing", "branch", "continued"} <= {sample.kind for sample in kept}
    for line, sample in enumerate(kept, start=1):
        assert again(at.run, line, capsys) == sample.seed + sample.text + "\n"
    for setting in ("mirostat", "dry"):
        without = [
            replace(sample, sampling=tuple((at, each.turned(setting, False)) for at, each in sample.sampling))
            for sample in kept
        ]
        assert any(not can_be_written_again(at, sample, without) for sample in without), f"{setting} matters"


def can_be_written_again(desk: RealDesk, sample: Sample, samples: Sequence[Sample]) -> bool:
    from model.writing.replay import draw_again

    try:
        draw_again(sample, {each.id: each for each in samples}, desk.language_model)
    except ProvenanceError:
        return False
    return True


# Why not


def refused(run: Run, line: int, capsys: Capture, *options: str) -> str:
    try:
        code = main(["write", str(run.folder), "--again", str(line), *options])
    except SystemExit as stopped:
        code = int(stopped.code or 0)
    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_what_cannot_be_written_again_says_why(desk: Callable[..., RealDesk], capsys: Capture, tmp_path: Path) -> None:
    at = desk()
    at.obey(WriteNow())
    at.write(4.0)
    (sample,) = at.kept()
    for other in (
        replace(sample, step=7),
        replace(sample, parent=Parent("gone", 3)),
        replace(sample, text="another text than was written"),
    ):
        at.run.append_sample(to_record(other))
    with open(at.run.folder / "samples.jsonl", "a") as file:
        file.write("nonsense\n")
    at.run.append_sample(to_record(sample))
    why = "the weights of step 7, which wrote it, are no longer kept. Lines that can: 1, 3-4, 6.\n"
    assert why in refused(at.run, 2, capsys)
    assert "the sample that it continues is not stored." in refused(at.run, 3, capsys)
    assert "another text than the one that is stored." in refused(at.run, 4, capsys)
    assert "Line 5 is damaged." in refused(at.run, 5, capsys)
    assert "Line 7 is not there: samples.jsonl has 6 lines." in refused(at.run, 7, capsys)
    assert "0 is out of range; give 1 or more" in refused(at.run, 0, capsys)
    assert "leave out --temperature" in refused(at.run, 1, capsys, "--temperature", "1")
    old = refused(copy_old_run("finished", tmp_path / "old"), 1, capsys)
    assert "an earlier version stored it" in old
    assert "No line of this run can." in old


@pytest.mark.parametrize(
    "kind", [{"network": "conv", "dilations": (1, 2)}, {"tokens": "words", "vocabulary": 5}], ids=str
)
def test_weights_from_before_the_first_step_are_made_anew(
    corpus: Corpus, tmp_path: Path, capsys: Capture, kind: dict[str, Any]
) -> None:
    from model.training.learner import Learner
    from model.writing.epoch_samples import Comparison, write_epoch

    recipe, now = replace(RECIPE, **kind), datetime(2026, 11, 23, tzinfo=UTC)
    run, learner = create_run(tmp_path, "jack", "book", "fast", recipe, now, corpus.files), Learner(corpus, recipe, 1)
    state = learner.capture()
    assert state is not None
    other = {name: np.zeros_like(array) for name, array in state.arrays.items()}
    run.save(Checkpoint(other | {"step": np.int32(9)}, replace(state.manifest, step=9)))
    for sample in write_epoch(learner.language_model(), Comparison.of(recipe, "all work "), 0.0, 0):
        run.append_sample(to_record(sample))
    for line, sample in enumerate(read_samples(run), start=1):
        assert sample
        assert again(run, line, capsys) == sample.seed + sample.text + "\n"
    facts = run.folder / "recipe.toml"
    facts.write_text(facts.read_text() + "\n[begun_from]\nrun = 'other'\nweights = 'best'\nepoch = 1\nstep = 9\n")
    assert "the weights of step 0, which wrote it, are no longer kept. No line" in refused(run, 1, capsys)


def test_the_time_lapse_of_train_can_be_written_again(tmp_path: Path, capsys: Capture) -> None:
    text = tmp_path / "book.txt"
    text.write_text("all work and no play makes jack a dull boy\n" * 40)
    words = ["train", str(text), "--hidden", "16", "--window", "16", "--batch", "8", "--seed-length", "12"]
    words += ["--schedule", "constant", "--epochs", "3", "--devices", "1", "--sample-length", "100"]
    assert main([*words, "--runs", str(tmp_path), "--name", "seen"]) == 0
    capsys.readouterr()
    run = Run(tmp_path / "seen")
    samples = [sample for sample in read_samples(run) if sample]
    assert [(sample.kind, sample.epoch) for sample in samples] == [("time-lapse", n) for n in (1, 2, 3) for _ in "1234"]
    for line, sample in enumerate(samples, start=1):
        assert again(run, line, capsys) == sample.seed + sample.text + "\n"
