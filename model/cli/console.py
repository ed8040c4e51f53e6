"""What the command line prints: text without control characters, lines of JSON, tables, and progress bars."""

from __future__ import annotations

import os
import re
import sys
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from corpora.progress import Tell, TextProgress
from corpora.safe_text import shown
from model.runs.files.json_lines import to_line

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters except tab and line feed, characters that change the writing direction, half surrogate pairs."""

_INDENT = 8
"""Columns left of a text that is printed beside its label."""


def plain(text: str) -> str:
    """The text with U+FFFD in place of every character that could control the terminal."""
    return _OBEYED.sub("\ufffd", text)


def say(text: str = "", end: str = "\n") -> None:
    """Print to standard output, at once."""
    sys.stdout.write(plain(text) + end)
    sys.stdout.flush()


def say_json(record: Mapping[str, Any]) -> None:
    """Print a record as a line of JSON, at once."""
    sys.stdout.write(to_line(record))
    sys.stdout.flush()


def complain(sentence: str) -> None:
    """Print a sentence to standard error, on one line."""
    sys.stderr.write(f"charlstm: {plain(' '.join(sentence.split()))}\n")
    sys.stderr.flush()


def say_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under a header, one per line, in columns as wide as needed."""
    rows = [[shown(cell) for cell in row] for row in (header, *rows)]
    widths = [max(map(_cells, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        padded = (cell + " " * (width - _cells(cell)) for cell, width in zip(row, widths, strict=True))
        say("  ".join(padded).rstrip())


def say_wrapped(label: str, text: str) -> None:
    """Print a text beside its label: lines are broken at the terminal's edge, and all but the label is indented."""
    indent = max(_INDENT, len(label) + 4)
    lines = list(_broken(plain(text).expandtabs(4), max(20, _columns() - indent - 1)))
    for number, line in enumerate(lines):
        say((f"  {label}" if not number else "").ljust(indent) + line if line or not number else "")


def _cells(text: str) -> int:
    """Columns that a text takes."""
    return sum(map(_columns_of, text))


def _broken(text: str, width: int) -> Iterator[str]:
    """Lines of at most `width` columns, broken behind spaces where there are any."""
    for line in text.split("\n"):
        start = column = 0
        behind_space = start
        for place, character in enumerate(line):
            wide = _columns_of(character)
            if column + wide > width and character != " ":
                cut = behind_space if behind_space > start else place
                yield line[start:cut].rstrip(" ")
                start, column = cut, sum(map(_columns_of, line[cut:place]))
            column += wide
            if character == " ":
                behind_space = place + 1
        yield line[start:].rstrip(" ")


def _columns_of(character: str) -> int:
    """How many columns of a terminal a character takes."""
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _columns() -> int:
    """The terminal's width; 80 where standard output is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


@contextmanager
def opening_bar() -> Iterator[Tell | None]:
    """A progress bar for `open_corpus`, which downloads and reads; None if standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped]

    with tqdm(unit="B", unit_scale=True, leave=False, delay=0.5) as bar:

        def tell(progress: TextProgress) -> None:
            bar.set_description_str(progress.doing, refresh=False)
            bar.total = progress.total
            bar.update(progress.done - bar.n)

        yield tell
