"""Reads XML of strangers piece by piece: no entities, nothing fetched, an error where it is cut short."""

from __future__ import annotations

from collections.abc import Iterator
from xml.parsers import expat

from corpora.corpus import CorpusError
from corpora.formats.format_errors import DamagedError


class XmlReader:
    """What a reader does at each tag and text; what it collects in `texts` is the text. Names lack their namespace."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins; names of attributes lack their namespace, too."""

    def end(self, name: str) -> None:
        """An element ends."""

    def text(self, text: str) -> None:
        """Text of the element that was begun last and is not ended, or a part of it."""


def texts_of(blocks: Iterator[bytes], reader: XmlReader, label: str) -> Iterator[str]:
    """What the reader has collected after each block.

    Raises:
        DamagedError: it is not well-formed, or its end is missing.
        CorpusError: it declares entities, with which a short file could be endless or ask for other files.
    """

    def refuse(name: str, *rest: object) -> None:
        raise CorpusError(f"{label} declares XML entities, which are not read. Save its text as a .txt file.")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda name, attributes: reader.begin(
        _local(name), {_local(key): value for key, value in attributes.items()}
    )
    parser.EndElementHandler = lambda name: reader.end(_local(name))
    parser.CharacterDataHandler = reader.text
    try:
        for block in blocks:
            parser.Parse(block, False)
            yield "".join(reader.texts)
            reader.texts.clear()
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise DamagedError(label, "its XML is wrong or cut short") from error
    yield "".join(reader.texts)


def _local(name: str) -> str:
    return name.rpartition(" ")[2]
