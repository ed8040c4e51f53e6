"""The named corpora, read from catalogue.toml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

NIETZSCHE = "nietzsche"
"""What is opened when nothing is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A named corpus: what it is, and where its text is had from."""

    name: str
    title: str
    language: str
    source: str
    """Who wrote it and where it comes from, for people."""
    characters: int
    """Exact for a fetched text, about right for one that changes with Python's version."""
    licence: str
    url: str | None = None
    """Where it is fetched from; None for a text that is always there."""
    sha256: str | None = None
    """Of the file at `url`."""
    file: str = ""
    """Its file's name in the cache and in the folder CHARLSTM_CORPORA names, or else in this package."""
    kept: str = "file"
    """'file', or what of the running Python it is: 'manual' or 'stdlib'."""


@cache
def catalogue() -> dict[str, Entry]:
    """Every named corpus by its name, in the order in which they are shown."""
    import tomllib
    from importlib.resources import files

    tables = tomllib.loads(files("corpora").joinpath("catalogue.toml").read_text(encoding="utf-8"))
    return {name: Entry(name=name, **table) for name, table in tables.items()}


def always_there() -> list[str]:
    """Names of the corpora that need no network."""
    return [entry.name for entry in catalogue().values() if entry.url is None]
