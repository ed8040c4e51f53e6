"""Estimates a new run: what was made of its text, what it will cost on this machine, and what would help."""

from __future__ import annotations

import math
from collections.abc import Callable, Container

from corpora.corpus import Corpus
from corpora.safe_text import counted
from model.preparing.advice import advise, large_alphabet
from model.preparing.cost import cost_of, usual_seconds
from model.preparing.estimate import Advice, Cost, Estimate
from model.preparing.fitting import Fitted, fit
from model.preparing.measured_speed import Machine
from model.recipe import Recipe
from model.runs.housekeeping.run_summary import spelled_size
from model.tokens.batches import BatchError, steps_in_pass

_LONG_SECONDS = 600.0
"""Of a run on a usual machine, from which its time is said before it begins."""


def estimate(
    corpus: Corpus, recipe: Recipe, epoch_weights: int, machine: Machine, free: Container[str] = ()
) -> Estimate:
    """What training on a text would cost on a machine.

    Args:
        corpus: opened as the recipe wants it.
        recipe: of the run.
        epoch_weights: megabytes for the weights of all epochs.
        machine: that would train it.
        free: fields of the recipe that fit themselves to the text.
    """
    fitted = fit(corpus, recipe, free)
    recipe, tokens = fitted.recipe, fitted.tokens
    _, held_out = corpus.split(recipe.held_out)
    kept = f"the last {len(held_out):,} are held out" if len(held_out) else "none are held out"
    about = "" if tokens.exact else "about "
    words = f" and {about}{counted(tokens.longer, recipe.tokens.removesuffix('s'))}" if tokens.longer else ""
    if begun := tokens.distinct - tokens.longer - len(corpus.alphabet):
        words += f", with {counted(begun, 'beginning')} of other words"
    text = f"{len(corpus):,} characters, {len(corpus.alphabet):,} distinct{words}; {kept}"
    advice = advise(corpus, recipe, tokens)
    try:
        speed = machine.speed_for(recipe, tokens.distinct)
        cost = cost_of(corpus, recipe, tokens, speed, epoch_weights * 1_000_000)
    except BatchError:
        return Estimate(text, None, advice, fitted.changes, fitted.notes)
    return Estimate(text, cost, (*advice, *_room(cost, machine)), fitted.changes, fitted.notes)


def said_of_a_long_run(
    corpus: Corpus, fitted: Fitted, epoch_weights: int, max_seconds: float | None, look: Callable[[], Machine]
) -> tuple[str, ...]:
    """How long a run will take, and what would make it shorter, where that is many minutes; nothing otherwise.

    Args:
        corpus: as for `estimate`.
        fitted: the recipe of the run.
        epoch_weights: as for `estimate`.
        max_seconds: of training, after which it stops, if there is a limit.
        look: finds the machine, if it is needed.
    """
    recipe, tokens = fitted.recipe, fitted.tokens
    steps = recipe.epochs * (recipe.steps_per_epoch or steps_in_pass(len(tokens.training), recipe))
    if min(usual_seconds(recipe, tokens.distinct, steps), max_seconds or math.inf) < _LONG_SECONDS:
        return ()
    cost = cost_of(corpus, recipe, tokens, look().speed_for(recipe, tokens.distinct), epoch_weights * 1_000_000)
    cost = cost._replace(max_seconds=max_seconds)
    shorter = large_alphabet(corpus, recipe)
    advice = f" {shorter.words}" if shorter else ""
    return (f"Training takes {cost.time}.{advice}",)


def _room(cost: Cost, machine: Machine) -> list[Advice]:
    """Where the machine has too little room."""
    said = []
    for size, what, have in (
        (cost.memory, "of memory", machine.memory),
        (cost.disk, "on the disk", machine.free),
    ):
        if have and size > have:
            needs, there = spelled_size(size), spelled_size(have)
            said.append(f"The run needs about {needs} {what}, and this machine has {there}.")
    return [Advice(sentence, {}) for sentence in said]
