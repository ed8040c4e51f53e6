"""What flows through the token buffer, in the order it was written: the writer's half of the screen."""

from __future__ import annotations

from typing import NamedTuple


class SampleStart(NamedTuple):
    """A sample begins."""

    epoch: int
    """Epochs the weights have seen; 0 before the first is complete."""
    temperature: float
    part: int
    """1-based place in a showing; 0 for a sample somebody asked for."""
    parts: int
    """Samples in the showing; 0 for a sample somebody asked for."""
    best: bool = False
    """Whether the weights are the best on the held-out text, rather than the newest."""
    elsewhere: bool = False
    """Whether another program has written it: nobody here steers it, and it comes as a whole."""


class Seed(NamedTuple):
    """The text that the sample continues, as the model reads it."""

    text: str
    replaced: tuple[int, ...]
    """Offsets in `text` of characters that stand for ones the model has never seen."""


class Written(NamedTuple):
    """One character of the model's."""

    character: str
    probability: float
    """At the temperature it was drawn with."""
    entropy: float
    """Of the distribution it was drawn from, in bits."""


class TemperatureChange(NamedTuple):
    """Everything after this is drawn at another temperature."""

    temperature: float


class SampleEnd(NamedTuple):
    """The sample is over. `waiting` says what the pen waits for now, or is empty when the next follows at once."""

    waiting: str


Item = SampleStart | Seed | Written | TemperatureChange | SampleEnd
