"""What flows through the token buffer, in the order it was written. Every item says which stream it belongs to."""

from __future__ import annotations

import math
from typing import NamedTuple

from model.sampling import Sampling
from model.writing.provenance import Kind

NEXT_EPOCH = "the next epoch"
"""What the writer usually waits for, in the words of SampleEnd."""

A_KEY = "a key (g)"
"""What it waits for when no epoch follows any more, likewise."""

READS_SEED = "the seed"
"""What it waits for while it reads a long one, likewise."""


class SampleStart(NamedTuple):
    """A sample begins."""

    epoch: float
    """Epochs that the weights have seen; 2.5 is in the middle of the third."""
    sampling: Sampling
    part: int
    """1-based place in a showing; 0 for any other sample."""
    parts: int
    """Samples in the showing; 0 for any other sample."""
    best: bool = False
    """Whether the weights are the best on the held-out text, rather than the newest."""
    elsewhere: bool = False
    """Whether another program has written it: no key steers it, and it comes as a whole."""
    stream: int = 0
    kind: Kind = "showing"
    """What asked for it."""


class Seed(NamedTuple):
    """The text that the sample continues, as the model reads it."""

    text: str
    replaced: tuple[int, ...]
    """Offsets in `text` of characters that stand for ones the model has never seen."""
    stream: int = 0
    prefix: str = ""
    """What the first token begins with: the end of the text that was asked for, which is not in `text`."""

    @property
    def asked(self) -> str:
        """The text that was asked for, as the model reads it."""
        return self.text + self.prefix


class Written(NamedTuple):
    """One token that the model wrote."""

    character: str
    """Its text: with a tokenizer of longer tokens, several characters."""
    probability: float
    """In the distribution it was drawn from."""
    entropy: float
    """Of the distribution it was drawn from, in bits."""
    stream: int = 0
    token: int = -1
    """Its id; -1 where it is not known."""
    chosen: bool = False
    """Whether the user chose it, instead of a draw."""
    activation: float = math.nan
    """What the unit that is looked at says after it; NaN where none is looked at."""


class Activations(NamedTuple):
    """Another unit is looked at: what it says at each character of its stream's newest text so far."""

    values: tuple[float, ...]
    stream: int = 0


class SamplingChange(NamedTuple):
    """Everything after this in its stream is drawn with another sampling."""

    sampling: Sampling
    stream: int = 0


class Rewrite(NamedTuple):
    """The newest text of its stream is another one now: a branch, or one that undo returns to."""

    items: tuple[SampleStart | Seed | Written | SamplingChange, ...]
    """All of it, from its beginning: they take the place of what was shown."""
    stream: int = 0
    cursor: int | None = None
    """Characters of the text before the place where the cursor belongs; None is the end."""
    undo: bool = False
    """Whether there is a text that undo returns to."""
    redo: bool = False
    """Whether there is one that redo returns to."""


class SampleEnd(NamedTuple):
    """The sample is over. `waiting` says what the writer waits for now; empty when more follows at once."""

    waiting: str
    stream: int = 0


Item = SampleStart | Seed | Written | Activations | SamplingChange | Rewrite | SampleEnd
