"""Odds: what may follow at one place of a stream's text, for the screen."""

from __future__ import annotations

from typing import NamedTuple

from model.sampling import Sampling


class OddsRow(NamedTuple):
    """One token that may follow."""

    token: int
    text: str
    before: float
    """Its probability as the model gives it."""
    after: float
    """Its probability as it is drawn, after temperature and filters."""
    cut_by: str
    """The filter that cut it, empty where it was kept."""


class Likeliest(NamedTuple):
    """The likeliest tokens at a place."""

    rows: tuple[OddsRow, ...]
    """The likeliest first, as the model gives them; the token that stands at the place is always among them."""
    entropy: float
    """Of what is drawn from, in bits."""


class Odds(NamedTuple):
    """The likeliest tokens at a place of a stream's newest text."""

    stream: int
    offset: int
    """Characters of the stream's newest text before the place, without its seed."""
    there: int | None
    """The token that stands there; None at the end of the text."""
    likeliest: Likeliest
    drawn_with: Sampling | None = None
    """The sampling that it was drawn with; None where it was not drawn."""
