"""Notes: what was detected and changed while a text was read, and the sentences that say so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from corpora.corpus import UNKNOWN
from corpora.formats.documents import Document
from corpora.formats.findings import Findings
from corpora.reading.encoding import Encoding
from corpora.reading.encoding_names import label_of
from corpora.reading.read_as import SEPARATOR
from corpora.safe_text import enumerated, listed, shown_character

_MOST_REPLACED = 0.1
"""Of the characters of a text, which would be missed if more became one."""
_FAR_TOO_MANY = "That is {:.0%} of the text: choose a smaller minimum count."


@dataclass(slots=True)
class Notes:
    """Counts collected while a source is read."""

    files: int = 0
    """Files that are in the text."""
    seen: set[str] = field(default_factory=set)
    """What was counted of the last of them."""
    encodings: Counter[str] = field(default_factory=Counter)
    """Number of files by the label of their encoding."""
    examples: dict[str, Encoding] = field(default_factory=dict)
    """By label, the encoding of a file; the least sure guess of several."""
    marks: int = 0
    invalid: Counter[str] = field(default_factory=Counter)
    """Number of places that could not be decoded, by the label of the encoding."""
    line_ends: set[str] = field(default_factory=set)
    sequences: int = 0
    overstrikes: int = 0
    controls: int = 0
    composed: bool = False
    lowered: bool = False
    first: int = 0
    """Characters that were read of a longer text; 0 if it was read to its end."""
    findings: Findings = field(default_factory=Findings)
    """What was read of which files, and which were skipped."""
    replaced: dict[str, int] = field(default_factory=dict)
    """Count of each character that was too rare."""
    characters: int = 0
    """Of the text."""
    min_count: int = 1
    separators: int = 0
    """Parts with the separator behind them."""
    separators_removed: int = 0
    """Those that stood in the text already."""
    lines: int = 0
    """Lines that are texts by themselves."""
    blank_lines: int = 0
    repeated_lines: int = 0
    column: str = ""
    """Of tables, what was read."""

    def count_file(self, document: Document) -> None:
        """Count a file whose text begins."""
        self.files += 1
        self.seen.clear()
        self.findings.take(document)

    def count_encoding(self, encoding: Encoding) -> None:
        """Count an encoding of the last file; a book has one in each chapter."""
        self.encodings[encoding.label] += encoding.label not in self.seen
        self.marks += encoding.marked and "a mark" not in self.seen
        self.seen |= {encoding.label, "a mark"} if encoding.marked else {encoding.label}
        example = self.examples.setdefault(encoding.label, encoding)
        if encoding.guess and example.guess and encoding.guess.confidence < example.guess.confidence:
            self.examples[encoding.label] = encoding
        if encoding.invalid:
            self.invalid[encoding.label] += encoding.invalid

    def count_line_ends(self, newlines: str | tuple[str, ...] | None) -> None:
        """Add the line ends of a file, as reported by io.IncrementalNewlineDecoder."""
        self.line_ends.update((newlines,) if isinstance(newlines, str) else newlines or ())

    @property
    def encoding(self) -> Encoding | None:
        """That of most files; None without any."""
        return self.examples[self.encodings.most_common(1)[0][0]] if self.encodings else None

    def sentences(self) -> tuple[str, ...]:
        """One sentence for each kind of change; none for a UTF-8 text that was not changed."""
        sentences = self.findings.sentences(self.column)
        sentences += [self._read_as(label, files) for label, files in self.encodings.items() if label != "UTF-8"]
        if self.marks:
            sentences.append(f"Byte-order mark removed{_in_files(self.marks, self.files)}.")
        for label, places in self.invalid.items():
            sentences.append(f"Bytes that are not valid {label} became '{UNKNOWN}' in {places:,} places.")
        if "\r\n" in self.line_ends:
            sentences.append("Windows line ends (CRLF) became LF.")
        if "\r" in self.line_ends:
            sentences.append("Bare carriage returns (CR) became LF.")
        if self.sequences:
            sentences.append(f"Terminal sequences (colours and the like) removed: {self.sequences:,}.")
        if self.overstrikes:
            sentences.append(f"Characters printed over by others (with backspaces) removed: {self.overstrikes:,}.")
        if self.controls:
            sentences.append(f"Control characters removed: {self.controls:,}.")
        if self.composed:
            sentences.append("Letters and their accents became one character where Unicode has one (NFC).")
        if self.lowered:
            sentences.append("Capital letters became lower case.")
        if self.first:
            sentences.append(f"Only the first {self.first:,} characters were read.")
        if self.separators:
            sentences.append(self._separated())
        if self.lines:
            sentences.append(self._line_by_line())
        if self.replaced:
            sentences.append(self._rare_characters())
        return tuple(sentences)

    def _read_as(self, label: str, files: int) -> str:
        read_as, example = f"Read as {label}{_in_files(files, self.files)}", self.examples[label]
        if (guess := example.guess) is None:
            return f"{read_as}: “{example.passage}”." if example.passage else f"{read_as}."
        if guess.second:
            second = f"{label_of(guess.second)}, {guess.second_confidence:.2f}"
            otherwise = f"Nearly as likely is {second}: to read it so, add --encoding {guess.second}."
        else:
            otherwise = "If it reads wrong, add --encoding NAME."
        return f"{read_as}, a guess (confidence {guess.confidence:.2f}): “{example.passage}”. {otherwise}"

    def _separated(self) -> str:
        ends = "one text" if self.separators == 1 else f"each of {self.separators:,} texts"
        count = self.separators_removed
        removed = f"; {count:,} that stood there already {'was' if count == 1 else 'were'} removed" if count else ""
        return f"'{SEPARATOR}' marks the end of {ends}{removed}."

    def _line_by_line(self) -> str:
        dropped = ((self.repeated_lines, "repeated"), (self.blank_lines, "blank"))
        removed = [f"{count:,} {kind}" for count, kind in dropped if count]
        each = f"Each of {self.lines:,} lines is a text by itself; their order is random"
        return f"{each}." if not removed else f"{each}. Lines removed: {enumerated(removed)}."

    def _rare_characters(self) -> str:
        most_common_first = sorted(self.replaced, key=lambda character: (-self.replaced[character], character))
        examples = listed([shown_character(character) for character in most_common_first])
        return (
            f"Characters seen fewer than {self.min_count:,} times became '{UNKNOWN}': {examples} "
            f"({len(self.replaced):,} distinct, {(count := sum(self.replaced.values())):,} in total)."
            + (f" {_FAR_TOO_MANY.format(count / self.characters)}" if count > _MOST_REPLACED * self.characters else "")
        )


def _in_files(some: int, files: int) -> str:
    return "" if files == 1 else f" in {some:,} of {files:,} files"
