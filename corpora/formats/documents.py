"""documents: the texts in a part, whatever it is: one in a plain file or a web page, many in an archive."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from corpora.corpus import CorpusError
from corpora.formats.bounds import Bounds
from corpora.formats.findings import Findings
from corpora.formats.format_errors import BombError, NoColumnError
from corpora.formats.recognising import ARCHIVES, COMPRESSED, HEAD, TABLES, recognised
from corpora.sources import HIDDEN, Part

Decode = Callable[[Part], Iterator[str]]
"""The text of bytes, in pieces with LF for every line end. Detects the encoding when it is called."""


@dataclass(frozen=True, slots=True)
class Document:
    """One text."""

    label: str
    texts: Callable[[Decode], Iterator[str]]
    """The text in pieces, given how bytes are decoded."""
    optional: bool = False
    """As in Part."""
    kind: str = ""
    """As in `findings.LEFT_OUT`; empty for plain text."""
    columns: tuple[str, ...] = ()
    """Of a table that is read as it is."""


def documents(part: Part, column: str, findings: Findings) -> Iterator[Document]:
    """The texts in `part`, each to be read before the next is asked for.

    Args:
        part: what the user named, or a file of a folder that was named.
        column: of tables, only this column; empty for tables as they are.
        findings: what was found is noted here.

    Raises:
        CorpusError: the part cannot be read, or is not text, and is not optional; or it unpacks to too much.
    """
    yield from _opened(part, column, findings, None)


def _opened(part: Part, column: str, findings: Findings, bounds: Bounds | None) -> Iterator[Document]:
    begun = False
    try:
        for document in _inside(part, column, findings, bounds):
            begun = True
            yield document
    except BombError:
        raise
    except CorpusError as error:
        if begun or not part.optional:
            raise
        findings.skip(part.label, error)


def _inside(part: Part, column: str, findings: Findings, bounds: Bounds | None) -> Iterator[Document]:
    kind = recognised(part.sample(HEAD), part.label)
    if kind in (*COMPRESSED, *ARCHIVES) and bounds is None:
        bounds = Bounds.of(part)
    if bounds and kind in COMPRESSED:
        from corpora.formats.unpacking import uncompressed

        with bounds.inside(part.label):
            yield from _inside(uncompressed(part, kind, bounds), column, findings, bounds)
    elif bounds and kind in ARCHIVES:
        yield from _of_archive(part, kind, column, findings, bounds)
    else:
        yield _document(part, kind, column, findings)


def _of_archive(part: Part, kind: str, column: str, findings: Findings, bounds: Bounds) -> Iterator[Document]:
    from corpora.formats.readers.zipped_documents import zipped_document
    from corpora.formats.unpacking import hidden_in, in_order, tar_members, zip_members

    with bounds.inside(part.label), (zip_members if kind == "zip" else tar_members)(part, bounds) as members:
        zipped = zipped_document(part, members) if kind == "zip" else None
        if zipped:
            if column:
                raise NoColumnError.of_no_table(part.label, column)
            yield Document(part.label, zipped.texts, part.optional, zipped.kind)
        else:
            for label in hidden_in(part, members):
                findings.skip_as(label, HIDDEN)
            for member in in_order(members):
                if member.refused:
                    findings.skip_as(member.part.label, member.refused)
                else:
                    yield from _opened(member.part, column, findings, bounds)


def _document(part: Part, kind: str, column: str, findings: Findings) -> Document:
    """The text of a file that is no archive."""
    label = part.label
    if kind in (*TABLES, ""):
        from corpora.formats.readers import tables

        if column:
            return Document(
                label, lambda decode: tables.column_of(decode(part), label, kind, column, findings), part.optional
            )
        columns = tables.columns_in(part.sample(HEAD), kind) if kind else ()
        return Document(label, lambda decode: decode(part), part.optional, columns=columns)
    if column:
        raise NoColumnError.of_no_table(label, column)
    if kind == "page":
        from corpora.formats.readers.web_pages import named_charset, page_text

        named = replace(part, charset=named_charset(part.sample(HEAD)))
        return Document(label, lambda decode: page_text(decode(named), label), part.optional, kind)
    if kind == "notebook":
        from corpora.formats.readers.notebooks import notebook_text

        return Document(label, lambda decode: notebook_text(decode(part), label), part.optional, kind)
    if kind == "rtf":
        from corpora.formats.readers.rich_text import rich_text

        return Document(label, lambda decode: rich_text(part), part.optional, "document")
    from corpora.formats.readers.pdf_text import pdf_text

    return Document(label, lambda decode: pdf_text(part), part.optional, kind)
