"""Corpus: a text as integers, with the alphabet that maps them back to characters.

Methods import NumPy when they need it, so importing this module is cheap.
"""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from corpora.errors import CharlstmError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from corpora.reading.encoding import Encoding

    Ids = npt.NDArray[np.unsignedinteger]


UNKNOWN = "\ufffd"
"""Replaces rare characters and bytes that cannot be decoded."""


_PIECE = 1 << 25
"""Ids that are read at once."""


class CorpusError(CharlstmError):
    """A text could not be opened. The message says what happened, where, and what to do."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """A text of N characters over an alphabet of V. Two corpora with equal digests are the same text."""

    name: str
    """Short, and safe as a file name."""
    title: str
    """For readers; a single line without control characters."""
    alphabet: str
    """The V distinct characters, sorted by code point. A character's id is its index here."""
    ids: Ids
    """Shape (N,), not writeable; uint8, uint16 or uint32, the smallest that holds V ids."""
    unknown: str | None
    """The character of `alphabet` that replaced rare characters, or None if none was replaced."""
    notes: tuple[str, ...]
    """What was detected and changed while the text was opened, one sentence each."""
    lines: bool = False
    """Whether each line is a text by itself."""
    encoding: Encoding | None = None
    """How its bytes were read; of several files, most of them."""
    files: tuple[str, ...] = ()
    """Labels of what it was read from: of a folder or an archive, each file."""
    skipped: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Labels of the files that were not read, by the reason as it follows 'Files that ...'."""

    def __len__(self) -> int:
        return len(self.ids)

    def text(self, start: int = 0, stop: int | None = None) -> str:
        """The characters from `start` to `stop`, as in a slice."""
        import numpy as np

        codes = np.array([ord(character) for character in self.alphabet], dtype="<u4")
        return codes[self.ids[start:stop]].tobytes().decode("utf-32-le")

    def sequences(self, window: int, stride: int) -> int:
        """Number of windows of `window` characters, each followed by a target, when one starts every `stride`."""
        return len(range(0, len(self) - window, stride))

    def split(self, held_out: float) -> tuple[Ids, Ids]:
        """The ids to train on, and the held-out ids: the last share `held_out` (0 to 1) of the text.

        Where each line is a text by itself, the held-out ids begin with a line end, and so with a whole line.

        Raises:
            ValueError: the share is out of range.
        """
        if not 0 <= held_out <= 1:
            raise ValueError(f"held_out is {held_out}; it must be between 0 and 1.")
        cut = int(len(self) * (1 - held_out))
        if self.lines and held_out:
            cut = self._last_line_end(cut)
        return self.ids[:cut], self.ids[cut:]

    def _last_line_end(self, before: int) -> int:
        """The place of the last line end before a place; the place itself if there is none."""
        import numpy as np

        ends = np.flatnonzero(self.ids[:before] == self.alphabet.find("\n"))
        return int(ends[-1]) if len(ends) else before

    def digest(self) -> str:
        """SHA-256 of the alphabet and the ids, in hexadecimal; the same on every machine."""
        little_endian = self.ids.astype(self.ids.dtype.newbyteorder("<"), copy=False)
        digest = hashlib.sha256(self.alphabet.encode() + b"\0")
        mapped = getattr(self.ids.base, "obj", None)
        for start in range(0, len(little_endian), _PIECE):
            digest.update(little_endian[start : start + _PIECE].data)
            if isinstance(mapped, mmap.mmap):  # the memory of what is read once is given back
                mapped.madvise(mmap.MADV_DONTNEED)
        return digest.hexdigest()
