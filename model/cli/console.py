"""What the command line prints: text without control characters, lines of JSON, tables, and progress bars."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from corpora.progress import Tell, TextProgress
from corpora.safe_text import shown
from model.runs.files.json_lines import to_line

_OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters except tab and line feed, characters that change the writing direction, half surrogate pairs."""

_UNITS = {"splitting": " characters", "joining pairs of": " pieces", "scoring": " tokens"}

_INDENT = 8
"""Columns left of a text that is printed beside its label."""


def plain(text: str) -> str:
    """The text with U+FFFD in place of every character that could control the terminal."""
    return _OBEYED.sub("\ufffd", text)


def say(text: str = "", end: str = "\n") -> None:
    """Print to standard output, at once."""
    _print(plain(text) + end)


def say_json(record: Mapping[str, Any]) -> None:
    """Print a record as a line of JSON, at once."""
    _print(to_line(record))


def _print(text: str) -> None:
    """Write to standard output; an error names it."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except OSError as error:
        raise OSError(error.errno, error.strerror, "Standard output") from error


def complain(sentence: str) -> None:
    """Print a sentence to standard error, on one line."""
    sys.stderr.write(f"charlstm: {plain(' '.join(sentence.split()))}\n")
    sys.stderr.flush()


def say_table(
    header: Sequence[str], rows: Sequence[Sequence[str]], spare: Sequence[str] = (), *, folded: bool = False
) -> None:
    """Print rows under a header, one per line, in columns as wide as needed.

    Args:
        header: the columns' names.
        rows: a cell for each of them.
        spare: columns that a terminal goes without, one after the other, until the others fit.
        folded: whether columns that do not fit a terminal follow below, beside the first one again.
    """
    from wcwidth import ljust, width

    columns = {name: [shown(cell) for cell in column] for name, *column in zip(header, header, *rows, strict=True)}
    widths = {name: max(map(width, column)) for name, column in columns.items()}
    on_terminal = sys.stdout.isatty()
    for name in spare if on_terminal else ():
        if sum(widths.values()) + 2 * (len(widths) - 1) > _columns():
            del columns[name], widths[name]
    first, *others = columns
    parts = [[first]]
    for name in others:
        if folded and on_terminal and sum(widths[each] + 2 for each in parts[-1]) + widths[name] > _columns():
            parts.append([first])
        parts[-1].append(name)
    for part in parts:
        for row in zip(*(columns[name] for name in part), strict=True):
            say("  ".join(map(ljust, row, (widths[name] for name in part))).rstrip())


def say_wrapped(label: str, text: str) -> None:
    """Print a text beside its label: lines are broken at the terminal's edge, and all but the label is indented.

    What is read as one character, a grapheme cluster of Unicode's, is never broken.
    """
    from wcwidth import wrap

    indent = max(_INDENT, len(label) + 4)
    room = max(20, _columns() - indent - 1)
    lines = [
        row
        for line in plain(text).split("\n")
        for row in wrap(line, room, tabsize=4, replace_whitespace=False, break_on_hyphens=False) or [""]
    ]
    for number, line in enumerate(lines):
        say((f"  {label}" if not number else "").ljust(indent) + line if line or not number else "")


def _columns() -> int:
    """The terminal's width; 80 where standard output is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or 80
    except (OSError, ValueError):
        return 80


def prints_into_file() -> bool:
    """Whether standard output is a file: on a terminal and in a pager, a bar would be in the way of what is printed."""
    try:
        return stat.S_ISREG(os.fstat(sys.stdout.fileno()).st_mode)
    except (OSError, ValueError):
        return False


@contextmanager
def text_bar() -> Iterator[Tell | None]:
    """A progress bar for a text; None if standard error is not a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    from tqdm import tqdm  # type: ignore[import-untyped]

    # Those who tell it keep the pace.
    with tqdm(unit_scale=True, leave=False, delay=0.01, mininterval=0, miniters=0) as bar:

        def tell(progress: TextProgress) -> None:
            bar.unit = _UNITS.get(progress.doing, "B")
            bar.set_description_str(f"{progress.doing} the text", refresh=False)
            bar.total = progress.total
            bar.update(progress.done - bar.n)

        yield tell
