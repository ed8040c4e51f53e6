"""TextProgress: how far a text has been downloaded, read, split or scored, told to those who wait for it."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic
from typing import Literal, NamedTuple

_FIRST_SECONDS = 1.0
"""What takes less is not worth a word."""
_SECONDS = 0.2
"""Between two words."""

Doing = Literal["downloading", "reading", "splitting", "joining pairs of", "scoring"]


class TextProgress(NamedTuple):
    """How far a text is."""

    doing: Doing
    """Splitting is into words. Pairs are joined into pieces: a library does it, and says nothing until it has done."""
    done: int
    """Bytes; where it is split, characters; where its pairs are joined, pieces; where it is scored, tokens."""
    total: int | None = None
    """Of them in all; None where that is not known."""

    @property
    def words(self) -> str:
        """How far, as it follows what is being done.

        >>> TextProgress("reading", 450, 1000).words, TextProgress("downloading", 12_345_678).words
        ('45%', '12.3 MB')
        """
        return f"{self.done / self.total:.0%}" if self.total else f"{self.done / 1e6:.1f} MB"


Tell = Callable[[TextProgress], object]
"""Told of progress. An exception that it raises stops what is done, and is passed on."""


class Pace:
    """When it is time for a word about progress: after a second, and a few times a second from then on."""

    def __init__(self, first_seconds: float = _FIRST_SECONDS) -> None:
        self._next = monotonic() + first_seconds

    def is_due(self) -> bool:
        """Whether it is time; if so, the next time comes a little later."""
        now = monotonic()
        due = now >= self._next
        if due:
            self._next = now + _SECONDS
        return due


def paced(progress: Tell | None, doing: Doing, total: int | None = None) -> Callable[[int], None]:
    """A function to call with what is done, as often as one likes: it tells `progress` of it when it is time."""
    pace = Pace()

    def told(done: int) -> None:
        if progress and pace.is_due():
            progress(TextProgress(doing, done, total))

    return told
