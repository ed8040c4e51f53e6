"""Corpus: a text as integers, with the alphabet that gives them back their characters.

NumPy is imported by the methods that need it, so that naming a Corpus costs nothing before one is opened.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Ids = npt.NDArray[np.unsignedinteger]


UNKNOWN = "\ufffd"
"""What stands, visibly, for a character that was folded away or bytes that mean nothing."""


class CorpusError(Exception):
    """A text could not be opened; the message says what, where and what to do, in a sentence or two."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A text of N characters over an alphabet of V. Two are the same text when their digests are equal."""

    name: str
    """Short, and safe as a file name."""
    title: str
    """For people; a single line without control characters."""
    alphabet: str
    """The V distinct characters, sorted by code point. A character's id is its index here."""
    ids: Ids
    """Shape (N,), not writeable; uint8, uint16 or uint32, the smallest that holds V ids."""
    unknown: str | None
    """The stand-in among `alphabet` that rare characters were folded into, or None when none was."""
    notes: tuple[str, ...]
    """What was found and changed while opening the text, a sentence each."""

    def __len__(self) -> int:
        return len(self.ids)

    def text(self, start: int = 0, stop: int | None = None) -> str:
        """The characters from `start` to `stop`, meant as in a slice."""
        import numpy as np

        codes = np.array([ord(character) for character in self.alphabet], dtype="<u4")
        return codes[self.ids[start:stop]].tobytes().decode("utf-32-le")

    def sequences(self, window: int, stride: int) -> int:
        """How many windows of `window` characters, each with its next character, start every `stride`."""
        return len(range(0, len(self) - window, stride))

    def split(self, held_out: float) -> tuple[Ids, Ids]:
        """The ids trained on, and the tail of the text that is not: a share `held_out` of it, from 0 to 1.

        Raises:
            ValueError: the share lies outside those bounds.
        """
        if not 0 <= held_out <= 1:
            raise ValueError(f"held_out is {held_out}; it must be between 0 and 1.")
        cut = int(len(self) * (1 - held_out))
        return self.ids[:cut], self.ids[cut:]

    def digest(self) -> str:
        """SHA-256, in hexadecimal, of the alphabet and the ids: the same on every machine."""
        little_endian = self.ids.astype(self.ids.dtype.newbyteorder("<"), copy=False)
        digest = hashlib.sha256(self.alphabet.encode() + b"\0")
        digest.update(little_endian.data)
        return digest.hexdigest()
