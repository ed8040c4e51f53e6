"""Words as tokens: the most frequent words, numbers, punctuation marks and stretches of white space of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from corpora.corpus import Corpus
from model.recipe import Recipe
from model.tokens.characters import CharacterTokenizer
from model.tokens.longer_tokens import LongerTokens, plain_characters
from model.tokens.tokenizer import TokenizerError

_MOST_COUNTED = 1_000_000
"""Different words that are counted, until those that came only once are forgotten."""


@dataclass(frozen=True)
class WordTokenizer(LongerTokens):
    """The words that a model knows; others are spelled out in characters.

    The first character of a word that is spelled out is one token with the space before it. Otherwise this space would
    begin all rare words together, and be likelier than any word that is known, most of all at low temperatures.

    Raises:
        TokenizerError: as `LongerTokens`.
    """

    characters: CharacterTokenizer
    words: tuple[str, ...]

    def __post_init__(self) -> None:
        self.check()

    @classmethod
    def train(cls, corpus: Corpus, recipe: Recipe) -> Self:
        """The recipe's `vocabulary` of the most frequent words of the training text that occur at least twice.

        The beginnings of the others come after them.
        """
        characters = CharacterTokenizer.train(corpus, recipe)
        counts: Counter[str] = Counter()
        for words in cls.words_of(corpus, recipe, characters):
            counts.update(words)
            if len(counts) > _MOST_COUNTED:
                counts = Counter({word: count for word, count in counts.items() if count > 1})
        several = [word for word, count in counts.items() if count > 1 and len(word) > 1]
        several.sort(key=lambda word: (-counts[word], word))
        words = several[: recipe.vocabulary]
        beginnings = sorted({word[:2] for word in counts if len(word) > 2 and word[0] == " "}.difference(words))
        return cls(characters, (*words, *(each for each in beginnings if each.strip())))

    @property
    def longer(self) -> tuple[str, ...]:
        """The words."""
        return self.words

    def tokens_of(self, words: Sequence[str]) -> Iterable[Sequence[int]]:
        """Each is a token, or spelled out."""
        return map(self._spelled, words)

    def _spelled(self, word: str) -> Sequence[int]:
        if word in self.ids:
            return (self.ids[word],)
        begun = 2 if word[:2] in self.ids else 1
        return (self.ids[word[:begun]], *map(self.ids.__getitem__, word[begun:]))

    def to_plain(self) -> dict[str, Any]:
        """The characters' plain values and the words."""
        return {"characters": self.characters.to_plain(), "words": list(self.words)}

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """See `Tokenizer.from_plain`."""
        characters, words = plain_characters(plain, "words")
        if not isinstance(words, list | tuple) or not all(isinstance(word, str) for word in words):
            raise TokenizerError("A vocabulary's words are a list of texts.")
        return cls(characters, tuple(words))
