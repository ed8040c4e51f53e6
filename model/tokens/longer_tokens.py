"""What words and pieces have in common: the characters of the text, and longer tokens that were learned from it.

A text is first read as characters, so that unknown ones are replaced as they are anywhere. It is then split into words,
numbers, punctuation marks and white space, of which a kind of tokenizer makes its tokens. What it has no longer token
for is spelled out in characters, so every text can be read, and its tokens joined are the text again.

NumPy only. Shapes: `N` tokens of a text, `V` distinct tokens, of which the first `A` are the characters.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np

from corpora.corpus import Corpus
from corpora.progress import Tell, paced
from model.recipe import Recipe
from model.tokens.characters import CharacterTokenizer
from model.tokens.tokenizer import Encoded, Tokenizer, TokenizerError

LONGEST = 24
"""Characters of a token, at most: of longer words, the rest is a word of its own."""

_BLOCK = 1 << 20
"""Characters split at once, so that a text of 100 MB needs little more than its tokens."""

_BLOCKS_LEARNED_FROM = 24
"""A longer text is learned from in so many blocks, evenly spread: the frequent tokens are found in any of them."""

_REMEMBERED = 100_000
"""Different words whose tokens are remembered, until they are forgotten all at once."""

_REPEATED = "-.!?*_=~#+"
"""Punctuation marks that are one token when they are repeated."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Chinese, Japanese: no space shows where a word ends. Korean syllables are words of one."""


class LongerTokens(Tokenizer):
    """A tokenizer whose tokens are characters and longer texts.

    Raises:
        TokenizerError: a longer text is given twice, is too long or too short, or has characters of another alphabet.
    """

    characters: CharacterTokenizer

    @property
    def longer(self) -> tuple[str, ...]:
        """The tokens of more than one character, by id from A."""
        raise NotImplementedError

    def tokens_of(self, words: Sequence[str]) -> Iterable[Sequence[int]]:
        """The tokens of each of these words, which are words as `split` makes them."""
        raise NotImplementedError

    def check(self) -> None:
        """Check the longer tokens; see the class."""
        known = frozenset(self.characters.alphabet)
        if len(set(self.longer)) != len(self.longer):
            raise TokenizerError("The vocabulary holds a token twice.")
        for token in self.longer:
            if not 2 <= len(token) <= LONGEST:
                raise TokenizerError(f"A longer token has 2 to {LONGEST} characters, and one has {len(token)}.")
            if not known.issuperset(token):
                raise TokenizerError("A token has a character that is not in the alphabet.")

    @property
    def learned(self) -> int:
        """See `Tokenizer.learned`."""
        return len(self.longer)

    @property
    def lowercase(self) -> bool:
        """See `Tokenizer.lowercase`."""
        return self.characters.lowercase

    def __len__(self) -> int:
        return len(self.characters) + len(self.longer)

    @cached_property
    def ids(self) -> Mapping[str, int]:
        """The id of every token."""
        return {token: number for number, token in enumerate(chain(self.characters.alphabet, self.longer))}

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return (*self.characters.alphabet, *self.longer)

    @cached_property
    def _remembered(self) -> dict[str, Sequence[int]]:
        """Tokens of words that were read."""
        return {}

    def encode(self, text: str, *, relatives: bool = True) -> Encoded:
        """See `Tokenizer.encode`."""
        read = self.characters.encode(text, relatives=relatives)
        return Encoded(self._tokens(read.ids).astype(np.int32), read.text, read.replaced)

    def encode_seed(self, text: str, prefix: str | None = None) -> Encoded:
        """See `Tokenizer.encode_seed`. What the next token begins with is a space, or a word that is cut off.

        Text without any token is read as a line end, after which a text begins.
        Source: Microsoft's guidance, which calls it token healing.
        """
        if prefix is None:
            read = self.characters.encode(text)
            words = splitter(self.characters.alphabet).findall(read.text)
            prefix = self._begun(words[-1]) if words else ""
            start = len(read.text) - len(prefix)
            if read.replaced and read.replaced[-1] >= start:
                prefix, start = "", len(read.text)
            text, replaced = read.text[:start], read.replaced
        else:
            replaced = ()
        ids = self.encode(text).ids
        if not len(ids) and "\n" in self.ids:
            ids = np.array([self.ids["\n"]], np.int32)
        return Encoded(ids, text, replaced, prefix)

    def without_cut_word(self, text: str) -> str:
        """See `Tokenizer.without_cut_word`; nor with other words that longer ones begin with. A single word stays."""
        words = splitter(self.characters.alphabet).findall(text)[:-1]
        while words and self._begun(words[-1]):
            words.pop()
        return "".join(words) or text

    def _begun(self, word: str) -> str:
        """What of the last word of a text belongs to the next token: a space, or all of a word that is cut off."""
        if word.endswith(" "):
            return " "
        low, high = self.among(word)
        return word if word[-1].isalnum() and not self.knows(word) and low < high else ""

    def knows(self, word: str) -> bool:
        """Whether a word, as `split` makes them, is one token."""
        return word in self.ids

    @cached_property
    def _sorted(self) -> list[tuple[str, int]]:
        return sorted((text, token) for token, text in enumerate(self._texts))

    @cached_property
    def order(self) -> tuple[int, ...]:
        """See `Tokenizer.order`."""
        order = [0] * len(self)
        for place, (_, token) in enumerate(self._sorted):
            order[token] = place
        return tuple(order)

    def among(self, prefix: str) -> tuple[int, int]:
        """See `Tokenizer.among`."""
        low = bisect_left(self._sorted, prefix, key=itemgetter(0))
        beyond = bisect_right(self._sorted, prefix, low, key=lambda each: each[0][: len(prefix)])
        return low, beyond

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of these ids."""
        ids = np.asarray(ids, np.int64)
        if len(ids) and ids.min() < 0:
            raise IndexError("an id is negative")
        return "".join(map(self._texts.__getitem__, ids.tolist()))

    def text_of(self, token: int) -> str:
        """The token's text."""
        return self._texts[token]

    def read(
        self, corpus: Corpus, start: int = 0, stop: int | None = None, progress: Tell | None = None
    ) -> tuple[np.ndarray, int]:
        """See `Tokenizer.read`."""
        ids, replaced = self.characters.read(corpus, start, stop)
        return self._tokens(ids, progress), replaced

    def _tokens(self, characters: np.ndarray, progress: Tell | None = None) -> np.ndarray:
        """The tokens of a text of characters, integers (N,)."""
        small = np.min_scalar_type(len(self))
        blocks = [np.fromiter(self._tokens_of_all(words), small) for words in self._words(characters, progress)]
        return np.concatenate(blocks) if blocks else np.empty(0, small)

    def _words(self, characters: np.ndarray, progress: Tell | None) -> Iterator[list[str]]:
        """The words of a text of characters, block by block: those of the whole, wherever a block ends."""
        find, start = splitter(self.characters.alphabet).findall, 0
        told = paced(progress, "splitting", len(characters))
        while start < len(characters):
            told(start)
            before = min(start, 1)  # the character before the first word says whether an apostrophe begins it
            text = self.characters.decode(characters[start - before : start + _BLOCK])
            words = find(text, before)
            start += len(text) - before
            if start < len(characters):  # the last word may go on
                start -= len(words.pop())
            yield words

    def _tokens_of_all(self, words: Sequence[str]) -> Iterator[int]:
        known = self._remembered
        if len(known) > _REMEMBERED:
            vars(self)["_remembered"] = known = {}  # another thread may still be reading the old one
        new = [word for word in dict.fromkeys(words) if word not in known]
        known.update(zip(new, self.tokens_of(new), strict=True))
        return chain.from_iterable(map(known.__getitem__, words))

    @classmethod
    def words_of(
        cls, corpus: Corpus, recipe: Recipe, characters: CharacterTokenizer, progress: Tell | None = None
    ) -> Iterator[list[str]]:
        """The words of a corpus's training text, block by block; of a long one, those of some blocks of it.

        Held-out text is not looked at: what is learned from it would make its loss too low.
        """
        training, _ = corpus.split(recipe.held_out)
        split, told = splitter(characters.alphabet).findall, paced(progress, "splitting", len(training))
        last = max(0, len(training) - _BLOCK)
        blocks = min(_BLOCKS_LEARNED_FROM, -(-len(training) // _BLOCK))
        for start in np.linspace(0, last, blocks).astype(np.int64).tolist() if blocks else ():
            told(start)
            yield split(corpus.text(start, min(start + _BLOCK, len(training))))


@lru_cache(maxsize=8)
def splitter(alphabet: str) -> re.Pattern[str]:
    """Finds the words of a text in this alphabet: joined, they are the text.

    A word, a number or a punctuation mark comes with the space before it, so that sentences are not half spaces. A
    suffix with its apostrophe ("'s", "'ll") is a word of its own. So is each character of a script without spaces.
    """
    kinds: dict[str, str] = {"letters": "", "digits": "", "marks": ""}
    for character in alphabet:
        kind = {"L": "letters", "M": "letters", "N": "digits", "P": "marks", "S": "marks"}.get(
            unicodedata.category(character)[0]
        )
        if kind and not _UNSPACED.match(character):
            kinds[kind] += re.escape(character)
    letters, digits, marks = kinds.values()
    runs = "|".join(f"{re.escape(mark)}{{2,{LONGEST - 1}}}" for mark in _REPEATED if mark in alphabet)
    every = [
        f" ?[{letters}]{{1,{LONGEST - 1}}}|(?<=[{letters}])['\u2019][{letters}]{{1,{LONGEST - 1}}}" if letters else "",
        f" ?[{digits}]{{1,{LONGEST - 1}}}" if digits else "",
        f" ?(?:{runs})" if runs else "",
        f" ?[{marks}]" if marks else "",
        *(f"{blank}{{1,{LONGEST}}}" for blank in "\n\t"),
        f" {{1,{LONGEST}}}(?!\\S)",  # of several spaces, the last belongs to the word
        ".",
    ]
    return re.compile("|".join(filter(None, every)), re.DOTALL)


def plain_characters(plain: object, *others: str) -> tuple[Any, ...]:
    """The characters in the plain values of a longer tokenizer, and the values under these other names.

    Raises:
        TokenizerError: they are not such values.
    """
    if not isinstance(plain, Mapping) or set(plain) != {"characters", *others}:
        raise TokenizerError(f"A vocabulary of longer tokens needs exactly characters, {' and '.join(others)}.")
    return (CharacterTokenizer.from_plain(plain["characters"]), *(plain[name] for name in others))
