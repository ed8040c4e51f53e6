"""Several streams: written at once, each steered by itself; with the counting generator and on the real engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.message import Message

from model.cli import main
from model.recipe import FAST
from model.runs.folder import Run
from model.sampling import Sampling
from model.training.events import Finished
from model.writing.stored_samples import read_samples
from tests.patience import PATIENCE
from tests.tui.engine.writing.desk import RECIPE, TEMPERATURES, Desk, letters, show, starts, text_of
from tui.engine.local_engine import ThreadEngine
from tui.engine.messages import EngineFailed, TrainingEvent
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer_commands import ShowEpoch, WriterCommand
from tui.keys.key_commands import PauseWriting, Reseed, SelectStream, SetSampling, SetSpeed, WriteNow, WriteOne
from tui.launch import Launch

STREAMS = range(4)


def of(items: list[Item], stream: int) -> list[Item]:
    return [item for item in items if item.stream == stream]


def showing(streams: int = 4) -> Desk:
    """A desk in the middle of an epoch's showing."""
    desk = Desk(epoch=0, streams=streams)
    desk.watch(3.0)
    desk.seen.clear()
    desk.samples.clear()
    desk.generator.calls.clear()
    show(desk, 1)
    return desk


# The schedule


def test_as_many_parts_are_written_at_once_as_there_are_streams() -> None:
    desk = showing(4)
    items = desk.watch(3.0)
    assert [(start.stream, start.part, start.sampling.temperature) for start in starts(items)] == [
        (stream, stream + 1, temperature) for stream, temperature in enumerate(TEMPERATURES)
    ]
    assert {text_of(of(items, stream)) for stream in range(4)} == {"abcdefghijklmnopqrst"}
    assert len(desk.generator.calls) == RECIPE.sample_length, "a step writes a character of each"
    assert desk.generator.seeds[1:] == [None]
    assert [sample.noise_seed for sample in desk.samples] == [2] * 4
    assert [end.waiting for end in items if isinstance(end, SampleEnd)] == ["", "", "", "the next epoch"]
    assert desk.idles == 1


def test_with_two_streams_a_showing_takes_two_turns_with_one_seed_and_one_noise() -> None:
    desk = showing(2)
    items = desk.watch(5.0)
    assert [(start.stream, start.part) for start in starts(items)] == [(0, 1), (1, 2), (0, 3), (1, 4)]
    assert {item.text for item in items if isinstance(item, Seed)} == {"seed02"}
    assert {sample.noise_seed for sample in desk.samples} == {2}


def test_chained_samples_follow_one_another_in_one_stream() -> None:
    desk = Desk(replace(RECIPE, chain_samples=True), streams=4)
    desk.obey(ShowEpoch(1))
    assert [(start.stream, start.part) for start in starts(desk.watch(20.0))] == [(0, part) for part in (1, 2, 3, 4)]


# Steering one


def test_a_key_steers_the_selected_stream_alone_on_its_next_character() -> None:
    desk = showing(4)
    desk.pass_time(0.55)
    desk.drain(8)  # four headings, four seeds: nothing of the text
    desk.obey(SelectStream(2), SetSampling(Sampling(0.9)))
    assert desk.generator.taken_back == [6]
    items = desk.watch(4.0)
    assert of(items, 2)[0] == SamplingChange(Sampling(0.9), 2)
    assert {item.probability for item in letters(of(items, 2))} == {0.9}
    for stream in (0, 1, 3):
        assert {item.probability for item in letters(of(items, stream))} == {TEMPERATURES[stream]}
        assert text_of(of(items, stream)) == "abcdefghijklmnopqrst"
    assert text_of(of(items, 2)) == "abcdefghijklmnopqrst"


def test_a_command_may_name_its_stream() -> None:
    desk = showing(4)
    desk.watch(0.5)
    desk.obey(*(SetSampling(Sampling(0.4), stream) for stream in range(4)))
    items = desk.watch(0.3)
    assert [item.stream for item in items if isinstance(item, SamplingChange)] == [0, 1, 2, 3]


def test_a_stream_that_catches_up_is_in_step_with_the_others_again() -> None:
    desk = showing(4)
    desk.pass_time(0.55)
    desk.drain(8 + 16)
    desk.obey(SetSampling(Sampling(0.9), 1))
    desk.watch(0.3)
    desk.generator.calls.clear()
    desk.watch(0.5)
    assert len(desk.generator.calls) == 5, "one step a character, not one for each stream"
    assert len({desk.generator.places[stream] for stream in range(4)}) == 1


def test_a_key_waits_for_no_character_to_be_due_and_leaves_the_streams_in_step() -> None:
    desk = showing(4)
    desk.watch(0.55)
    places = desk.generator.places.copy()
    desk.obey(SetSampling(Sampling(0.9), 2))
    assert desk.generator.places == [place + 1 for place in places]


def test_a_stream_is_continued_after_its_end_while_others_keep_theirs() -> None:
    desk = showing(4)
    desk.watch(4.0)
    before = len(desk.samples)
    desk.obey(SetSampling(Sampling(0.9), 3))
    items = desk.watch(4.0)
    assert {item.stream for item in items} == {3}
    (sample,) = desk.samples[before:]
    assert (sample.kind, sample.stream, len(sample.text)) == ("continued", 3, RECIPE.sample_length)


def test_reseeding_begins_all_streams_again_with_their_own_sampling() -> None:
    desk = showing(4)
    desk.watch(0.5)
    desk.obey(SetSampling(Sampling(0.9), 1), Reseed("Once"))
    items = desk.watch(0.5)
    assert [(start.part, start.sampling.temperature) for start in starts(items)] == [
        (1, 0.2),
        (2, 0.9),
        (3, 1.0),
        (4, 1.2),
    ]
    assert {item.text for item in items if isinstance(item, Seed)} == {"Once"}


def test_a_pause_takes_back_what_is_not_shown_of_every_stream() -> None:
    desk = showing(4)
    desk.pass_time(0.55)
    desk.drain(8 + 4)
    desk.obey(PauseWriting(True))
    assert desk.generator.taken_back == [5] * 4
    desk.obey(WriteOne())
    assert [item.stream for item in letters(desk.watch(1.0))] == [0, 1, 2, 3]


COMMANDS = st.one_of(
    st.builds(SetSampling, st.sampled_from([0.2, 0.5, 1.0]).map(Sampling), st.none() | st.integers(0, 2)),
    st.integers(0, 2).map(SelectStream),
    st.sampled_from([None, "Once"]).map(Reseed),
    st.just(WriteNow()),
    st.booleans().map(PauseWriting),
    st.just(WriteOne()),
    st.sampled_from([5, 100, 640, None]).map(SetSpeed),
    st.integers(1, 5).map(ShowEpoch),
)


@given(st.lists(st.one_of(COMMANDS, st.floats(0, 0.5), st.integers(1, 300)), max_size=40), st.booleans())
def test_every_stream_is_always_well_formed(actions: list[WriterCommand | float | int], chain: bool) -> None:
    """Each character is drawn with the sampling last announced in its stream, and none is missing or doubled."""
    desk = Desk(replace(RECIPE, chain_samples=chain), epoch=0, capacity=32, streams=3)
    for action in actions:
        if isinstance(action, int):
            desk.drain(action)
        elif isinstance(action, float):
            desk.pass_time(action)
        else:
            desk.obey(action)
    desk.drain()
    for stream in range(3):
        announced, place = None, 0
        for item in of(desk.seen, stream):
            match item:
                case SampleStart():
                    announced = item.sampling
                case Seed():
                    place = -1
                case SamplingChange():
                    assert item.sampling != announced
                    announced = item.sampling
                case Written():
                    assert announced is not None
                    assert item.probability == announced.temperature
                    assert place == -1 or item.entropy == place, "a character is missing or doubled"
                    place = int(item.entropy) + 1
    ids = [sample.id for sample in desk.samples]
    assert len(set(ids)) == len(ids)
    for sample in desk.samples:
        assert sample.sampling[0][0] == 0
        assert sample.parent is None or sample.parent.id in ids


# The buffer


def test_retracting_a_stream_leaves_the_others_in_their_order() -> None:
    buffer = TokenBuffer()
    items: list[Item] = [
        SampleStart(1, Sampling(0.5), 1, 2, stream=0),
        SampleStart(1, Sampling(1.0), 2, 2, stream=1),
        *(Written(character, 0.5, 1.0, stream) for character in "abc" for stream in (0, 1)),
        SamplingChange(Sampling(0.7), 0),
        SampleEnd("", 1),
        Written("d", 0.5, 1.0, 0),
    ]
    for item in items:
        buffer.put(item)
    assert buffer.retract(0) == (4, 1)
    assert buffer.retract(1) == (0, 0), "a sample that has ended stays"
    left = buffer.drain(100)
    assert left == [item for item in items if item.stream == 1 or isinstance(item, SampleStart)]
    assert buffer.room() == buffer.capacity


# The real engine


@pytest.fixture
def launch(tmp_path: Path) -> Launch:
    text = tmp_path / "book.txt"
    text.write_text("all work and no play makes jack a dull boy\n" * 60)
    shape = {"hidden": 32, "window": 16, "batch": 8, "epochs": 1}
    recipe = replace(FAST, **shape, sample_length=40, temperatures=(0.7,) * 4)
    return Launch(corpus=(str(text),), recipe=recipe, runs=tmp_path / "runs", name="jack", devices=1, speed=None)


class Watched:
    """The real engine, and the items that it has written."""

    def __init__(self, launch: Launch) -> None:
        self.engine = ThreadEngine()
        self.written: list[Item] = []
        self._said: list[Message] = []
        self._finished = threading.Event()
        self.engine.start(launch, self._hear)

    def _hear(self, message: Message) -> None:
        self._said.append(message)
        if isinstance(message, EngineFailed) or (
            isinstance(message, TrainingEvent) and isinstance(message.event, Finished)
        ):
            self._finished.set()

    def finish_training(self) -> None:
        assert self._finished.wait(PATIENCE)
        assert not [each for each in self._said if isinstance(each, EngineFailed)]

    def read_until(self, samples: int, characters: int, streams: Sequence[int] = STREAMS) -> None:
        """Read on until so many samples have begun, and these streams have so many characters of their last."""
        end = time.monotonic() + PATIENCE
        while len(starts(self.written)) < samples or min(self.last_sample(each)[1] for each in streams) < characters:
            assert time.monotonic() < end, "too little was written"
            self.written += self.engine.buffer.drain(1)
            time.sleep(0.0005)

    def read_showing(self) -> list[SampleStart]:
        """Read on to the end of the showing; what has begun before it, if there was time."""
        self.finish_training()
        self.read_until(samples=4, characters=40)
        before = [start for start in starts(self.written) if start.part == 0]
        self.read_until(samples=len(before) + 4, characters=40)
        return before

    def last_sample(self, stream: int) -> tuple[str, int]:
        """Text of a stream's last sample, and its length."""
        own = of(self.written, stream)
        first = max((place for place, item in enumerate(own) if isinstance(item, SampleStart)), default=0)
        text = text_of(own[first:])
        return text, len(text)


@pytest.fixture
def watched(two_devices: None, launch: Launch) -> Iterator[Watched]:
    watched = Watched(launch)
    yield watched
    watched.engine.stop(PATIENCE)


def test_four_streams_are_written_at_once_and_one_is_steered_in_mid_sentence(
    watched: Watched, launch: Launch, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, first = watched.engine, watched.read_showing()
    assert [(start.stream, start.part) for start in starts(watched.written)[len(first) :]] == [
        (stream, stream + 1) for stream in STREAMS
    ]
    assert len({watched.last_sample(stream) for stream in STREAMS}) == 1, "equal settings write equal text"

    engine.send(SetSpeed(40))
    engine.send(Reseed("all work"))
    watched.read_until(samples=len(first) + 8, characters=5)
    engine.send(SetSampling(Sampling(3.0), 1))
    watched.read_until(samples=len(first) + 8, characters=45, streams=[1])
    engine.stop(PATIENCE)

    run = run_of(launch)
    kept = [sample for sample in read_samples(run) if sample and sample.kind == "key"]
    steered = next(sample for sample in kept if sample.stream == 1)
    steady = [sample for sample in kept if sample.stream != 1]
    assert {(sample.seed, sample.noise_seed) for sample in kept} == {(steered.seed, steered.noise_seed)}
    (_, before), (offset, after) = steered.sampling
    assert (before, after) == (Sampling(0.7), Sampling(3.0))
    assert offset >= 5
    assert {sample.sampling for sample in steady} == {((0, Sampling(0.7)),)}
    assert len({sample.text for sample in steady}) == 1
    assert steady[0].text[:offset] == steered.text[:offset]
    assert steady[0].text[offset:] != steered.text[offset : len(steady[0].text)]
    capsys.readouterr()
    lines = read_samples(run)
    for sample in (steady[-1], steered):
        assert main(["write", str(run.folder), "--again", str(lines.index(sample) + 1)]) == 0
        assert capsys.readouterr().out == sample.seed + sample.text + "\n"


def test_identical_starts_write_identical_samples(two_devices: None, launch: Launch) -> None:
    found = []
    for name in ("one", "two"):
        again = replace(launch, name=name)
        watched = Watched(again)
        watched.read_showing()
        watched.engine.stop(PATIENCE)
        samples = [sample for sample in read_samples(run_of(again)) if sample and sample.kind == "showing"]
        found.append([(sample.epoch, sample.part, sample.seed, sample.text) for sample in samples])
    assert found[0] == found[1]
    assert [part for _, part, *_ in found[0]] == [1, 2, 3, 4]


def run_of(launch: Launch) -> Run:
    assert launch.runs is not None
    return Run(launch.runs / str(launch.name))
