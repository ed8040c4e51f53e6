"""Samples that somebody else has written into a run: read from its lines, and shown whole, one after another."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

from tui.engine.writing.items import Item, SampleStart, Seed, TemperatureChange, Written
from tui.engine.writing.sample import Sample

MOST = 4
"""That wait to be shown; where more come, the newest stay."""

_LONGEST = 10_000
"""Characters that are shown of one."""


def sample_of(record: Mapping[str, Any]) -> Sample | None:
    """The sample of a line of samples.jsonl; None where somebody has damaged it, or it says nothing."""
    try:
        epoch, part, parts = (_count(record[name]) for name in ("epoch", "part", "parts"))
        settings = tuple((_count(offset), _temperature(value)) for offset, value in record["settings"])
        seed, text = record["seed"], record["text"]
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    if not (isinstance(seed, str) and isinstance(text, str) and text and settings):
        return None
    return Sample(epoch, part, parts, seed[-_LONGEST:], settings, text[:_LONGEST])


def items_of(sample: Sample) -> Iterator[Item]:
    """What flows through the token buffer for a sample that is over; its end is left to whoever knows what follows."""
    (_, temperature), *changes = sample.settings
    yield SampleStart(sample.epoch, temperature, sample.part, sample.parts, elsewhere=True)
    yield Seed(sample.seed, ())
    marks = dict(changes)
    for offset, character in enumerate(sample.text):
        if offset in marks:
            yield TemperatureChange(marks[offset])
        yield Written(character, math.nan, math.nan)


class FoundSamples:
    """Those that wait until nothing else is being written: of the newest epoch alone, and not too many."""

    def __init__(self) -> None:
        self._waiting: deque[Sample] = deque(maxlen=MOST)

    def add(self, sample: Sample) -> None:
        """Have one shown, in the place of those of earlier epochs that have not been shown by now."""
        if self._waiting and self._waiting[-1].epoch != sample.epoch:
            self._waiting.clear()
        self._waiting.append(sample)

    def take(self) -> Sample | None:
        """The next, if there is one."""
        return self._waiting.popleft() if self._waiting else None


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 63:
        raise ValueError("no count")
    return value


def _temperature(value: Any) -> float:
    if isinstance(value, bool) or not math.isfinite(value):
        raise ValueError("no temperature")
    return float(value)
