"""Characters as tokens: the id of a character is its place in the alphabet. NumPy only."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Self

import numpy as np

from corpora.corpus import Corpus
from corpora.progress import Tell
from corpora.reading.read_as import SEPARATOR
from model.recipe import Recipe
from model.tokens.tokenizer import Encoded, Tokenizer, TokenizerError

_BLOCK = 1 << 20
"""Characters converted at once: keeps a 100 MB text from needing four times its size on the way."""

_FAMILIES = ("'‘’‚‛′ʼ`´", "\"“”„‟″«»'", "-‐‑‒–—―−", " \t")  # noqa: RUF001 - lookalikes are the point
"""Characters that stand for one another, the plainest first."""

_STAND_INS = "?_*. -'e"
"""What an unknown character becomes when it has no relative, in order of preference; then any letter or digit."""

_ENDS = ("\n", SEPARATOR)
"""What ends a line or a text, and so never stands for anything else if there is another character."""


@dataclass(frozen=True)
class CharacterTokenizer(Tokenizer):
    """The characters that a model knows.

    Raises:
        TokenizerError: the alphabet is empty, holds a character twice or half a surrogate pair, or has no
            place for `unknown`.
    """

    alphabet: str
    unknown: str | None = None
    """The character of the alphabet that rare ones were folded into, if any were."""
    lowercase: bool = False

    def __post_init__(self) -> None:
        if not self.alphabet:
            raise TokenizerError("The alphabet is empty.")
        if len(set(self.alphabet)) != len(self.alphabet):
            raise TokenizerError("The alphabet holds a character twice.")
        if any("\ud800" <= character <= "\udfff" for character in self.alphabet):
            raise TokenizerError("The alphabet holds half a surrogate pair, which is no character.")
        if self.unknown is not None and (len(self.unknown) != 1 or self.unknown not in self.alphabet):
            raise TokenizerError("The character for unknown ones is not in the alphabet.")

    @classmethod
    def train(cls, corpus: Corpus, recipe: Recipe, progress: Tell | None = None) -> Self:
        """The corpus's own alphabet."""
        return cls(corpus.alphabet, corpus.unknown, recipe.lowercase)

    def __len__(self) -> int:
        return len(self.alphabet)

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(self.alphabet)

    @cached_property
    def _codes(self) -> np.ndarray:
        """Code point of every id, uint32 (V,)."""
        return _code_points(self.alphabet)

    @cached_property
    def _table(self) -> np.ndarray:
        """Id of every code point up to the alphabet's highest and one more, int32; -1 where there is none."""
        table = np.full(int(self._codes.max()) + 2, -1, np.int32)
        table[self._codes] = np.arange(len(self))
        return table

    def encode(self, text: str, *, relatives: bool = True) -> Encoded:
        """One token for each character.

        A character outside the alphabet becomes the first of these that is in it: its lower case (where the
        model reads only that), a plain relative (its base letter, the other case, a straight quote, a hyphen,
        a space), `unknown`, a visible stand-in, the alphabet's first letter or else its first character. None becomes
        a line end or the separator: it would end what it stands in.
        """
        ids = np.empty(len(text), np.int32)
        replaced: list[int] = []
        changed = False
        for start in range(0, len(text), _BLOCK):
            codes = _code_points(text[start : start + _BLOCK])
            block = ids[start : start + len(codes)]
            block[:] = self._table.take(codes, mode="clip")
            missing = np.flatnonzero(block < 0)
            if not len(missing):
                continue
            changed = True
            foreign, which = np.unique(codes[missing], return_inverse=True)
            substitutes = [self._substitute(chr(code), relatives) for code in foreign]
            block[missing] = np.array([self._table[ord(each)] for each, _ in substitutes], np.int32)[which]
            strange = np.array([is_replacement for _, is_replacement in substitutes])[which]
            replaced.extend((missing[strange] + start).tolist())
        return Encoded(ids, self.decode(ids) if changed else text, tuple(replaced))

    def decode(self, ids: Sequence[int] | np.ndarray) -> str:
        """The text of these ids."""
        pieces: list[str] = []
        for start in range(0, len(ids), _BLOCK):
            block = np.asarray(ids[start : start + _BLOCK], np.int64)
            if block.min() < 0:
                raise IndexError("an id is negative")
            pieces.append(self._codes[block].tobytes().decode("utf-32-le"))
        return "".join(pieces)

    def text_of(self, token: int) -> str:
        """The character."""
        return self.alphabet[token]

    def read(
        self, corpus: Corpus, start: int = 0, stop: int | None = None, progress: Tell | None = None
    ) -> tuple[np.ndarray, int]:
        """Without a detour through text: each distinct character of the corpus is encoded once."""
        ids = corpus.ids[start:stop]
        if corpus.alphabet == self.alphabet:
            return ids, 0
        alphabet = self.encode(corpus.alphabet, relatives=False)
        is_replaced = np.zeros(len(corpus.alphabet), bool)
        is_replaced[list(alphabet.replaced)] = True
        blocks = range(0, len(ids), _BLOCK) if alphabet.replaced else ()
        replaced = sum(int(is_replaced[ids[block : block + _BLOCK]].sum()) for block in blocks)
        return alphabet.ids.astype(np.min_scalar_type(len(self)))[ids], replaced

    def _substitute(self, character: str, relatives: bool) -> tuple[str, bool]:
        """The character of the alphabet to read instead, and whether that is a replacement."""
        lower = character.lower() if self.lowercase else character
        if lower in self._known:
            return lower, False
        if relatives or self.unknown is None:
            for relative in _relatives(character) + _relatives(lower[:1]):
                if relative in self._known:
                    return relative, True
        if self.unknown is not None:
            return self.unknown, True
        return self._stand_in, True

    @cached_property
    def _stand_in(self) -> str:
        """What a character without relatives becomes."""
        known = [each for each in _STAND_INS if each in self._known]
        plain = [each for each in self.alphabet if each.isalnum()]
        others = [each for each in self.alphabet if each not in _ENDS]
        return next(iter(known + plain + others), self.alphabet[0])

    def to_plain(self) -> dict[str, Any]:
        """Alphabet, unknown and lowercase."""
        return {"alphabet": self.alphabet, "unknown": self.unknown, "lowercase": self.lowercase}

    @classmethod
    def from_plain(cls, plain: object) -> Self:
        """See `Tokenizer.from_plain`."""
        if not isinstance(plain, Mapping) or set(plain) != {"alphabet", "unknown", "lowercase"}:
            raise TokenizerError("A vocabulary needs exactly alphabet, unknown and lowercase.")
        alphabet, unknown, lowercase = plain["alphabet"], plain["unknown"], plain["lowercase"]
        if not (isinstance(alphabet, str) and isinstance(unknown, str | None) and isinstance(lowercase, bool)):
            raise TokenizerError("A vocabulary's alphabet and unknown are text, its lowercase a switch.")
        return cls(alphabet, unknown, lowercase)


def _code_points(text: str) -> np.ndarray:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


@lru_cache(maxsize=4096)
def _relatives(character: str) -> tuple[str, ...]:
    """Characters that could stand for this one, the nearest first."""
    base = unicodedata.normalize("NFKD", character)[:1]
    found = [base, character.swapcase(), base.swapcase()]
    for family in _FAMILIES:
        if character in family or base in family:
            found.extend(family)
    if unicodedata.category(character) == "Pd":
        found.append("-")
    if character.isspace():
        found.append(" ")
    return tuple(each for each in found if len(each) == 1)
