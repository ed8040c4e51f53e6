"""What calls of the model have written, in advance of what was asked for, and the way back from it. It needs JAX."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import jax
import numpy as np

from model.sampling import Sampling
from model.writing.language_model import WritingState
from tui.engine.writing.items import Written


class Call(NamedTuple):
    """Characters that were asked for together, and the way back."""

    before: WritingState
    """Before the call of the model that wrote them."""
    after: WritingState
    """After each character of that call, (number of characters, ...) a leaf."""
    n: int
    """How many of them have not been taken back."""
    place: int
    """How many characters of that call come before their end."""

    def state(self, place: int) -> WritingState:
        """After so many characters of the call, on the host."""
        return state_after(self.before, self.after, place)


@dataclass(slots=True)
class Ahead:
    """What a call of the model has written, as far as it was asked for."""

    samplings: dict[int, Sampling]
    before: WritingState
    after: WritingState
    last: WritingState
    """After all of its characters."""
    written: dict[int, list[Written]]
    n: int
    """Characters of each stream."""
    done: int = 0
    """How many of them were asked for."""

    @property
    def left(self) -> int:
        """How many were not."""
        return self.n - self.done


def state_after(before: WritingState, after: WritingState, place: int) -> WritingState:
    """The state after so many characters of a call of the model, on the host."""
    if not place:
        return before
    there: WritingState = jax.tree.map(lambda leaf: np.asarray(leaf)[place - 1], after)
    return there
