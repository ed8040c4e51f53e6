"""A text while it is written: where it stops, and how much of it is certain."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.writing.language_model import DrawnToken


class WrittenText:
    """A text that grows by tokens until a string appears in it, which is left out.

    Args:
        until: the string; empty to never stop.
        keep_tokens: whether `tokens` is wanted: it takes much more memory than the text.
    """

    def __init__(self, until: str = "", *, keep_tokens: bool = False) -> None:
        self._until, self._keep_tokens = until, keep_tokens
        self.held = ""
        """The end of it that may be the beginning of the string."""
        self._pieces: list[str] = []
        self.tokens: list[DrawnToken] = []
        """Those of the text, if they are kept."""
        self.stopped = False
        """Whether the string has appeared."""

    @property
    def text(self) -> str:
        """All of it so far."""
        return "".join(self._pieces) + self.held

    def add(self, tokens: Sequence[DrawnToken]) -> str:
        """Add tokens; after the stop, none.

        Returns:
            What of the text is new and certain: not the beginning of the string.
        """
        if self.stopped:
            return ""
        if self._keep_tokens:
            self.tokens += tokens
        held, self.held = self.held + "".join(each.token for each in tokens), ""
        if self._until and self._until in held:
            self.stopped = True
            certain = held[: held.index(self._until)]
            self._drop_tokens(len(held) - len(certain))
        else:
            certain = held[: len(held) - self._begun(held)]
            self.held = held[len(certain) :]
        self._pieces.append(certain)
        return certain

    def _begun(self, text: str) -> int:
        """How many characters at the end of a text may be the beginning of the string."""
        longest = min(len(self._until) - 1, len(text))
        return next((n for n in range(longest, 0, -1) if self._until.startswith(text[-n:])), 0)

    def _drop_tokens(self, characters: int) -> None:
        """Drop the tokens that reach into the last characters."""
        while self.tokens and characters > 0:
            characters -= len(self.tokens.pop().token)
