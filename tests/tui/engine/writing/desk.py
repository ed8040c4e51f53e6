"""A writer with a generator that only counts, on a clock that the test turns."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from model.recipe import FAST, Recipe
from model.sampling import Sampling, Unit
from model.writing.provenance import Sample
from tui.engine.generating.generator_protocol import Begun, Token, Weights
from tui.engine.writing.branching.odds import Likeliest, OddsRow
from tui.engine.writing.items import Item, SampleStart, Seed, Written
from tui.engine.writing.token_buffer import TokenBuffer
from tui.engine.writing.writer import Writer
from tui.engine.writing.writer_commands import ShowEpoch, WriterCommand
from tui.keys.key_commands import PauseWriting, SetSpeed

RECIPE = replace(FAST, sample_length=20, seed_length=6)
TEMPERATURES = RECIPE.temperatures
X = 23
"""A token that the generator does not write there."""


def letter(token: int) -> str:
    return chr(ord("a") + token)


class CountingGenerator:
    """Writes a, b, c...; each character tells its temperature as probability and its place as entropy."""

    def __init__(self, epoch: float | None = 1, streams: int = 1) -> None:
        self.epoch, self.streams = epoch, streams
        self.best_epoch: int | None = None
        self.places = [0] * streams
        self.begun = [0] * streams
        self.seeds: list[str | None] = []
        self.drawn_from: list[str] = []
        self.calls: list[int] = []
        self.taken_back: list[int] = []
        self.watched: Unit | None = None
        self.asked: list[tuple[int, Sampling, int | None]] = []
        """For each odds: the stream, the sampling, and the length of the text before it; None is where it writes."""

    def load_weights(self, best: bool, whole: bool = False) -> Weights | None:
        if best and self.best_epoch is not None:
            return Weights(self.best_epoch, 10 * self.best_epoch, True)
        return None if self.epoch is None else Weights(self.epoch, round(10 * self.epoch), False)

    def draw_from(self, random_seed: str) -> None:
        self.drawn_from.append(random_seed)

    def begin(self, streams: Collection[int], text: str | None = None, noise_seed: int | None = None) -> Begun:
        self.seeds.append(text)
        for stream in streams:
            self.places[stream] = 0
        return Begun(Seed(f"seed{len(self.seeds):02d}" if text is None else text, ()), noise_seed or len(self.seeds))

    def write(self, samplings: Mapping[int, Sampling], count: int) -> dict[int, list[Written]]:
        self.calls.append(count)
        written = {}
        for stream, sampling in samplings.items():
            self.places[stream] += count
            places = range(self.places[stream] - count, self.places[stream])
            written[stream] = [
                Written(letter(place % 26), sampling.temperature, float(place), stream, place % 26) for place in places
            ]
        return written

    def take_back(self, stream: int, count: int) -> None:
        assert 0 < count <= self.places[stream]
        self.taken_back.append(count)
        self.places[stream] -= count

    def begin_passage(self, stream: int) -> None:
        self.begun[stream] = self.places[stream]

    def odds(
        self, stream: int, sampling: Sampling, text: Sequence[Token] | None = None, there: int | None = None
    ) -> Likeliest:
        self.asked.append((stream, sampling, None if text is None else len(text)))
        tokens = [0, 1, 2] if there is None or there < 3 else [0, 1, there]
        rows = [OddsRow(token, letter(token), 0.5, sampling.temperature, "") for token in tokens]
        return Likeliest(tuple(rows), float(len(text or ())))

    def watch(self, unit: Unit | None) -> None:
        self.watched = unit

    def activations(self, stream: int, text: Sequence[Token]) -> list[float]:
        return [0.25] * len(text)

    def go_to(self, stream: int, text: Sequence[Token]) -> None:
        self.places[stream] = self.begun[stream] + len(text)


class Desk:
    """A writer on a clock that the test turns, with everything that came out of it."""

    def __init__(self, recipe: Recipe = RECIPE, epoch: int | None = 1, capacity: int = 256, streams: int = 1) -> None:
        self.now = 100.0
        self.generator = CountingGenerator(epoch, streams)
        self.buffer = TokenBuffer(capacity)
        self.samples: list[Sample] = []
        self.idles = 0
        self.seen: list[Item] = []
        self.writer = Writer(
            self.generator, self.buffer, recipe, self.samples.append, self.count_idle, lambda: self.now
        )
        self.obey(SetSpeed(10))

    def count_idle(self) -> None:
        self.idles += 1

    def obey(self, *commands: WriterCommand) -> None:
        for command in commands:
            self.writer.obey(command)

    def pass_time(self, seconds: float) -> None:
        """Turn the clock on, as the thread would: step by step, each at its time."""
        end = self.now + seconds
        while True:
            wait = self.writer.step()
            if wait is None or self.now + wait > end + 1e-9:
                self.now = end
                return
            self.now += wait

    def drain(self, limit: int = 1000) -> list[Item]:
        items = self.buffer.drain(limit)
        self.seen += items
        return items

    def watch(self, seconds: float) -> list[Item]:
        """Pass time with a screen that drains as it goes."""
        before = len(self.seen)
        for _ in range(round(seconds * 40)):
            self.pass_time(1 / 40)
            self.drain()
        return self.seen[before:]


def letters(items: list[Item]) -> list[Written]:
    return [item for item in items if isinstance(item, Written)]


def text_of(items: list[Item]) -> str:
    return "".join(item.character for item in letters(items))


def starts(items: list[Item]) -> list[SampleStart]:
    return [item for item in items if isinstance(item, SampleStart)]


def temperatures(items: list[Item]) -> list[float]:
    return [start.sampling.temperature for start in starts(items)]


def show(desk: Desk, epoch: int) -> None:
    desk.generator.epoch = epoch
    desk.obey(ShowEpoch(epoch))


def settled() -> Desk:
    """A desk whose first sample is over."""
    desk = Desk(epoch=0)
    desk.watch(3.0)
    desk.seen.clear()
    desk.samples.clear()
    return desk


def paused(characters: int = 10, streams: int = 1) -> Desk:
    """A desk with a showing that is paused after so many characters of each stream."""
    desk = Desk(epoch=0, streams=streams)
    desk.watch(3.0)
    desk.seen.clear()
    desk.samples.clear()
    show(desk, 1)
    desk.watch(characters / 10 - 0.05)
    desk.obey(PauseWriting(True))
    desk.drain()
    desk.seen.clear()
    return desk
