"""Fits to the size of a text what the user has not set of a recipe. NumPy only.

With the usual batch a short text is read in few steps, and learned by heart before its language is learned. A long one
would take hours to the end of its first epoch. Between them nothing is fitted. All depends on the text and the recipe
alone, not on the machine, so that a run can be made again elsewhere. The numbers were found by
`tests/benchmarks/sizes.py`.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from corpora.corpus import Corpus
from corpora.safe_text import counted
from model.networks.sight import said_of_dilations
from model.options.fields import spelled_options
from model.preparing.cost import usual_seconds
from model.preparing.text_tokens import TextTokens, tokens_of
from model.recipe import Recipe
from model.tokens.batches import steps_in_pass

_LANE = 1500
"""Tokens that a lane has in a short text, about."""
_SMALLEST_BATCH = 4
_WINDOWS_IN_LANE = 4
"""At least, or the window is made smaller."""
_STEPS, _ENOUGH = 1600, 100_000
"""Steps of a run, at least, in which each epoch has its part; and characters from which they may be fewer."""
_MORE = 1.05
"""Passes over the text in an epoch, at least, that are more than one."""
_WEIGHTS_DROPPED, _OUTPUTS_DROPPED = 0.4, 0.5
"""At most: `weight_drop` and `dropout`."""
_ALL_WEIGHTS, _NO_WEIGHTS = 40_000, 200_000
"""Characters of a text up to which that many weights are dropped, and from which none are."""
_ALL_OUTPUTS, _NO_OUTPUTS = 2_000, 50_000
"""The same for outputs."""

_HELD_OUT = 250_000
"""Characters that are held out, at most: more are read for long, and say no more."""
_LONG_SECONDS = 120.0
"""Of a pass over the text, above which epochs are shorter than a pass."""
_EPOCH_SECONDS = 60.0
"""Of such an epoch, about."""


class Fitted(NamedTuple):
    """A recipe that fits its text."""

    recipe: Recipe
    changes: Mapping[str, object]
    """The fields that were fitted, with their values."""
    notes: tuple[str, ...]
    """What was chosen and why, and what of the recipe is not what it seems, a sentence each."""
    tokens: TextTokens
    """Of the text."""


def fit(corpus: Corpus, recipe: Recipe, free: Container[str]) -> Fitted:
    """Fit a recipe to a text.

    Args:
        corpus: opened as the recipe wants it.
        recipe: of a new run.
        free: the fields that may be changed.
    """
    changes: dict[str, Any] = {}

    def take(name: str, value: float) -> None:
        if name in free and value != getattr(recipe, name):
            changes[name] = value

    if len(corpus) * recipe.held_out > _HELD_OUT:
        take("held_out", float(f"{_HELD_OUT / len(corpus):.1g}"))
    tokens = tokens_of(corpus, replace(recipe, **changes))
    if recipe.reading == "lanes":
        for name, value in _for_short(corpus, len(tokens.training), recipe).items():
            take(name, value)
    steps = steps_in_pass(len(tokens.training), replace(recipe, **changes))
    enough = math.ceil(_STEPS * min(1.0, _ENOUGH / len(corpus)) / recipe.epochs)
    if "epochs" in free and 0 < _MORE * steps <= enough and recipe.reading == "lanes":
        take("steps_per_epoch", enough)
    seconds = usual_seconds(recipe, tokens.distinct, steps)
    if seconds > _LONG_SECONDS:
        take("steps_per_epoch", math.ceil(steps / round(seconds / _EPOCH_SECONDS)))
    fitted = replace(recipe, **changes)
    long = "held_out" in changes or seconds > _LONG_SECONDS
    notes = _notes(changes, steps, long=long), _said_of_epochs(recipe.steps_per_epoch, steps), said_of_dilations(fitted)
    return Fitted(fitted, changes, sum(notes, ()), tokens)


def _for_short(corpus: Corpus, tokens: int, recipe: Recipe) -> dict[str, float]:
    """The values for a short text with so many tokens to train on; for a longer one those that the recipe has."""
    batch = min(recipe.batch, max(_SMALLEST_BATCH, _power_of_two(tokens / _LANE)))
    window = min(recipe.window, max(2, _power_of_two(tokens / batch / _WINDOWS_IN_LANE)))
    dropped = {
        "weight_drop": _WEIGHTS_DROPPED * _between(len(corpus), _ALL_WEIGHTS, _NO_WEIGHTS),
        "dropout": _OUTPUTS_DROPPED * _between(len(corpus), _ALL_OUTPUTS, _NO_OUTPUTS),
    }
    shares = {name: round(share, 1) for name, share in dropped.items() if name not in recipe.without}
    more = {name: share for name, share in shares.items() if share > getattr(recipe, name)}
    return {"batch": batch, "window": window, **more}


def _between(length: int, full: int, none: int) -> float:
    """1 up to one length, 0 from another, and on the way from one to the other by their proportion."""
    return min(1.0, max(0.0, math.log(none / max(1, length)) / math.log(none / full)))


def _power_of_two(size: float) -> int:
    """The power of two that is nearest in proportion."""
    return int(2 ** max(0, round(math.log2(max(1.0, size)))))


def _notes(changes: Mapping[str, Any], steps: int, *, long: bool) -> tuple[str, ...]:
    """What was fitted, in a sentence."""
    if not changes:
        return ()
    passes = f" (an epoch reads {_share(epoch / steps, 'it')})" if (epoch := changes.get("steps_per_epoch")) else ""
    return (f"Fitted to this {'long' if long else 'short'} text: {spelled_options(changes)}{passes}.",)


def _said_of_epochs(chosen: int, steps: int) -> tuple[str, ...]:
    """How much of the text an epoch reads whose steps the user has chosen, in a sentence; none if it is a pass."""
    if not chosen or not steps or steps <= chosen < _MORE * steps:
        return ()
    return (f"An epoch of {counted(chosen, 'step')} reads {_share(chosen / steps, 'the text')}.",)


def _share(passes: float, text: str) -> str:
    """'it 2.5 times' or '12% of it'."""
    if passes < 1:
        return f"{100 * passes:.{0 if passes >= 0.1 else 1}f}% of {text}"
    return f"{text} {passes:,.{0 if passes >= 10 else 1}f} times"
