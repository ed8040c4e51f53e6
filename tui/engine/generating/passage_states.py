"""PassageStates: the states at all places of a text, read again when one is looked at. It needs JAX."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import jax
import numpy as np

from model.networks.network import Memory
from model.writing.language_model import LanguageModel, WritingState, lane_of, repeated
from model.writing.trace import LENGTHS, read_places
from tui.engine.generating.generator_protocol import Token

STRETCH = LENGTHS[0] - 1
"""Tokens read in one call."""


class PassageStates:
    """Of one passage: its text changes, but begins as it did.

    What is kept are the states at the beginning of each stretch of the text, and those at all places of one stretch,
    next to which the user will look. All of them would take 100 MB where a network sees a thousand characters back.

    Args:
        beginning: the state of one lane before the text.
        lanes: the text is read in a batch of this size, as it was written, so that states are equal to the last bit.
    """

    def __init__(self, beginning: WritingState, lanes: int) -> None:
        self._beginnings = [lane_of(beginning, 0)]
        """Of the first stretches, each of one lane."""
        self._looked_at: tuple[int, WritingState] | None = None
        """The number of a stretch; before each of its tokens and after the last, (n + 1, 1, ...) a leaf."""
        self._text: list[Token] = []
        self._lanes = lanes

    def after(self, text: Sequence[Token], language_model: LanguageModel) -> WritingState:
        """The state of one lane after this text; what it shares with the one before is not read again."""
        self._follow(text)
        stretch, place = divmod(len(text), STRETCH)
        state: WritingState = jax.tree.map(lambda leaf: leaf[place], self._states(stretch, language_model))
        return state

    def memories(self, text: Sequence[Token], language_model: LanguageModel) -> Iterator[Memory]:
        """The network's memory after each token of this text, stretch by stretch, (n, 1, ...) a leaf."""
        self._follow(text)
        for start in range(0, len(text), STRETCH):
            last = min(STRETCH, len(text) - start)
            memory = self._states(start // STRETCH, language_model).memory
            yield jax.tree.map(lambda leaf, last=last: leaf[1 : last + 1], memory)

    def _follow(self, text: Sequence[Token]) -> None:
        """Forget what is not of this text, unless it is what this text begins."""
        same = next(
            (place for place, (old, new) in enumerate(zip(self._text, text, strict=False)) if old != new),
            min(len(self._text), len(text)),
        )
        if same < len(text):
            self._text = list(text)
            stretch = same // STRETCH
            del self._beginnings[stretch + 1 :]
            if self._looked_at and self._looked_at[0] >= stretch:
                self._looked_at = None

    def _states(self, stretch: int, language_model: LanguageModel) -> WritingState:
        """At the places of a stretch, (n + 1, 1, ...) a leaf: read on from the last beginning that is known."""
        if self._looked_at is None or self._looked_at[0] != stretch:
            for at in range(min(stretch, len(self._beginnings) - 1), stretch + 1):
                states = self._read(at, language_model)
                self._looked_at = at, states
                if at + 1 == len(self._beginnings) and len(states.position) > STRETCH:
                    self._beginnings.append(jax.tree.map(lambda leaf: leaf[-1].copy(), states))
            return states
        return self._looked_at[1]

    def _read(self, stretch: int, language_model: LanguageModel) -> WritingState:
        part, beginning = self._text[stretch * STRETCH :][:STRETCH], self._beginnings[stretch]
        if not part:
            alone: WritingState = jax.tree.map(lambda leaf: leaf[None], beginning)
            return alone
        ids, samplings = np.array([token.id for token in part], np.int32), [token.sampling for token in part]
        places = read_places(language_model, ids, [*samplings, samplings[-1]], repeated(beginning, self._lanes))
        states: WritingState = jax.tree.map(lambda leaf: leaf[:, :1].copy(), places.states)
        return states
