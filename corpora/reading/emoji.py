"""Emoji that consist of several characters: families, flags, keys and skin tones."""

from __future__ import annotations

EMOJI_NOTE = (
    "Many emoji of this text, such as families, flags and skin tones, are several characters each: they are counted, "
    "learned and written one character at a time."
)
"""Said of a text with `many_joined_emoji`."""

_JOINING = "\u200d\ufe0f\u20e3\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_LETTERS_OF_FLAGS = [chr(code) for code in range(0x1F1E6, 0x1F200)]
_MANY = 0.01
"""Of all characters: those that join others."""


def many_joined_emoji(beginning: str) -> bool:
    """Whether one in a hundred characters of a text is a part of an emoji.

    Args:
        beginning: of the text, or all of it.
    """
    parts = sum(map(beginning.count, (*_JOINING, *_LETTERS_OF_FLAGS)))
    return parts > 0 and parts >= _MANY * len(beginning)
