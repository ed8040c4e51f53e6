"""PassageStates: the states at all places of a text, read again when one is looked at. It needs JAX."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import numpy as np

from model.networks.network import Memory
from model.writing.language_model import LanguageModel, WritingState, lane_of, repeated
from model.writing.trace import read_places
from tui.engine.generating.generator_protocol import Token


class PassageStates:
    """Of one passage: its text changes, but begins as it did.

    Args:
        beginning: the state of one lane before the text.
        lanes: the text is read in a batch of this size, as it was written, so that states are equal to the last bit.
    """

    def __init__(self, beginning: WritingState, lanes: int) -> None:
        self._states: WritingState = jax.tree.map(lambda leaf: np.asarray(leaf)[None], beginning)
        """Before each token of `_text` and after the last, (N + 1, 1, ...) a leaf."""
        self._text: list[Token] = []
        self._lanes = lanes

    def after(self, text: Sequence[Token], language_model: LanguageModel) -> WritingState:
        """The state of one lane after this text; what it shares with the one before is not read again."""
        self._read(text, language_model)
        return self._at(len(text))

    def memories(self, text: Sequence[Token], language_model: LanguageModel) -> Memory:
        """The network's memory after each token of this text, (N, 1, ...) a leaf."""
        self._read(text, language_model)
        memories: Memory = jax.tree.map(lambda leaf: leaf[1 : len(text) + 1], self._states.memory)
        return memories

    def _read(self, text: Sequence[Token], language_model: LanguageModel) -> None:
        """Read what is new in this text."""
        same = next(
            (place for place, (old, new) in enumerate(zip(self._text, text, strict=False)) if old != new),
            min(len(self._text), len(text)),
        )
        if same < len(text):
            ids = np.array([token.id for token in text[same:]], np.int32)
            samplings = [token.sampling for token in text[same:]]
            begin = repeated(self._at(same), self._lanes)
            read = read_places(language_model, ids, [*samplings, samplings[-1]], begin).states
            self._states = jax.tree.map(
                lambda known, new: np.concatenate([known[: same + 1], new[1:, :1]]), self._states, read
            )
            self._text = list(text)

    def _at(self, place: int) -> WritingState:
        state: WritingState = jax.tree.map(lambda leaf: leaf[place], self._states)
        return lane_of(state, 0)
