"""Prints a text with a model's surprise at each character: in colours on a terminal, as a table or JSON elsewhere."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from model.cli.console import plain, say, say_json
from model.tokens.tokenizer import Encoded, Tokenizer
from model.writing.surprise import NO_LEVEL, level_names, surprise_level

_COLOURED = ("dim", "", "bold yellow", "bold underline yellow")
_COLOURLESS = ("dim", "", "bold", "bold underline")
_UNKNOWN = "italic underline red"


class SurprisePrinter:
    """Prints the surprise at each token of a text, as it is known.

    Args:
        text: as it was given.
        read: the text as the model reads it.
        tokenizer: of the model.
        json: whether to print a JSON object for each token.
    """

    def __init__(self, text: str, read: Encoded, tokenizer: Tokenizer, *, json: bool) -> None:
        self._text, self._read, self._text_of = text, read, tokenizer.text_of
        self._replaced = frozenset(read.replaced)
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._json, self._coloured = json, self._console.is_terminal and os.environ.get("TERM") != "dumb"
        self._done = self._characters = self._counted = 0
        self._bits = 0.0

    @property
    def mean(self) -> float:
        """Bits per character of what has a surprise; 0 if nothing has."""
        return self._bits / self._counted if self._counted else 0.0

    def add(self, bits: Sequence[float]) -> None:
        """Print the next tokens."""
        line = Text()
        for each in bits:
            token = self._text_of(int(self._read.ids[self._done]))
            start, end = self._characters, self._characters + len(token)
            unknown = not self._replaced.isdisjoint(range(start, end))
            if not math.isnan(each):
                self._bits += each
                self._counted += len(token)
            if self._json:
                self._say_record(self._text[start:end], token, each, unknown)
            elif self._coloured:
                line.append(plain(token), self._style(each, unknown))
            else:
                say(f"{self._text[start:end]!r}\t{'' if math.isnan(each) else format(each, '.3f')}")
            self._done, self._characters = self._done + 1, end
        if self._coloured and not self._json:
            self._console.print(line, end="")

    def end(self) -> None:
        """Print what the colours mean."""
        if self._coloured and not self._json:
            self._console.print()
            legend = Text("surprise")
            for level, meaning in enumerate(level_names()):
                legend.append("  ").append(meaning, self._styles[level])
            if self._replaced:
                legend.append("  ").append("not known to the model", _UNKNOWN)
            self._console.print(legend)

    @property
    def _styles(self) -> tuple[str, ...]:
        return _COLOURLESS if self._console.no_color else _COLOURED

    def _style(self, bits: float, unknown: bool) -> str:
        level = surprise_level(bits)
        return _UNKNOWN if unknown else "" if level == NO_LEVEL else self._styles[level]

    def _say_record(self, given: str, read: str, bits: float, unknown: bool) -> None:
        record = {"event": "character", "character": given, "bits": None if math.isnan(bits) else round(bits, 4)}
        say_json(record | ({"read": read} if unknown else {}))
