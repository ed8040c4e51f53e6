"""A sample: the finished one that is kept, and the draft that is still being written."""

from __future__ import annotations

from dataclasses import dataclass

from tui.engine.writing.items import Seed


@dataclass(frozen=True, slots=True)
class Sample:
    """A finished piece of writing, for the run's samples file."""

    epoch: int
    """Epochs that the weights had seen."""
    part: int
    """1-based place in a showing; 0 for a sample on its own."""
    parts: int
    seed: str
    settings: tuple[tuple[int, float], ...]
    """(offset in `text`, temperature) wherever one took effect; the first is at 0."""
    text: str


@dataclass(slots=True)
class Draft:
    """The sample being written."""

    epoch: int
    part: int
    parts: int
    seed: Seed
    left: int
    """Characters until it is over."""
    settings: list[tuple[int, float]]
    """As in Sample, but one for each mark in the stream: several can stand at one offset."""
    text: list[str]

    def finished(self) -> Sample:
        """What is kept: of several settings at one offset the last, and none that nothing was drawn at."""
        settings: list[tuple[int, float]] = []
        for offset, temperature in dict(self.settings).items():
            changes = not settings or settings[-1][1] != temperature
            if changes and offset < len(self.text):
                settings.append((offset, temperature))
        return Sample(self.epoch, self.part, self.parts, self.seed.text, tuple(settings), "".join(self.text))

    def tail(self, length: int) -> Seed:
        """The last `length` characters: the seed of a sample that goes on from here."""
        text = self.seed.text + "".join(self.text)
        cut = max(0, len(text) - length)
        return Seed(text[cut:], tuple(offset - cut for offset in self.seed.replaced if offset >= cut))

    def continued(self, seed_length: int) -> Draft:
        """The same piece going on after its end: a sample of its own that is seeded with this one."""
        return Draft(self.epoch, 0, 0, self.tail(seed_length), 0, [(0, self.settings[-1][1])], [])
