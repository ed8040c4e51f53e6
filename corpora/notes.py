"""What opening a text found and changed, and the sentences that report it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from corpora.corpus import UNKNOWN
from corpora.encoding import Encoding
from corpora.safe_text import listed, shown_character


@dataclass(slots=True)
class Findings:
    """Counted while a source is read."""

    files: int = 0
    encodings: Counter[str] = field(default_factory=Counter)
    """Files by the label of their encoding."""
    marks: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    """Places that could not be decoded, by the encoding's label."""
    line_ends: set[str] = field(default_factory=set)
    controls: int = 0
    lowered: bool = False
    skipped: list[str] = field(default_factory=list)
    """Labels of files in a folder that are no text."""
    folded: dict[str, int] = field(default_factory=dict)
    """Occurrences of each character that was too rare."""
    min_count: int = 1

    def count_encoding(self, encoding: Encoding) -> None:
        """One more file, and how it is decoded."""
        self.files += 1
        self.encodings[encoding.label] += 1
        self.marks += encoding.marked
        if encoding.invalid:
            self.invalid[encoding.label] += encoding.invalid

    def count_line_ends(self, newlines: str | tuple[str, ...] | None) -> None:
        """The kinds of line end a file had, as io.IncrementalNewlineDecoder tells them."""
        self.line_ends.update((newlines,) if isinstance(newlines, str) else newlines or ())

    def notes(self) -> tuple[str, ...]:
        """A sentence for each kind of change; none for a plain UTF-8 text that is kept as it is."""
        notes = [self._read_as(label, files) for label, files in self.encodings.items() if label != "UTF-8"]
        if self.marks:
            notes.append(f"Byte-order mark left out{_in_files(self.marks, self.files)}.")
        for label, places in self.invalid.items():
            notes.append(f"Places that are not valid {label} became '{UNKNOWN}': {places:,}.")
        if "\r\n" in self.line_ends:
            notes.append("Windows line ends (CRLF) became LF.")
        if "\r" in self.line_ends:
            notes.append("Bare carriage returns (CR) became LF.")
        if self.controls:
            notes.append(f"Control characters were dropped: {self.controls:,}.")
        if self.lowered:
            notes.append("Capital letters were lower-cased.")
        if self.skipped:
            notes.append(f"Files that are no text were skipped ({len(self.skipped):,}): {listed(self.skipped)}.")
        if self.folded:
            notes.append(self._folding())
        return tuple(notes)

    def _read_as(self, label: str, files: int) -> str:
        return f"Read as {label}{_in_files(files, self.files)}."

    def _folding(self) -> str:
        commonest_first = sorted(self.folded, key=lambda character: (-self.folded[character], character))
        examples = listed([shown_character(character) for character in commonest_first])
        return (
            f"Characters seen fewer than {self.min_count:,} times became '{UNKNOWN}': {examples} "
            f"({len(self.folded):,} distinct, {sum(self.folded.values()):,} in all)."
        )


def _in_files(some: int, files: int) -> str:
    return "" if files == 1 else f" in {some:,} of {files:,} files"
