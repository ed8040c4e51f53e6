"""Bounds: how much one file may unpack to, so that a small file cannot fill the memory or the disk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from corpora.formats.format_errors import BombError, TooLargeError
from corpora.sources import Part

FREE = 100_000_000
"""Bytes that any file may unpack to."""
RATIO = 100
"""Bytes that each byte of a larger file may unpack to; texts have about 4, the most repetitive logs up to 50."""
MOST = 4_000_000_000
"""Bytes that no file may exceed."""
MOST_FILES = 100_000
"""Files in an archive."""
MOST_LAYERS = 6
"""Archives and compressions in one another."""
MOST_WHOLE = 100_000_000
"""Bytes of a file that is read as a whole: a web page, a notebook, RTF."""


@dataclass(slots=True)
class Bounds:
    """What may still come out of one file that the user named, counted over all that lies in it."""

    label: str
    left: int
    layers: int = MOST_LAYERS

    @classmethod
    def of(cls, part: Part) -> Bounds:
        """The bounds for a file, from its size."""
        return cls(part.label, min(MOST, FREE + RATIO * part.size()))

    def spend(self, unpacked: int) -> None:
        """Count bytes that were unpacked, or will be.

        Raises:
            BombError: they are too many.
        """
        self.left -= unpacked
        if self.left < 0:
            raise BombError(
                f"{self.label} unpacks to far more than its size, or to more than {MOST // 10**9:,} GB, and is not "
                "read. If that is right, unpack it with another program, and open its text."
            )

    def check_files(self, count: int) -> None:
        """Raise BombError if an archive has too many files."""
        if count > MOST_FILES:
            raise BombError(f"{self.label} has more than {MOST_FILES:,} files. Unpack it, and open a folder of it.")

    @contextmanager
    def inside(self, label: str) -> Iterator[None]:
        """While what is in a compression or an archive is read, which may be damaged.

        Raises:
            BombError: there are too many in one another.
        """
        if not self.layers:
            raise BombError(f"{label} lies in {MOST_LAYERS} archives, one in another. Unpack it with another program.")
        self.layers -= 1
        try:
            yield
        finally:
            self.layers += 1


def whole(texts: Iterator[str], label: str) -> str:
    """A text that is needed as a whole.

    Raises:
        TooLargeError: it is too large for that.
    """
    pieces, size = [], 0
    for text in texts:
        size += len(text)
        if size > MOST_WHOLE:
            raise TooLargeError(label, MOST_WHOLE)
        pieces.append(text)
    return "".join(pieces)
