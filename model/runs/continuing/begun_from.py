"""BegunFrom: whose weights a run begins with. Plain data: an event of the run, and a table of its recipe.toml."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from corpora.safe_text import counted, shown

_MOST_LISTED = 20
"""Tokens that a sentence lists."""


@dataclass(frozen=True, slots=True)
class BegunFrom:
    """The run begins with the weights of another run, which it does not need any more."""

    run: str
    """That run's name."""
    weights: str
    """Which of its weights: 'best' or 'newest'."""
    epoch: int
    """Whole epochs that they were trained."""
    step: int
    """Optimiser steps that they were trained."""
    new: tuple[str, ...] = ()
    """Tokens of the text that the other run does not know."""
    dropped: tuple[str, ...] = ()
    """Tokens that it knows and the text lacks."""
    tokens: str = "characters"
    """What tokens are called: the recipe's `tokens`."""

    @property
    def origin(self) -> str:
        """Where the weights come from, as a clause."""
        return f"the {self.weights} weights of the run {shown(self.run)} (epoch {self.epoch}, step {self.step:,})"

    @property
    def sentences(self) -> tuple[str, ...]:
        """What to say at the beginning."""
        said = [f"Training begins with {self.origin}."]
        known = "characters" if self.tokens == "characters" else "tokens"
        for kind, tokens in _by_kind(self.new, self.tokens):
            are, each = ("is", "It starts") if len(tokens) == 1 else ("are", "Each starts")
            said.append(
                f"{_count(tokens, kind)} {are} new to these weights: {_listed(tokens)}. {each} as the average of the "
                f"{known} that they know."
            )
        for kind, tokens in _by_kind(self.dropped, self.tokens):
            do, are = ("does", "is") if len(tokens) == 1 else ("do", "are")
            why = f"{do} not occur in this text" if kind == "characters" else f"{are} not in the vocabulary of this run"
            said.append(f"{_count(tokens, kind)} that they know {why} and {are} left out: {_listed(tokens)}.")
        return tuple(said)


def _by_kind(tokens: Sequence[str], kind: str) -> list[tuple[str, list[str]]]:
    """Characters apart from words or pieces, where there are any; of these, one is told once, whatever space it has.

    What begins rare words, a letter with the space before it, is told of nowhere.
    """
    characters = [token for token in tokens if len(token) == 1]
    longer = dict.fromkeys(token.strip(" ") for token in tokens if len(token) > 1)
    both = ("characters", characters), (kind, [token for token in longer if len(token) > 1])
    return [(name, found) for name, found in both if found]


def _count(tokens: Sequence[str], kind: str) -> str:
    return counted(len(tokens), kind.removesuffix("s"))


def _listed(tokens: Sequence[str]) -> str:
    """The first tokens; those that cannot be seen as Python spells them."""
    seen = (token if token.strip() and token.isprintable() else repr(token) for token in tokens[:_MOST_LISTED])
    more = f" and {len(tokens) - _MOST_LISTED:,} more" if len(tokens) > _MOST_LISTED else ""
    return shown(" ".join(seen), 400) + more
