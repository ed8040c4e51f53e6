"""The named corpora, read from catalogue.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

DEFAULT = "nietzsche"
"""The corpus that opens when the user names none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A named corpus: what it is and where its text comes from."""

    name: str
    title: str
    language: str
    source: str
    """Author and origin, for readers."""
    characters: int = 0
    """Exact for a text with a digest, approximate for one that changes with Python's version, 0 for a book."""
    licence: str
    url: str | None = None
    """Download address; None for a built-in text and for a book."""
    gutenberg: int = 0
    """The number of a book of Project Gutenberg; 0 for another text."""
    sha256: str | None = None
    """Of the file at `url`."""
    file: str = ""
    """File name in the cache and in the folder CHARLSTM_CORPORA; for a built-in text, in this package."""
    kind: str = "file"
    """'file', or a part of the running Python: 'manual' or 'stdlib'."""

    @property
    def ships(self) -> bool:
        """Whether it needs no network."""
        return self.url is None and not self.gutenberg


@cache
def catalogue() -> dict[str, Entry]:
    """Every named corpus by its name, in display order."""
    import tomllib
    from importlib.resources import files

    tables = tomllib.loads(files("corpora").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return {name: Entry(name=name, **table) for name, table in tables.items()}


def built_in() -> list[str]:
    """Names of the corpora that need no network."""
    return [entry.name for entry in catalogue().values() if entry.ships]
