"""EPUB books: the text of the chapters, in the order in which they are read."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from corpora.formats.format_errors import DamagedError, EncryptedError
from corpora.formats.readers.web_pages import named_charset, page_text
from corpora.formats.readers.xml_events import XmlReader, texts_of
from corpora.formats.recognising import HEAD
from corpora.formats.unpacking import Member
from corpora.sources import Part

CONTAINER = "META-INF/container.xml"
"""The file that every EPUB book has."""
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document")


def book_text(part: Part, members: dict[str, Member], decode: Callable[[Part], Iterator[str]]) -> Iterator[str]:
    """The chapters of the book, an empty line between them; its table of contents is left out.

    Raises:
        DamagedError: a part of it is missing or wrong.
        EncryptedError: it is encrypted against copying.
    """
    package = _read(part, members, _attribute(part, members, CONTAINER, "rootfile", "full-path"))
    locked = _locked(part, members)
    begun = False
    for name in package.chapters():
        if name in locked:
            raise EncryptedError(part.label)
        chapter = _member(part, members, name)
        named = replace(chapter, charset=named_charset(chapter.sample(HEAD)))
        for text in page_text(decode(named), chapter.label):
            if begun:
                yield "\n"
            begun = True
            yield text


@dataclass
class _Package(XmlReader):
    """What is in the book, from its package document."""

    folder: str
    texts: list[str] = field(default_factory=list)
    items: dict[str, str] = field(default_factory=dict)
    """Names of the pages by their id."""
    spine: list[str] = field(default_factory=list)

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if name == "item" and attributes.get("media-type") in _PAGES:
            if "nav" not in attributes.get("properties", "").split():
                path = posixpath.join(self.folder, unquote(attributes.get("href", "").partition("#")[0]))
                self.items[attributes.get("id", "")] = posixpath.normpath(path)
        elif name == "itemref":
            self.spine.append(attributes.get("idref", ""))

    def chapters(self) -> list[str]:
        """Names of the pages in reading order, each once."""
        return list(dict.fromkeys(self.items[each] for each in self.spine if each in self.items))


def _read(part: Part, members: dict[str, Member], name: str) -> _Package:
    package = _Package(posixpath.dirname(name))
    for _ in texts_of(_member(part, members, name).blocks(), package, part.label):
        pass
    if not package.chapters():
        raise DamagedError(part.label, "it lists no chapters")
    return package


def _locked(part: Part, members: dict[str, Member]) -> set[str]:
    """Names of the files that are encrypted."""
    if _ENCRYPTION not in members:
        return set()
    return {unquote(uri) for uri in _attributes(part, members, _ENCRYPTION, "CipherReference", "URI")}


def _attribute(part: Part, members: dict[str, Member], file: str, element: str, attribute: str) -> str:
    found = _attributes(part, members, file, element, attribute)
    if not found:
        raise DamagedError(part.label, "its container names no book")
    return found[0]


def _attributes(part: Part, members: dict[str, Member], file: str, element: str, attribute: str) -> list[str]:
    found: list[str] = []

    class Finder(XmlReader):
        def begin(self, name: str, attributes: dict[str, str]) -> None:
            if name == element and attribute in attributes:
                found.append(attributes[attribute])

    for _ in texts_of(_member(part, members, file).blocks(), Finder(), part.label):
        pass
    return found


def _member(part: Part, members: dict[str, Member], name: str) -> Part:
    if name not in members:
        raise DamagedError(part.label, "a chapter or its list of chapters is missing")
    return members[name].part
