"""Archives, books and documents, made in memory."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Mapping
from io import BytesIO

from corpora import Corpus, ReadAs, open_corpus
from corpora.reading.read_as import UNCHANGED

XML = "<?xml version='1.0' encoding='UTF-8'?>"


def read(data: bytes, read_as: ReadAs = UNCHANGED) -> Corpus:
    """The text in a file, given to standard input."""
    return open_corpus("-", read_as, stdin=BytesIO(data))


def zipped(files: Mapping[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return made.getvalue()


def tarred(files: Mapping[str, bytes]) -> bytes:
    """A tar archive, not compressed."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return made.getvalue()


def docx(body: str, before: str = "") -> bytes:
    """A document of Word with this body."""
    xml = f"{XML}{before}<w:document xmlns:w='urn:w'><w:body>{body}</w:body></w:document>"
    return zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": xml, "word/styles.xml": "<styles/>"})


def paragraph(*runs: str) -> str:
    """A paragraph of Word."""
    return "<w:p>" + "".join(f"<w:r><w:t>{run}</w:t></w:r>" for run in runs) + "</w:p>"


def epub(chapters: Mapping[str, str], others: Mapping[str, str] | None = None) -> bytes:
    """A book whose spine has these pages in this order; its files lie in the other order."""
    items = [f"<item id='i{n}' href='{name}' media-type='application/xhtml+xml'/>" for n, name in enumerate(chapters)]
    spine = [f"<itemref idref='i{n}'/>" for n in range(len(chapters))]
    package = (
        f"{XML}<package xmlns='http://www.idpf.org/2007/opf'><manifest>"
        "<item id='nav' href='nav.xhtml' media-type='application/xhtml+xml' properties='nav'/>"
        f"{''.join(reversed(items))}</manifest><spine><itemref idref='nav'/>{''.join(spine)}</spine></package>"
    )
    container = f"{XML}<container><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></container>"
    pages = {f"OEBPS/{name}": page for name, page in reversed(chapters.items())}
    nav = "<html xmlns='http://www.w3.org/1999/xhtml'><body><a>First chapter</a></body></html>"
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": container,
            "OEBPS/book.opf": package,
            "OEBPS/nav.xhtml": nav,
            **pages,
            **(others or {}),
        }
    )
