"""Why a file is not read, each kind with the words in which a folder says that it was skipped."""

from __future__ import annotations

from typing import ClassVar

from corpora.corpus import CorpusError
from corpora.safe_text import shown

READABLE = (
    "Give plain text, a web page, EPUB, DOCX, ODT, RTF, PDF, a notebook, csv, tsv or jsonl, or an archive of these."
)
"""What would work."""


class NotTextError(CorpusError):
    """The bytes are not text."""

    skipped_as: ClassVar[str] = "are not text"


class DamagedError(CorpusError):
    """A file is cut short or damaged."""

    skipped_as: ClassVar[str] = "are damaged"

    def __init__(self, label: str, reason: str, remedy: str = "Copy or download it again.") -> None:
        super().__init__(f"{label} is damaged: {reason}. {remedy}")


class EncryptedError(CorpusError):
    """A file is encrypted."""

    skipped_as: ClassVar[str] = "are encrypted"

    def __init__(self, label: str) -> None:
        super().__init__(f"{label} is encrypted. Save it without a password, and open that.")


class NoColumnError(CorpusError):
    """A file has no column of the wanted name."""

    skipped_as: ClassVar[str] = "have no such column"

    @classmethod
    def of_no_table(cls, label: str, column: str) -> NoColumnError:
        """The error of a file that has no columns at all."""
        return cls(
            f"{label} has no column '{shown(column, 60)}', because it is no table (csv, tsv or jsonl). "
            "Leave out --column."
        )


class TooLargeError(CorpusError):
    """A file is larger than files of its format may be."""

    skipped_as: ClassVar[str] = "are too large"

    def __init__(self, label: str, most: int) -> None:
        super().__init__(
            f"{label} has more than {most // 1_000_000:,} MB, the most that is read of such a file. "
            "Save its text as a .txt file."
        )


class BombError(CorpusError):
    """A file unpacks to more than is allowed. Nothing of the folder or archive around it is read either."""
