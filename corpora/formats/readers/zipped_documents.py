"""What a zip archive is: a book, a document of a word processor, another one, or an archive of files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from corpora.formats.format_errors import NotTextError
from corpora.formats.readers.epub import CONTAINER, book_text
from corpora.formats.readers.office import OpenDocumentText, WordText
from corpora.formats.readers.xml_events import texts_of
from corpora.formats.unpacking import Member
from corpora.sources import Part

_TYPES = "[Content_Types].xml"
_OTHERS = {
    "xl/": ("a spreadsheet", "Save the sheet as .csv."),
    "ppt/": ("a presentation", "Save its outline as a .txt file."),
    "spreadsheet": ("a spreadsheet", "Save the sheet as .csv."),
    "presentation": ("a presentation", "Save its outline as a .txt file."),
}


class ZippedDocument(NamedTuple):
    """A text that consists of several files."""

    kind: str
    """As in `findings.LEFT_OUT`."""
    texts: Callable[[Callable[[Part], Iterator[str]]], Iterator[str]]
    """As in `documents.Document`."""


def zipped_document(part: Part, members: dict[str, Member]) -> ZippedDocument | None:
    """The document that an archive is; None if it is an archive of files.

    Raises:
        NotTextError: it is a document that is not read.
    """
    if CONTAINER in members:
        return ZippedDocument("book", lambda decode: book_text(part, members, decode))
    if _TYPES in members:
        main = next((name for name in members if re.fullmatch(r"word/document\d*\.xml", name)), None)
        if main:
            return ZippedDocument("document", lambda _: texts_of(members[main].part.blocks(), WordText(), part.label))
        for folder, what in _OTHERS.items():
            if any(name.startswith(folder) for name in members):
                raise _not_read(part.label, *what)
    if "mimetype" in members and "content.xml" in members:
        mimetype = members["mimetype"].part.sample(200).decode("ascii", "replace")
        for word, what in _OTHERS.items():
            if word in mimetype:
                raise _not_read(part.label, *what)
        content = members["content.xml"].part
        return ZippedDocument("document", lambda _: texts_of(content.blocks(), OpenDocumentText(), part.label))
    return None


def _not_read(label: str, what: str, remedy: str) -> NotTextError:
    return NotTextError(f"{label} is not text but {what}. {remedy}")
