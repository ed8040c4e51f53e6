"""Explanations: what each word on the screen and each option means, why it matters and how to read it.

The texts are plain data, in the TOML files of this folder. To add a term, add a table to one of them; a test holds its
length and its sentences to the limits below.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

GROUPS = {
    "Measuring": "measuring.toml",
    "The chart": "chart_terms.toml",
    "Training": "training_terms.toml",
    "The network": "network_terms.toml",
    "Single units": "unit_terms.toml",
    "Writing": "writing_terms.toml",
    "Sampling": "sampling_terms.toml",
}
"""Headings of the list of terms, and the file that holds the terms of each."""

FEWEST_SENTENCES, MOST_SENTENCES = 3, 6
MOST_CHARACTERS = 480
"""Of a whole text, so that it fits a small box beside what it explains."""

_SUGGESTIONS = 3
_NEAR = 0.65
"""How alike in spelling two names are, by difflib, at least: enough for a typing mistake or a part of a name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A term and its text, in three parts."""

    term: str
    """As it is written in options: 'top-p'."""
    group: str
    """A heading of GROUPS."""
    what: str
    """What it is."""
    why: str
    """Why it matters."""
    read: str
    """How to read it, or to use it."""
    also: tuple[str, ...] = ()
    """Its other names, on the screen and of options."""

    @property
    def text(self) -> str:
        """All parts as one paragraph."""
        return f"{self.what} {self.why} {self.read}"


@cache
def explanations() -> dict[str, Explanation]:
    """Every term with its text, in the order of the files."""
    import tomllib
    from importlib.resources import files

    folder = files("model.options.explaining")
    return {
        term: Explanation(term=term, group=group, **(table | {"also": tuple(table.get("also", ()))}))
        for group, file in GROUPS.items()
        for term, table in tomllib.loads(folder.joinpath(file).read_text(encoding="utf-8")).items()
    }


def find_explanation(name: str) -> Explanation | None:
    """The text for a term or one of its other names; None for an unknown one.

    >>> find_explanation("--top-p") is find_explanation("Top P") is find_explanation("nucleus")
    True
    >>> find_explanation("--no-guard") is find_explanation("guard")
    True
    """
    plain = _plain(name)
    return _by_name().get(plain) or _by_name().get(plain.removeprefix("no-"))


def suggestions(name: str) -> list[str]:
    """Names of terms that are spelled like an unknown one, the nearest first; of each term, one.

    >>> suggestions("cycle"), suggestions("nonsense")
    (['one-cycle'], [])
    """
    near = get_close_matches(_plain(name), _by_name(), n=_SUGGESTIONS * 2, cutoff=_NEAR)
    nearest = {_by_name()[each].term: each for each in reversed(near)}
    return sorted(nearest.values(), key=near.index)[:_SUGGESTIONS]


@cache
def _by_name() -> dict[str, Explanation]:
    every = explanations().values()
    return {_plain(also): each for each in every for also in each.also} | {each.term: each for each in every}


def _plain(name: str) -> str:
    """A name without dashes before it or a value behind it, in small letters, with dashes between its words."""
    return "-".join(name.partition("=")[0].lower().replace("_", " ").replace("-", " ").split())
