"""Makes names safe for the file system and strings safe for the terminal."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 60
"""Maximum characters of a name; at four bytes each they still fit into a file name."""

_SEQUENCE = re.compile(
    r"""\x1b(?: \[[0-?]*[ -/]*[@-~]                        # colours, the cursor, keys
             | [\]PX^_] [^\x07\x1b]* (?: \x07 | \x1b\\ )   # titles, links and other strings
             | [ -/]* [0-Z\\^-~] )                          # anything else""",
    re.VERBOSE,
)
"""An escape sequence of ECMA-48, as terminals obey them."""

_WINDOWS_DEVICES = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(wanted: str) -> str:
    """`wanted` as a file name that is valid everywhere: no separators, control characters or leading dot."""
    composed = unicodedata.normalize("NFC", wanted)
    name = re.sub(r"[^\w.+-]+", "-", composed)[:LONGEST].strip(".-")
    if not name or _WINDOWS_DEVICES.fullmatch(name):
        return f"text-{name}".rstrip("-")
    return name


def without_sequences(text: str) -> str:
    """`text` without the escape sequences that a terminal obeys; the rest stays as it is.

    >>> without_sequences("a \\x1b[1;31mred\\x1b[0m word")
    'a red word'
    """
    return _SEQUENCE.sub("", text)


def shown(text: str, longest: int = 200) -> str:
    """`text` on a single line without control characters; the middle of a long text is left out."""
    if len(text) > longest:
        text = f"{text[: longest // 2]}…{text[-longest // 2 :]}"
    return "".join(character if character.isprintable() else "?" for character in text)


def shown_character(character: str) -> str:
    """A character in quotes, or its code point if it is invisible."""
    if character.isprintable() and not unicodedata.combining(character) and not character.isspace():
        return f"'{character}'"
    return f"U+{ord(character):04X}"


def listed(items: list[str], most: int = 5) -> str:
    """The first items separated by commas, and an ellipsis for the rest."""
    return ", ".join(items[:most]) + (", …" if len(items) > most else "")
