"""Samples that another program has written into a run: shown whole, one after another."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator

from model.writing.provenance import Sample
from tui.engine.writing.items import Item, SampleStart, SamplingChange, Seed, Written

MOST = 4
"""How many can wait to be shown; of more, the newest stay."""

_LONGEST = 10_000
"""Characters that are shown of one."""


def items_of(sample: Sample) -> Iterator[Item]:
    """The items of a finished sample, without its end: only the writer knows what follows."""
    (_, sampling), *changes = sample.sampling
    yield SampleStart(
        sample.epoch, sampling, sample.part, sample.parts, elsewhere=True, stream=sample.stream, kind=sample.kind
    )
    yield Seed(sample.seed[-_LONGEST:], ())
    marks = dict(changes)
    for offset, character in enumerate(sample.text[:_LONGEST]):
        if offset in marks:
            yield SamplingChange(marks[offset])
        yield Written(character, math.nan, math.nan)


class FoundSamples:
    """Those that wait until nothing else is being written: of the newest epoch alone, and not too many."""

    def __init__(self) -> None:
        self._waiting: deque[Sample] = deque(maxlen=MOST)

    def add(self, sample: Sample) -> None:
        """Have one shown, instead of those of earlier epochs that still wait."""
        if self._waiting and int(self._waiting[-1].epoch) != int(sample.epoch):
            self._waiting.clear()
        self._waiting.append(sample)

    def take(self) -> Sample | None:
        """The next, if there is one."""
        return self._waiting.popleft() if self._waiting else None
