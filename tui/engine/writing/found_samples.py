"""Samples that another program has written into a run: shown whole, one after another."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

from model.writing.provenance import Sample
from tui.engine.writing.items import Item, SampleEnd, SampleStart, SamplingChange, Seed, Written
from tui.engine.writing.token_buffer import TokenBuffer

MOST = 4
"""How many can wait to be shown; of more, the newest stay."""

_LONGEST = 10_000
"""Characters that are shown of one."""


def items_of(sample: Sample, stream: int = 0) -> Iterator[Item]:
    """The items of a finished sample in a stream, without its end: only the writer knows what follows."""
    (_, sampling), *changes = sample.sampling
    yield SampleStart(
        sample.epoch, sampling, sample.part, sample.parts, elsewhere=True, stream=stream, kind=sample.kind
    )
    yield Seed(sample.seed[-_LONGEST:], (), stream, sample.prefix)
    marks = dict(changes)
    for offset, character in enumerate(sample.text[:_LONGEST]):
        if offset in marks:
            yield SamplingChange(marks[offset], stream)
        yield Written(character, math.nan, math.nan, stream)


class FoundSamples:
    """Those that wait until nothing else is being written: of the newest epoch alone, and not too many."""

    def __init__(self) -> None:
        self._waiting: deque[Sample] = deque(maxlen=MOST)
        self._items: deque[Item] = deque()
        """What is left to be shown of one."""

    def add(self, sample: Sample) -> None:
        """Have one shown, instead of those of earlier epochs that still wait."""
        if self._waiting and int(self._waiting[-1].epoch) != int(sample.epoch):
            self._waiting.clear()
        self._waiting.append(sample)

    def __bool__(self) -> bool:
        return bool(self._items or self._waiting)

    def show(self, buffer: TokenBuffer, streams: int) -> int | None:
        """Put as much of the next as the buffer has room for; the stream that it was shown in once it is complete."""
        if not self._items:
            sample = self._waiting.popleft()
            self._items.extend(items_of(sample, (sample.part - 1 if sample.part else sample.stream) % streams))
        stream = self._items[0].stream
        while self._items and buffer.room():
            buffer.put(self._items.popleft())
        return None if self._items else stream

    def drop(self, buffer: TokenBuffer) -> None:
        """End one that is shown in part."""
        if self._items:
            buffer.put(SampleEnd("", self._items[0].stream))
            self._items.clear()
