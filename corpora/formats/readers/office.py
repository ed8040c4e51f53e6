"""Documents of word processors: the running text of DOCX and ODT, a line for each paragraph."""

from __future__ import annotations

from typing import ClassVar

from corpora.formats.readers.xml_events import XmlReader


class WordText(XmlReader):
    """Collects the text of a DOCX's main part: what was deleted, instructions of fields and doubles are left out."""

    _LEFT_OUT: ClassVar = frozenset(("Fallback", "del", "moveFrom", "instrText", "delText"))
    _SIGNS: ClassVar = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}

    def __init__(self) -> None:
        super().__init__()
        self._left_out = 0
        self._in_text = 0
        self._in_tabs = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._left_out += name in self._LEFT_OUT
        self._in_text += name == "t"
        self._in_tabs += name == "tabs"  # where they stop, not tabs
        if name in self._SIGNS and not self._left_out and not self._in_tabs:
            self.texts.append(self._SIGNS[name])

    def end(self, name: str) -> None:
        """An element ends."""
        self._left_out -= name in self._LEFT_OUT
        self._in_text -= name == "t"
        self._in_tabs -= name == "tabs"
        if name == "p" and not self._left_out:
            self.texts.append("\n")

    def text(self, text: str) -> None:
        """Text of the document, or of something else."""
        if self._in_text and not self._left_out:
            self.texts.append(text)


class OpenDocumentText(XmlReader):
    """Collects the text of an ODT's content: notes, comments and tracked changes are left out."""

    _LEFT_OUT: ClassVar = frozenset(("note", "annotation", "tracked-changes", "forms"))
    _PARAGRAPHS = ("p", "h")

    def __init__(self) -> None:
        super().__init__()
        self._left_out = 0
        self._in_paragraph = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        self._left_out += name in self._LEFT_OUT
        self._in_paragraph += name in self._PARAGRAPHS
        if self._left_out or not self._in_paragraph:
            return
        if name == "s":
            count = attributes.get("c", "1")
            self.texts.append(" " * min(int(count) if count.isdecimal() else 1, 1000))
        elif name in ("tab", "line-break"):
            self.texts.append("\t" if name == "tab" else "\n")

    def end(self, name: str) -> None:
        """An element ends."""
        if name in self._PARAGRAPHS and not self._left_out:
            self.texts.append("\n")
        self._left_out -= name in self._LEFT_OUT
        self._in_paragraph -= name in self._PARAGRAPHS

    def text(self, text: str) -> None:
        """Text of the document, or of something else."""
        if self._in_paragraph and not self._left_out:
            self.texts.append(text)
