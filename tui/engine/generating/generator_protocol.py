"""Generator: what the writer asks for characters. `generator.ModelGenerator` is the real one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from model.sampling import Sampling, Unit
from tui.engine.writing.branching.odds import Likeliest
from tui.engine.writing.items import Seed, Written


class Weights(NamedTuple):
    """The weights that write."""

    epoch: float
    """Epochs that they have seen; 2.5 is in the middle of the third."""
    step: int
    """Optimiser steps that they have seen."""
    best: bool
    """Whether they are the best on the held-out text, rather than the newest."""


class Begun(NamedTuple):
    """Where streams begin: with this text and noise, a sample can be written again."""

    seed: Seed
    noise_seed: int


class Token(NamedTuple):
    """A token of a stream's text."""

    id: int
    sampling: Sampling
    """That it was drawn with."""


class Generator(Protocol):
    """Draws the characters of up to `streams` texts at once; each stream has a state of its own."""

    @property
    def streams(self) -> int:
        """How many texts are written at once; they are numbered from 0."""
        ...

    def load_weights(self, best: bool, whole: bool = False) -> Weights | None:
        """Load the best weights or the newest, which serve where there are no best; None while there are none.

        If `whole`, the newest are the first of their epoch: those at the end of the one before, or of the beginning.
        All streams write with the same weights: those in use have to be begun again.
        """
        ...

    def draw_from(self, random_seed: str) -> None:
        """Draw random seeds and noise from here on from this."""
        ...

    def begin(self, streams: Collection[int], text: str | None = None, noise_seed: int | None = None) -> Begun:
        """Read a text in these streams, or a random stretch of the corpus; draw with this noise, or with new noise."""
        ...

    def write(self, samplings: Mapping[int, Sampling], count: int) -> dict[int, list[Written]]:
        """The next `count` characters (1 or CHUNK) of each of these streams, in one step; the others keep still."""
        ...

    def take_back(self, stream: int, count: int) -> None:
        """Go back to before the last `count` characters of a stream: never more than the buffer holds."""
        ...

    def begin_passage(self, stream: int) -> None:
        """Let the text that `odds` and `go_to` know of begin here."""
        ...

    def odds(
        self, stream: int, sampling: Sampling, text: Sequence[Token] | None = None, there: int | None = None
    ) -> Likeliest:
        """What may follow in a stream, drawn with this sampling.

        Args:
            stream: its number.
            sampling: for the probabilities after it.
            text: the passage before the place; None is where the stream writes.
            there: a token that is to be listed, however unlikely.
        """
        ...

    def watch(self, unit: Unit | None) -> None:
        """Tell what this unit says with each character from now on; None tells nothing."""
        ...

    def activations(self, stream: int, text: Sequence[Token]) -> list[float]:
        """What the unit that is watched says after each token of this text of a stream's passage."""
        ...

    def go_to(self, stream: int, text: Sequence[Token]) -> None:
        """Continue the stream after this text of its passage, instead of where it writes."""
        ...
