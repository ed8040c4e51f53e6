"""Texts, names and values that nobody means well with, for the tests that besiege each part of the program."""

from __future__ import annotations

import os
import unicodedata

from hypothesis import settings
from hypothesis import strategies as st

SEQUENCES = (
    "\x1b[2J",  # clears the screen
    "\x1b]0;title\x07",  # names the window
    "\x1b]52;c;cm0gLXJm\x07",  # fills the clipboard
    "\x1bP+q\x1b\\",  # asks the terminal to type an answer
    "\x1b[6n",
    "\x9b31m",  # the same beginnings in a single byte
    "\x9d0;title\x9c",
    "\x07",
    "\x08" * 9,
    "\x0e",  # another set of characters
    "\x7f",
    "\x85",
    "\rover",
)
"""What terminals obey."""

ODDITIES = (
    "\0",
    "\u202e",  # from here on right to left
    "\u2066\u2069",
    "\u200f",
    "\u061c",
    "\u2028",
    "\u2029",
    "\u200b",
    "\u00ad",
    "\ufeff",
    "\ufffd",
    "\uffff",
    "\ud800",  # half a surrogate pair
    "\udfff\ud83d",
    "\u05e9\u05dc\u05d5\u05dd",
    "\u0645\u0631\u062d\u0628\u0627",
    "e" + "\u0301\u0323\u035c" * 5,
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "\U0001f1e9\U0001f1ea",
    "\U0001f44d\U0001f3fd",
    "\U000e0041",
    "\U0010ffff",
    "\u0130\u03a3\u1e9e\ufb03",  # longer or shorter in lower case
    "[bold red]x[/]",  # markup
    "[@click=app.quit]x[/]",
    "{0}%s%n",
    "../..\\",
    "~",
    "\r\n",
    "\t",
    " ",
)
"""What is rare, and easy to get wrong."""

_pieces = st.sampled_from(SEQUENCES + ODDITIES) | st.text(st.characters(exclude_categories=()), max_size=8)


def texts(most: int = 12) -> st.SearchStrategy[str]:
    """Any Unicode, half surrogate pairs and all, with every second piece one of the above."""
    return st.lists(_pieces, max_size=most).map("".join)


def obeyed(text: str) -> set[str]:
    """The characters of `text` that a terminal obeys rather than shows, or that are no characters at all."""
    return {each for each in text if each not in "\n\t" and _is_obeyed(each)}


def _is_obeyed(character: str) -> bool:
    if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
        return True
    directions = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    return character in "\u200e\u200f\u061c" or unicodedata.bidirectional(character) in directions


def examples(most: int) -> settings:
    """A fifth of so many examples, which differ from run to run; all of them where EVERY_EXAMPLE is set."""
    return settings(max_examples=most if "EVERY_EXAMPLE" in os.environ else most // 5)
