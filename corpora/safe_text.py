"""Makes names safe for the file system and strings safe for the terminal; lists and counts for sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

LONGEST = 60
"""Maximum characters of a name; at four bytes each they still fit into a file name."""

OVERSTRIKE = re.compile("[^\n\b]\b")
"""A character that the next one is printed over, as manuals do for bold and underlined letters."""

LONGEST_SEQUENCE = 4200
"""Characters of a terminal sequence, at most; longer ones are none. The bound lets a text be cleaned piece by piece."""

_PARAMETERS = r"[0-?]{0,64} [ -/]{0,8}"
_STRING = r"[^\x07\x1b\n\x90\x98\x9c-\x9f]{0,4096}"

SEQUENCES = re.compile(
    rf"""
    (?: \x1b\[ | \x9b ) {_PARAMETERS} [@-~]                                          # CSI: colours, the cursor, keys
    | (?: \x1b[\]PX^_] | [\x90\x98\x9d-\x9f] ) {_STRING} (?: [\x07\x9c] | \x1b\\ )   # OSC, DCS and other strings
    | \x1b [ -/]{{0,8}} [0-Z\\^-~]                                                   # anything else
    """,
    re.VERBOSE,
)
"""The escape sequences of ECMA-48 that terminals obey, in their forms of 7 and of 8 bits."""

UNFINISHED_SEQUENCE = re.compile(
    rf"""
    (?: \x1b (?: \[ {_PARAMETERS} | [\]PX^_] {_STRING} \x1b? | [ -/]{{0,8}} )
    | \x9b {_PARAMETERS} | [\x90\x98\x9d-\x9f] {_STRING} \x1b? ) \Z
    """,
    re.VERBOSE,
)
"""One of which the end may follow in the next piece."""

_SEQUENCES_OF_7_BITS = re.compile(
    rf"""
    \x1b\[ {_PARAMETERS} [@-~] | \x1b[\]PX^_] [^\x07\x1b\n]{{0,4096}} (?: \x07 | \x1b\\ )
    | \x1b [ -/]{{0,8}} [0-Z\\^-~]
    """.encode(),
    re.VERBOSE,
)

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
    return SEQUENCES.sub("", text)


def bytes_without_sequences(data: bytes) -> bytes:
    """The same for bytes, of which the encoding is not known yet: only sequences of 7 bits can be seen in them."""
    return _SEQUENCES_OF_7_BITS.sub(b"", data)


def tidy(text: str) -> str:
    """Text from elsewhere than a text file, as if it had been read from one: line ends are LF, surrogates are whole or
    U+FFFD."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def as_read(text: str) -> str:
    """A text that was typed, in the form in which texts are read: tidy, and in Unicode's NFC."""
    return unicodedata.normalize("NFC", tidy(text))


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


def counted(number: int, thing: str) -> str:
    """So many of a thing.

    >>> counted(1, "run"), counted(2000, "run")
    ('1 run', '2,000 runs')
    """
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def enumerated(items: Iterable[str]) -> str:
    """All items, as a sentence lists them; at least one.

    >>> enumerated(["a", "b", "c"]), enumerated(["a"])
    ('a, b and c', 'a')
    """
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def listed(items: Sequence[str], most: int = 5) -> str:
    """The first items separated by commas, and how many more there are."""
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")
