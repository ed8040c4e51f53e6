"""Project Gutenberg: the addresses of a book's plain text, and the book without its licence text."""

from __future__ import annotations

import re

BASE = "https://www.gutenberg.org"
"""The site that books are downloaded from."""

_FORMS = (
    "/ebooks/{number}.txt.utf-8",
    "/cache/epub/{number}/pg{number}.txt",
    "/files/{number}/{number}-0.txt",
    "/files/{number}/{number}.txt",
    "/files/{number}/{number}-8.txt",
)

_START = re.compile(
    rb"^[ \t]*(\*\*\* ?START OF TH(E|IS) PROJECT GUTENBERG E-?(BOOK|TEXT)|\*END[* ]*THE SMALL PRINT!).*$",
    re.IGNORECASE | re.MULTILINE,
)
_END = re.compile(
    rb"^[ \t]*(\*\*\* ?END OF TH(E|IS) PROJECT GUTENBERG E-?(BOOK|TEXT)|End of (The |This )?Project Gutenberg).*$",
    re.IGNORECASE | re.MULTILINE,
)


def addresses(number: int) -> list[str]:
    """Possible addresses of the plain text of book `number`, the most likely first."""
    return [BASE + form.format(number=number) for form in _FORMS]


def book_title(data: bytes) -> str | None:
    """Title and author from the header, or None."""
    fields = dict(re.findall(rb"^(Title|Author):[ \t]*(\S.*?)\s*$", data[: 1 << 14], re.MULTILINE))
    if b"Title" not in fields:
        return None
    return b", by ".join(fields[key] for key in (b"Title", b"Author") if key in fields).decode("utf-8", "replace")


def without_licence(data: bytes) -> tuple[bytes, bool]:
    """The book without Project Gutenberg's header and footer, and whether both were found.

    If one is missing, the text up to that end of the file is kept. A byte-order mark is removed with the header.
    """
    starts = list(_START.finditer(data))
    begin = starts[-1].end() if starts else 0  # old books have two such lines
    end = _END.search(data, begin)
    book = data[begin : end.start() if end else len(data)]
    return book.strip(b"\r\n") + b"\n", bool(starts and end)
