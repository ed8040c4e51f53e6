"""Prints how well each line of a text is predicted: of a list, which things are like the others and which are not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from io import StringIO

from model.cli.console import say, say_json
from model.tokens.tokenizer import Encoded, Tokenizer


class LinePrinter:
    """Prints the mean surprise of each line, its line end included, as soon as it is known.

    Args:
        text: as it was given.
        read: the text as the model reads it.
        tokenizer: of the model.
        json: whether to print a JSON object for each line.
    """

    def __init__(self, text: str, read: Encoded, tokenizer: Tokenizer, *, json: bool) -> None:
        self._given, self._json = StringIO(text), json
        self._tokens = map(tokenizer.text_of, read.ids.tolist())
        self._line, self._bits, self._predicted = "", 0.0, 0
        self._total, self._counted = 0.0, 0
        if not json:
            say("  bits  line")

    @property
    def mean(self) -> float:
        """In bits per character of what is predicted; 0 if nothing is."""
        return self._total / self._counted if self._counted else 0.0

    def add(self, values: Sequence[float]) -> None:
        """Take the surprises of the next tokens; NaN for one that is not predicted."""
        for bits, token in zip(values, self._tokens, strict=False):
            self._line += self._given.read(len(token))
            if not math.isnan(bits):
                self._bits += bits
                self._predicted += len(token)
            if token.endswith("\n"):
                self._say_line()

    def end(self) -> None:
        """The text is over, with or without a line end."""
        self._say_line()

    def _say_line(self) -> None:
        line, bits, predicted = self._line.strip("\n"), self._bits, self._predicted
        self._line, self._bits, self._predicted = "", 0.0, 0
        self._total += bits
        self._counted += predicted
        if not line or not predicted:
            return
        mean = bits / predicted
        if self._json:
            say_json({"event": "line", "line": line, "characters": predicted, "loss": mean * math.log(2), "bpc": mean})
        else:
            say(f"{mean:6.3f}  {line}")
