"""The tokenizer protocol: what makes tokens of a text and text of tokens. A tokenizer travels with every checkpoint.

Encoding never fails: text that the model does not know is replaced by the nearest that it knows, and the place of every
replacement is reported, so that it can be shown. NumPy only. Shapes: `N` tokens of a text, `V` distinct tokens.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple, Protocol, Self

import numpy as np

from corpora.corpus import Corpus
from corpora.progress import Tell
from corpora.safe_text import counted
from model.recipe import Recipe


class TokenizerError(ValueError):
    """A vocabulary that no model can have; the message says why."""


class Encoded(NamedTuple):
    """A text as the model reads it."""

    ids: np.ndarray
    """Tokens, int32 (N,)."""
    text: str
    """The text of these tokens: the given one, lower-cased or with replacements where there are any."""
    replaced: tuple[int, ...]
    """Offsets, in `text`, of the characters that replace ones the model does not know."""
    prefix: str = ""
    """Of a text to continue: what the next token begins with. It was at the end, and is not in `text`."""


class Tokenizer(Protocol):
    """Text to tokens and back; an id is a number from 0 to below V."""

    @property
    def lowercase(self) -> bool:
        """Whether upper case is read as lower case; that is no replacement."""
        ...

    @classmethod
    def train(cls, corpus: Corpus, recipe: Recipe, progress: Tell | None = None) -> Self:
        """The tokenizer for a corpus, by the recipe; `progress` is told how far it is where that takes a while."""
        ...

    def __len__(self) -> int:
        """How many distinct tokens there are, V."""
        ...

    @property
    def learned(self) -> int:
        """How many words or pieces were learned from the text: the recipe's `vocabulary`, or as many as there are."""
        return 0

    @property
    def parts(self) -> tuple[str, ...]:
        """How many tokens there are of each kind, where there are several: ('2 words', '1 character')."""
        return ()

    def encode(self, text: str, *, relatives: bool = True) -> Encoded:
        """The tokens of any text; never fails.

        Args:
            text: any string, even with lone surrogates.
            relatives: whether unknown characters may be read as similar ones. False reads them as training did, so
                that losses are comparable.
        """
        ...

    def encode_seed(self, text: str, prefix: str | None = None) -> Encoded:
        """The tokens of a text that the model is to continue: `encode`, but for what belongs to the next token.

        Args:
            text: any string.
            prefix: what the next token is to begin with; None finds it at the end of the text.
        """
        return self.encode(text)

    @property
    def order(self) -> tuple[int, ...] | None:
        """The place of every token in alphabetical order, V; None where each is a character, and no prefix is found."""
        return None

    def among(self, prefix: str) -> tuple[int, int]:
        """From which place in `order` to before which one tokens begin with this."""
        return 0, len(self)

    def without_cut_word(self, text: str) -> str:
        """A stretch of a text to continue, without the word at its end, which may be cut off."""
        return text

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of these tokens.

        Raises:
            IndexError: an id is negative, or V or more.
        """
        ...

    def to_plain(self) -> dict[str, Any]:
        """Plain values for a checkpoint; `from_plain` takes them back."""
        ...

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """The tokenizer that `to_plain` made these plain values from.

        Raises:
            TokenizerError: they are not such values.
        """
        ...

    def text_of(self, token: int) -> str:
        """The text of one token, of any length."""
        return self.decode([token])

    @cached_property
    def lengths(self) -> np.ndarray:
        """How many characters the text of every token has, int32 (V,). Losses are in nats per character."""
        return np.array([len(self.text_of(token)) for token in range(len(self))], np.int32)

    def enough(self, ids: np.ndarray, characters: int) -> int:
        """How many of these tokens, integers (N,), have at least so many characters; all where they have fewer."""
        if characters <= 0:
            return 0
        ends = np.cumsum(self.lengths[ids])
        return min(len(ids), int(np.searchsorted(ends, characters)) + 1)

    def read(
        self, corpus: Corpus, start: int = 0, stop: int | None = None, progress: Tell | None = None
    ) -> tuple[np.ndarray, int]:
        """A part of a corpus, from one character to another, as training reads it; `progress` as for `train`.

        Returns:
            The tokens, integers (N,), and how many characters were replaced.
        """
        encoded = self.encode(corpus.text(start, stop), relatives=False)
        return encoded.ids, len(encoded.replaced)


def few_words(learned: int, recipe: Recipe) -> str:
    """What to say where a training text has fewer words or pieces than the recipe wants; empty where it has enough."""
    if recipe.tokens == "characters" or learned >= recipe.vocabulary:
        return ""
    token = recipe.tokens.removesuffix("s")
    if not learned:
        return f"No {token} occurs more than once in the training text, so it is read by characters."
    known = f"The vocabulary has {counted(learned, token)}, not {recipe.vocabulary:,}"
    return f"{known}: no others occur more than once in the training text."


def known_before(before: Tokenizer, after: Tokenizer) -> np.ndarray:
    """The id that each token had in another tokenizer, int32 (V,): the token of the same text; -1 if there is none."""
    ids = {before.text_of(token): token for token in range(len(before))}
    return np.array([ids.get(after.text_of(token), -1) for token in range(len(after))], np.int32)
