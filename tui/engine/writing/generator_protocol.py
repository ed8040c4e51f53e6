"""Generator: what the writer asks for characters. `generator.ModelGenerator` is the real one."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from tui.engine.writing.items import Seed, Written


class Weights(NamedTuple):
    """What a pen has picked up."""

    epoch: int
    """Whole epochs that they have seen."""
    best: bool
    """Whether they are the best on the held-out text, rather than the newest."""


class Generator(Protocol):
    """What draws characters, one state after another."""

    def pick_up(self, best: bool) -> Weights | None:
        """Take the best weights or the newest, which serve where there are no best; None while there are none."""
        ...

    def seed(self, text: str | None) -> Seed:
        """Read a text, or a random stretch of the corpus, and be ready to go on; what was really read."""
        ...

    def write(self, temperature: float, count: int) -> list[Written]:
        """The next `count` characters (1 or `tui.engine.writing.writer.CHUNK`) at this temperature."""
        ...

    def take_back(self, count: int) -> None:
        """Stand where the pen stood before the last `count` characters: never more than the buffer holds."""
        ...
