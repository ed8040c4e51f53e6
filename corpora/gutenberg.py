"""Project Gutenberg: where a book's plain text lies, and the book without the licence around it."""

from __future__ import annotations

import re

BASE = "https://www.gutenberg.org"
"""Where books are fetched from."""

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
    """Addresses at which the plain text of book `number` may lie, the likeliest first."""
    return [BASE + form.format(number=number) for form in _FORMS]


def book_title(data: bytes) -> str | None:
    """Title and author as the header gives them, or None."""
    fields = dict(re.findall(rb"^(Title|Author):[ \t]*(\S.*?)\s*$", data[: 1 << 14], re.MULTILINE))
    if b"Title" not in fields:
        return None
    return b", by ".join(fields[key] for key in (b"Title", b"Author") if key in fields).decode("utf-8", "replace")


def without_licence(data: bytes) -> tuple[bytes, bool]:
    """The book between the lines that end Project Gutenberg's header and begin its footer.

    Also tells whether both lines were there; what lacks one is kept up to that end of the file. A byte-order mark
    goes with the header.
    """
    starts = list(_START.finditer(data))
    begin = starts[-1].end() if starts else 0  # old books carry two such lines
    end = _END.search(data, begin)
    book = data[begin : end.start() if end else len(data)]
    return book.strip(b"\r\n") + b"\n", bool(starts and end)
