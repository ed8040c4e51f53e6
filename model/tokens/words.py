"""Words as tokens: the most frequent words, numbers, punctuation marks and stretches of white space of a text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from corpora.corpus import Corpus
from corpora.progress import Tell
from corpora.safe_text import counted
from model.recipe import Recipe
from model.tokens.characters import CharacterTokenizer
from model.tokens.longer_tokens import LongerTokens, plain_characters
from model.tokens.tokenizer import TokenizerError

_MOST_COUNTED = 1_000_000
"""Different words that are counted, until those that came only once are forgotten."""

_FEWEST = 2
"""Times that a word, or the beginning of rare ones, occurs, at least."""


@dataclass(frozen=True)
class WordTokenizer(LongerTokens):
    """The words that a model knows; others are spelled out in characters.

    The first letters of a word that is spelled out are one token, with the space before them: as many as no known word
    consists of, and at least two. So rare words do not begin with a token that is likelier than any known word, as a
    space or a letter would be, and after a known word like "a" no other word goes on.

    Raises:
        TokenizerError: as `LongerTokens`.
    """

    characters: CharacterTokenizer
    words: tuple[str, ...]
    beginnings: tuple[str, ...] = ()
    """Of words that are spelled out."""

    def __post_init__(self) -> None:
        self.check()

    @classmethod
    def train(cls, corpus: Corpus, recipe: Recipe, progress: Tell | None = None) -> Self:
        """The recipe's `vocabulary` of the most frequent words of the training text that occur at least twice.

        Of the beginnings of other words, there are at most as many.
        """
        characters = CharacterTokenizer.train(corpus, recipe)
        counts: Counter[str] = Counter()
        for words in cls.words_of(corpus, recipe, characters, progress):
            counts.update(words)
            if len(counts) > _MOST_COUNTED:
                counts = Counter({word: count for word, count in counts.items() if count > 1})
        several = [word for word, count in counts.items() if count >= _FEWEST and len(word) > 1]
        several.sort(key=lambda word: (-counts[word], word))
        learned = tuple(several[: recipe.vocabulary])
        known, begun = {*learned, *characters.alphabet}, Counter[str]()
        for word, count in counts.items():
            if word not in known:
                begun[next(_begins(word, known), "")] += count
        frequent = [each for each, count in begun.items() if count >= _FEWEST and each]
        frequent.sort(key=lambda each: (-begun[each], each))
        return cls(characters, learned, tuple(sorted(frequent[: recipe.vocabulary])))

    @cached_property
    def longer(self) -> tuple[str, ...]:
        """The words, and the beginnings of others."""
        return self.words + self.beginnings

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.words).union(self.characters.alphabet)

    def knows(self, word: str) -> bool:
        """Whether it is a token, and no beginning of others."""
        return word in self._known

    @property
    def learned(self) -> int:
        """See `Tokenizer.learned`: without the beginnings."""
        return len(self.words)

    @property
    def parts(self) -> tuple[str, ...]:
        """See `Tokenizer.parts`."""
        begun = (f"{counted(len(self.beginnings), 'beginning')} of words",) if self.beginnings else ()
        return (counted(len(self.words), "word"), *begun, counted(len(self.characters), "character"))

    def tokens_of(self, words: Sequence[str]) -> Iterable[Sequence[int]]:
        """Each is a token, or spelled out."""
        return map(self._spelled, words)

    def _spelled(self, word: str) -> Sequence[int]:
        if word in self._known:
            return (self.ids[word],)
        begun = next((each for each in _begins(word, self._known) if each in self.ids), word[:1])
        return (self.ids[begun], *map(self.ids.__getitem__, word[len(begun) :]))

    def to_plain(self) -> dict[str, Any]:
        """The characters' plain values, the words and the beginnings."""
        return {
            "characters": self.characters.to_plain(),
            "words": list(self.words),
            "beginnings": list(self.beginnings),
        }

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """See `Tokenizer.from_plain`."""
        characters, words, beginnings = plain_characters(plain, "words", "beginnings")
        for texts in (words, beginnings):
            if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
                raise TokenizerError("A vocabulary's words and beginnings are lists of texts.")
        return cls(characters, tuple(words), tuple(beginnings))


def _begins(word: str, known: Container[str]) -> Iterator[str]:
    """What of a rare word may be its first token, the shortest first: two letters or more, no known word."""
    fewest = 3 if word[0] == " " else 2
    return (word[:n] for n in range(fewest, len(word) + 1) if word[:n] not in known)
