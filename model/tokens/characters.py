"""Characters and their ids: what a model can read and write. It travels with every checkpoint. NumPy only.

Reading never fails: a character that the model has never seen is replaced by the nearest one it has, and the
offset of every such replacement is handed back, so that it can be shown.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import numpy as np

_BLOCK = 1 << 20
"""Characters converted at once: keeps a 100 MB text from needing four times its size on the way."""

_FAMILIES = ("'‘’‚‛′ʼ`´", "\"“”„‟″«»'", "-‐‑‒–—―−", " \n\t")  # noqa: RUF001 - lookalikes are the point
"""Characters that stand for one another, the plainest first."""

_STAND_INS = "?_*. "
"""What an unknown character becomes when it has no relative, in order of preference."""


class VocabularyError(ValueError):
    """An alphabet that no model can have; the message says why."""


class Encoded(NamedTuple):
    """A text as the model reads it."""

    ids: np.ndarray
    """int32, one a character."""
    text: str
    """What the ids stand for: the text, lower-cased or with replacements where there were any."""
    replaced: tuple[int, ...]
    """Offsets of the characters that stand for ones the model has never seen."""


@dataclass(frozen=True)
class Vocabulary:
    """The characters a model knows; a character's id is its place in `alphabet`.

    Raises:
        VocabularyError: the alphabet is empty, holds a character twice or half a surrogate pair, or has no
            place for `unknown`.
    """

    alphabet: str
    unknown: str | None = None
    """The character of the alphabet that rare ones were folded into, if any were."""
    lowercase: bool = False
    """Whether upper case is read as lower case; that is no replacement."""

    def __post_init__(self) -> None:
        if not self.alphabet:
            raise VocabularyError("The alphabet is empty.")
        if len(set(self.alphabet)) != len(self.alphabet):
            raise VocabularyError("The alphabet holds a character twice.")
        if any("\ud800" <= character <= "\udfff" for character in self.alphabet):
            raise VocabularyError("The alphabet holds half a surrogate pair, which is no character.")
        if self.unknown is not None and (len(self.unknown) != 1 or self.unknown not in self.alphabet):
            raise VocabularyError("The character for unknown ones is not in the alphabet.")

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
        """Read any text; never fails.

        A character outside the alphabet becomes the first of these that is in it: its lower case (where the
        model reads only that), a plain relative (its base letter, the other case, a straight quote, a hyphen,
        a space), `unknown`, a visible stand-in, the alphabet's first character.

        Args:
            text: any string, lone surrogates and all.
            relatives: False passes the relatives over where there is an `unknown`: what training made of rare
                characters, so that a score is comparable.
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
        """The text of these ids.

        Raises:
            IndexError: an id is not in the alphabet.
        """
        pieces: list[str] = []
        for start in range(0, len(ids), _BLOCK):
            block = np.asarray(ids[start : start + _BLOCK], np.int64)
            if block.min() < 0:
                raise IndexError("an id is negative")
            pieces.append(self._codes[block].tobytes().decode("utf-32-le"))
        return "".join(pieces)

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
        return next((each for each in _STAND_INS if each in self._known), self.alphabet[0]), True

    def to_json(self) -> dict[str, Any]:
        """Plain values; `from_json` takes them back."""
        return {"alphabet": self.alphabet, "unknown": self.unknown, "lowercase": self.lowercase}

    @classmethod
    def from_json(cls, plain: object) -> Vocabulary:
        """The vocabulary that `to_json` made these plain values of.

        Raises:
            VocabularyError: they are not such values.
        """
        if not isinstance(plain, Mapping) or set(plain) != {"alphabet", "unknown", "lowercase"}:
            raise VocabularyError("A vocabulary needs exactly alphabet, unknown and lowercase.")
        alphabet, unknown, lowercase = plain["alphabet"], plain["unknown"], plain["lowercase"]
        if not (isinstance(alphabet, str) and isinstance(unknown, str | None) and isinstance(lowercase, bool)):
            raise VocabularyError("A vocabulary's alphabet and unknown are text, its lowercase a switch.")
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
