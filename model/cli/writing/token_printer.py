"""Prints a text with a number at each token: in colours on a terminal, as a table or JSON elsewhere."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from typing import NamedTuple

from rich.console import Console
from rich.text import Text

from model.cli.console import plain, say, say_json
from model.tokens.tokenizer import Encoded, Tokenizer
from model.writing.surprise import NO_LEVEL, level_names, surprise_level
from model.writing.units.following import ACTIVATION_LEVELS, activation_level

_UNKNOWN = "italic underline red"


class Scale(NamedTuple):
    """What the numbers are, and how each of their levels looks."""

    name: str
    """For the legend."""
    key: str
    """For JSON."""
    level: Callable[[float], int]
    """NO_LEVEL for NaN."""
    meanings: Sequence[str]
    coloured: Sequence[str]
    colourless: Sequence[str]


SURPRISE = Scale(
    "surprise",
    "bits",
    surprise_level,
    level_names(),
    ("dim", "", "bold yellow", "bold underline yellow"),
    ("dim", "", "bold", "bold underline"),
)
ACTIVATION = Scale(
    "activation",
    "activation",
    activation_level,
    ACTIVATION_LEVELS,
    ("underline blue", "blue", "dim", "yellow", "underline yellow"),
    ("dim underline", "dim", "", "bold", "bold underline"),
)


class TokenPrinter:
    """Prints the number at each token of a text, as it is known.

    Args:
        text: as it was given.
        read: the text as the model reads it.
        tokenizer: of the model.
        scale: what the numbers are.
        json: whether to print a JSON object for each token.
    """

    def __init__(self, text: str, read: Encoded, tokenizer: Tokenizer, scale: Scale, *, json: bool) -> None:
        self._text, self._read, self._text_of, self._scale = text, read, tokenizer.text_of, scale
        self._replaced = frozenset(read.replaced)
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
        self._json, self._coloured = json, self._console.is_terminal and os.environ.get("TERM") != "dumb"
        self._done = self._characters = self._counted = 0
        self._total = 0.0
        if not (self._json or self._coloured):
            say("\t".join(["token", scale.key, *["read as"] * bool(read.replaced)]))

    @property
    def mean(self) -> float:
        """Per character of what has a number; 0 if nothing has."""
        return self._total / self._counted if self._counted else 0.0

    def add(self, values: Sequence[float]) -> None:
        """Print the next tokens; those whose number is not known have NaN."""
        line = Text()
        for each in values:
            token = self._text_of(int(self._read.ids[self._done]))
            start, end = self._characters, self._characters + len(token)
            given, unknown = self._text[start:end], not self._replaced.isdisjoint(range(start, end))
            if not math.isnan(each):
                self._total += each
                self._counted += len(token)
            if self._json:
                self._say_record(given, token, each, unknown)
            elif self._coloured:
                line.append(plain(given), self._style(each, unknown))
            else:
                number = "" if math.isnan(each) else f"{each:.3f}"
                say("\t".join([repr(given), number, *[repr(token)] * unknown]))
            self._done, self._characters = self._done + 1, end
        if self._coloured and not self._json:
            self._console.print(line, end="")

    def end(self) -> None:
        """Print what the colours mean."""
        if self._coloured and not self._json:
            self._console.print()
            legend = Text(self._scale.name)
            for level, meaning in enumerate(self._scale.meanings):
                legend.append("  ").append(meaning, self._styles[level])
            if self._replaced:
                legend.append("  ").append("not known to the model", _UNKNOWN)
            self._console.print(legend)

    @property
    def _styles(self) -> Sequence[str]:
        return self._scale.colourless if self._console.no_color else self._scale.coloured

    def _style(self, value: float, unknown: bool) -> str:
        level = self._scale.level(value)
        return _UNKNOWN if unknown else "" if level == NO_LEVEL else self._styles[level]

    def _say_record(self, given: str, read: str, value: float, unknown: bool) -> None:
        known = None if math.isnan(value) else round(value, 4)
        record = {"event": "token", "token": given, self._scale.key: known}
        say_json(record | ({"read": read} if unknown else {}))
