"""Findings: which files were read and which skipped, what was left out of them, and the sentences that say so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpora.corpus import CorpusError
from corpora.safe_text import listed

if TYPE_CHECKING:
    from corpora.formats.documents import Document

LEFT_OUT = {
    "page": ("Markup, scripts and navigation of {} were left out.", "a web page", "web pages"),
    "book": ("Only the chapters of {} were read, in order, without markup.", "an EPUB book", "EPUB books"),
    "document": (
        "Only the running text of {} was read: no formatting, notes, headers or footers.",
        "a document",
        "documents",
    ),
    "notebook": (
        "Only the code and text cells of {} were read: no outputs.",
        "a notebook",
        "notebooks",
    ),
    "pdf": ("Only the text of {} was read, page by page; check it, because a PDF keeps no words.", "a PDF", "PDFs"),
}
"""By kind: the sentence, and what one such file and several are called in it."""


@dataclass(slots=True)
class Findings:
    """What was found while the parts of a source were opened."""

    kinds: Counter[str] = field(default_factory=Counter)
    """Number of files by kind, of those in LEFT_OUT."""
    taken: list[str] = field(default_factory=list)
    """Labels of the files that were read."""
    found: int = 0
    """Of these, files of a folder or an archive."""
    skipped: dict[str, list[str]] = field(default_factory=dict)
    """Labels of the others, by the reason."""
    rows: int = 0
    """Rows of tables whose column was read."""
    empty_rows: int = 0
    """Rows that had nothing there."""
    bad_lines: int = 0
    """Lines of tables that are skipped, because they cannot be read."""
    bad_line: str = ""
    """The first of them: its file, and why."""
    tables: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns of the tables that were read as they are, by their label."""

    def take(self, document: Document) -> None:
        """A text is read."""
        if document.kind:
            self.kinds[document.kind] += 1
        if document.columns:
            self.tables[document.label] = document.columns
        self.taken.append(document.label)
        self.found += document.optional

    def skip(self, label: str, error: CorpusError) -> None:
        """A file of a folder or an archive is not read, for this reason."""
        self.skip_as(label, getattr(error, "skipped_as", "cannot be read"))

    def skip_as(self, label: str, reason: str) -> None:
        """The same, with the reason as it follows 'Files that ...'."""
        self.skipped.setdefault(reason, []).append(label)

    def sentences(self, column: str = "") -> list[str]:
        """One sentence for each kind of thing that was found."""
        sentences = []
        for kind, files in sorted(self.kinds.items()):
            sentence, one, several = LEFT_OUT[kind]
            sentences.append(sentence.format(one if files == 1 else f"{files:,} {several}"))
        if self.rows:
            empty = f" ({self.empty_rows:,} of them empty)" if self.empty_rows else ""
            sentences.append(f"Only the column '{column}' was read: {self.rows:,} rows{empty}.")
        if self.bad_lines:
            sentences.append(f"Damaged lines were skipped ({self.bad_lines:,}); the first is in {self.bad_line}.")
        for label, columns in list(self.tables.items())[:1]:
            others = f", and so are {len(self.tables) - 1:,} more" if len(self.tables) > 1 else ""
            sentences.append(
                f"{label} is a table, read as it is{others}. To read one of its columns, use --column: "
                f"{listed(list(columns), 12)}."
            )
        if self.found > 1 or (self.taken and self.skipped):
            sentences.append(f"Files read ({len(self.taken):,}): {listed(self.taken)}.")
        if self.skipped:
            sentences.append(self.skipped_files())
        return sentences

    def skipped_files(self) -> str:
        """Which files were not read, and why."""
        return " ".join(
            f"Files that {reason} were skipped ({len(labels):,}): {listed(labels)}."
            for reason, labels in self.skipped.items()
        )
