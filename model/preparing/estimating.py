"""Estimates a new run: what was made of its text, what it will cost on this machine, and what would help."""

from __future__ import annotations

from corpora.corpus import Corpus
from model.preparing.advice import advise
from model.preparing.cost import cost_of
from model.preparing.estimate import Advice, Cost, Estimate
from model.preparing.measured_speed import Machine
from model.preparing.text_tokens import tokens_of
from model.recipe import Recipe
from model.runs.housekeeping.run_summary import spelled_size
from model.tokens.batches import BatchError


def estimate(corpus: Corpus, recipe: Recipe, epoch_weights: int, machine: Machine) -> Estimate:
    """What training on a text would cost on a machine.

    Args:
        corpus: opened as the recipe wants it.
        recipe: of the run.
        epoch_weights: megabytes for the weights of all epochs.
        machine: that would train it.
    """
    tokens = tokens_of(corpus, recipe)
    _, held_out = corpus.split(recipe.held_out)
    kept = f"the last {len(held_out):,} are held out" if len(held_out) else "none are held out"
    words = f" and about {tokens.longer:,} {recipe.tokens}" if tokens.longer else ""
    text = f"{len(corpus):,} characters, {len(corpus.alphabet):,} distinct{words}; {kept}"
    advice = advise(corpus, recipe, tokens)
    try:
        speed = machine.speed_for(recipe, tokens.distinct)
        cost = cost_of(corpus, recipe, tokens, speed, epoch_weights * 1_000_000)
    except BatchError:
        return Estimate(text, None, advice)
    return Estimate(text, cost, (*advice, *_room(cost, machine)))


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
