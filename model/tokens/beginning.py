"""What a seed means where a text consists of several: it stands at the beginning of one of them."""

from __future__ import annotations

import numpy as np

from corpora.reading.lines import LINE_END
from corpora.reading.read_as import SEPARATOR
from model.recipe import Recipe
from model.tokens.tokenizer import Encoded, Tokenizer


def ending_of(recipe: Recipe) -> str:
    """What ends each of the texts that a recipe tells apart; empty where all is one text."""
    return LINE_END if recipe.lines else SEPARATOR if recipe.separator else ""


def token_between(tokenizer: Tokenizer, recipe: Recipe) -> int | None:
    """The token that stands between the texts that a recipe tells apart; None where all is one text."""
    ending = ending_of(recipe)
    return int(tokenizer.encode(ending).ids[0]) if ending else None


def read_seed(tokenizer: Tokenizer, recipe: Recipe, text: str, prefix: str | None = None) -> Encoded:
    """The tokens of a seed, behind those that come before it: they are no part of its text.

    Where each line is a text, a seed is the beginning of one. Of longer texts it may be any part, but an empty seed is
    the beginning. Its end may belong to the next token: see `Tokenizer.encode_seed`.
    """
    read = tokenizer.encode_seed(text, prefix)
    before = tokenizer.encode(beginning_of(recipe, read.text)).ids
    if not len(before):
        return read
    return read._replace(ids=np.concatenate([before, read.ids]) if read.text else before)


def beginning_of(recipe: Recipe, text: str = "") -> str:
    """What the model reads before a seed."""
    if recipe.lines:
        return LINE_END
    return f"{SEPARATOR}\n" if recipe.separator and not text else ""


def whole_lines(tokenizer: Tokenizer, recipe: Recipe, ids: np.ndarray) -> int:
    """How many of the tokens that were written, integers (N,), count: to the last line end where each line is a text.

    All count where there is none.
    """
    if not recipe.lines:
        return len(ids)
    ends = np.flatnonzero(ids == tokenizer.encode(LINE_END).ids[0])
    return int(ends[-1]) + 1 if len(ends) else len(ids)
