"""What to say of characters that a model does not know, and what it reads instead. Plain text: nothing is imported."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_MOST_LISTED = 8

Pairs = Sequence[tuple[str, str]]
"""Characters that are not known, each with the one that is read instead."""


def pairs_of(asked: str, read: str, replaced: Iterable[int]) -> Pairs:
    """What was replaced where.

    Args:
        asked: the text as it was given.
        read: the text as it is read, of as many characters or fewer.
        replaced: offsets of the replacements.
    """
    return [(asked[offset], read[offset]) for offset in replaced]


def sentence_of_replaced(count: int, of_what: str, pairs: Pairs, reader: str = "The model") -> str:
    """How many characters are not known, and how they are read.

    >>> sentence_of_replaced(2, "seed's", [("é", "e"), ("é", "e")])
    "The model does not know 2 of the seed's characters and reads 'é' as 'e'."
    """
    spelled = [f"{_quoted(there)} as {_quoted(here)}" for there, here in dict.fromkeys(pairs)]
    listed = ", ".join(spelled[:_MOST_LISTED]) + (", …" if len(spelled) > _MOST_LISTED else "")
    return f"{reader} does not know {count:,} of the {of_what} characters and reads {listed}."


def _quoted(character: str) -> str:
    return f"'{character}'" if character.isprintable() else f"U+{ord(character):04X}"
