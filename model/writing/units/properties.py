"""What is known of every character of a text without any network: the properties that units may follow.

Each function takes a text of n characters and gives a number for each, float32 (n,), as it is once the character is
read. To add one, add its name to `following.PROPERTIES`, its function here, and its text to `unit_terms.toml`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from model.writing.units.following import PROPERTIES

_QUOTES = '"\u201c\u201d\u201e\u00ab\u00bb'
"""Each begins or ends a quote; apostrophes and single quotes do not."""
_SENTENCE_ENDS = ".!?"
_VOWELS = "aeiouyäöüáéíóúàèìòùâêîôûæœø"
_PARAGRAPH = "\n\n"


def properties_of(text: str) -> np.ndarray:
    """All PROPERTIES of a text, in their order, float32 (n, number of properties)."""
    columns = [_BY_NAME[name](text) for name in PROPERTIES]
    return np.array([np.fromiter(column, np.float32, len(text)) for column in columns]).T


def _each(true_of: Callable[[str], bool]) -> Callable[[str], Iterator[bool]]:
    """Of every character by itself."""
    return lambda text: map(true_of, text)


def _since(last: Callable[[str], bool]) -> Callable[[str], Iterator[int]]:
    """Characters since the last of a kind, which itself has 0."""

    def count(text: str) -> Iterator[int]:
        since = 0
        for character in text:
            since = 0 if last(character) else since + 1
            yield since

    return count


def _in_paragraphs(inside_after: Callable[[bool, str], bool]) -> Callable[[str], Iterator[bool]]:
    """Whether a place is inside of something; an empty line ends what was left open."""

    def inside(text: str) -> Iterator[bool]:
        within, before = False, ""
        for character in text:
            within = inside_after(within, character) and before + character != _PARAGRAPH
            before = character
            yield within

    return inside


_BY_NAME: Mapping[str, Callable[[str], Iterator[float]]] = {
    "space": _each(str.isspace),
    "place in word": _since(lambda character: not character.isalpha()),
    "place in line": _since(lambda character: character == "\n"),
    "place in sentence": _since(lambda character: character in _SENTENCE_ENDS),
    "inside quotes": _in_paragraphs(lambda within, character: within != (character in _QUOTES)),
    "inside brackets": _in_paragraphs(
        lambda within, character: character in "([" or (within and character not in ")]")
    ),
    "capital": _each(str.isupper),
    "digit": _each(str.isdigit),
    "vowel": _each(lambda character: character.lower() in _VOWELS),
    "punctuation": _each(lambda character: not (character.isalnum() or character.isspace())),
}
