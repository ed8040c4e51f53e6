# ruff: noqa: RUF001 - curly quotes are what this is about
"""Texts in many languages and encodings, made of those in tests/data/languages.toml."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parents[2] / "data" / "languages.toml"

WIDE = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be")
"""Encodings of every text."""

_PLAIN = str.maketrans({**dict.fromkeys("“”„«»", '"'), **dict.fromkeys("‘’´", "'"), "–": "-", "—": "-", "…": "..."})


class Case(NamedTuple):
    """A text as bytes, and what it reads."""

    language: str
    codec: str
    kind: str
    text: str

    @property
    def data(self) -> bytes:
        return self.text.encode(self.codec)

    @property
    def name(self) -> str:
        return f"{self.language} {self.codec} {self.kind}"

    def is_read_as(self, codec: str | None) -> bool:
        """Whether this codec gives the same text."""
        try:
            return codec is not None and self.data.decode(codec) == self.text
        except (UnicodeError, LookupError):
            return False


@cache
def languages() -> dict[str, dict[str, list[str]]]:
    """By name, the old encodings of a language and the lines of its text."""
    tables = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {
        name: {"codecs": table["codecs"], "lines": table["text"].strip("\n").split("\n")}
        for name, table in tables.items()
    }


def text_of(language: str, codec: str, size: int) -> str:
    """About so many bytes of a language, as its encoding has them: beyond its lines, these again in other orders."""
    lines = [_fitted(line, codec) + "\n" for line in languages()[language]["lines"]]
    shuffled, length = random.Random(language), 0
    chosen: list[str] = []
    while True:
        for line in shuffled.sample(lines, len(lines)) if chosen else lines:
            length += len(line.encode(codec))
            if chosen and length > size:
                return "".join(chosen)
            chosen.append(line)


def old_cases(*sizes: int) -> Iterator[Case]:
    """Every text in its encodings from before Unicode."""
    for language, table in languages().items():
        for codec in table["codecs"]:
            for size in sizes:
                yield Case(language, codec, f"{size:,} bytes", text_of(language, codec, size))


def wide_cases(*sizes: int) -> Iterator[Case]:
    """Every text in the encodings of Unicode, with and without marks."""
    for language in languages():
        for codec in WIDE:
            for size in sizes:
                yield Case(language, codec, f"{size:,} bytes", text_of(language, "utf-8", size))


def coloured_cases(size: int) -> Iterator[Case]:
    """Every text with colours around its words."""
    for case in old_cases(size):
        if case.codec != "iso2022_jp":  # whose letters are escape sequences themselves
            words = [f"\x1b[1;3{at % 8}m{word}\x1b[0m" for at, word in enumerate(case.text.split(" "))]
            yield case._replace(kind=f"{case.kind}, coloured", text=" ".join(words))


def _fitted(line: str, codec: str) -> str:
    """The line with plain marks for those that the encoding lacks."""
    return "".join(each if _has(codec, each) else each.translate(_PLAIN) for each in line)


def _has(codec: str, character: str) -> bool:
    try:
        character.encode(codec)
    except UnicodeEncodeError:
        return False
    return True
