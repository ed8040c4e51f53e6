"""What to change before a run begins: for texts that are too short, and for alphabets that are too large."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from corpora.corpus import Corpus
from model.networks.cpu.availability import slower_with
from model.preparing.cost import work_of
from model.preparing.estimate import Advice
from model.preparing.text_tokens import TextTokens, tokens_of
from model.recipe import Recipe
from model.tokens.batches import BatchError, open_reader
from model.tokens.tokenizer import few_words

SHORT = 100_000
"""Characters below which a text is short for any network."""
_FEWEST_STEPS = 1000
"""Of a run, below which a network has hardly begun to learn."""
_SMALLEST_BATCH = 8
_MOST_EPOCHS = 100
"""That are advised."""
_REMEDIES = {"batch": "make the batch smaller", "epochs": "train for more epochs"}
"""For a run of few steps."""
_MOST_DISTINCT = 150
"""Distinct characters that need no advice."""
_COUNTS = (2, 3, 5, 10, 20, 50, 100)
_SMALL_COUNTS, _LEARNED = (2, 3, 5), 10
"""Counts whose loss is told, and how often a character must occur at least to be learned."""
_LOST = 0.01
"""Of a text, at most, where rare characters become one."""
_FEWER = 0.75
"""Of the distinct characters, at most, or it is not worth it."""
_FEWEST_HELD_OUT = 2000
_PART = 1 << 20


def advise(corpus: Corpus, recipe: Recipe, tokens: TextTokens | None = None) -> tuple[Advice, ...]:
    """What to say about training on a text by a recipe, the most important first; its tokens may be known already."""
    tokens = tokens or tokens_of(corpus, recipe)
    training, held_out = corpus.split(recipe.held_out)
    try:
        steps = open_reader(tokens.training, recipe).steps_per_epoch
    except BatchError as error:
        return (Advice(error.sentence, error.changes, hinders=True),)
    every = (
        _few_steps(steps, tokens.training, recipe),
        _short(len(training), recipe),
        large_alphabet(corpus, recipe),
        _slow_precision(recipe),
        _few_words(tokens, recipe),
        _held_out(len(held_out), recipe),
    )
    return tuple(filter(None, every))


def _few_steps(steps: int, training: np.ndarray, recipe: Recipe) -> Advice | None:
    whole = steps * recipe.epochs
    if whole >= _FEWEST_STEPS:
        return None
    changes: dict[str, object] = {}
    if recipe.batch > _SMALLEST_BATCH:
        changes["batch"] = _SMALLEST_BATCH
        steps = open_reader(training, replace(recipe, batch=_SMALLEST_BATCH)).steps_per_epoch
    if steps * recipe.epochs < _FEWEST_STEPS:
        epochs = max(recipe.epochs, min(_MOST_EPOCHS, -(-_FEWEST_STEPS // steps)))
        changes |= {"epochs": epochs} if epochs > recipe.epochs else {}
    remedy = " and ".join(_REMEDIES[name] for name in changes) or "use a longer text"
    return Advice(f"The run has only {whole:,} steps, too few to learn much: {remedy}.", changes)


def _short(characters: int, recipe: Recipe) -> Advice | None:
    if characters >= SHORT or recipe.weight_drop:
        return None
    few = f"{characters:,} characters to train on are few: the network will learn them by heart. Use {SHORT:,} or more"
    if "weight_drop" in recipe.without:
        return Advice(f"{few} if you can.", {})
    return Advice(f"{few} if you can; dropping weights helps.", {"weight_drop": 0.4})


def _few_words(tokens: TextTokens, recipe: Recipe) -> Advice | None:
    few = few_words(tokens.longer, recipe) if tokens.exact else ""
    return Advice(few, {}) if few else None


def large_alphabet(corpus: Corpus, recipe: Recipe) -> Advice | None:
    """What helps if a text has very many distinct characters: the count below which they are too rare to matter.

    Where the text consists of rare ones, none: that is said, with what the counts would take.
    """
    distinct = len(corpus.alphabet)
    if distinct <= _MOST_DISTINCT:
        return None
    counts = np.sort(sum(np.bincount(part, minlength=distinct) for part in _parts(corpus.ids)))
    found = None
    for least in _COUNTS:
        rare = int(np.searchsorted(counts, least))
        lost = counts[:rare].sum() / len(corpus)
        if lost > _LOST:
            break
        if least > recipe.min_count and distinct - rare <= _FEWER * distinct:
            found = least, rare, lost
    if found is None:
        return _all_rare(counts)
    least, rare, lost = found
    before, after = (work_of(recipe, count, 0).step for count in (distinct, distinct - rare + 1))
    often = "only once" if least == 2 else f"fewer than {least} times"
    return Advice(
        f"{distinct:,} distinct characters are many, and {rare:,} of them occur {often}: {lost:.1%} of the text. Taken "
        f"together as one 'unknown', they are no loss, and a step takes about {after / before:.0%} of the time.",
        {"min_count": least},
    )


def _all_rare(counts: np.ndarray) -> Advice | None:
    """That most characters are too rare to be learned and too many to leave out, if so; their counts are ascending."""
    rare = int(np.searchsorted(counts, _LEARNED))
    if rare < len(counts) / 2 or counts[:rare].sum() <= _LOST * counts.sum():
        return None
    shares = {least: counts[: np.searchsorted(counts, least)].sum() / counts.sum() for least in _SMALL_COUNTS}
    takes = [f"--min-count {least} would take {share:.0%} of the text" for least, share in shares.items() if share]
    why = f" ({', '.join(takes)})" if takes else ""
    return Advice(
        f"{len(counts):,} distinct characters are many, and {rare:,} of them occur fewer than {_LEARNED} times: too "
        f"rarely to be learned. They make up too much of the text to leave out{why}. A longer text helps.",
        {},
    )


def _parts(ids: np.ndarray) -> Iterator[np.ndarray]:
    """In parts: counting them makes each number eight bytes."""
    return (ids[start : start + _PART] for start in range(0, len(ids), _PART))


def _slow_precision(recipe: Recipe) -> Advice | None:
    slower = slower_with(recipe.precision, recipe.network)
    return Advice(slower, {"precision": "float32"}) if slower else None


def _held_out(characters: int, recipe: Recipe) -> Advice | None:
    if not recipe.held_out:
        return Advice(
            "No text is held out, so nothing will show whether the model learns the language or the text by heart.",
            {"held_out": 0.1},
        )
    if characters < _FEWEST_HELD_OUT:
        return Advice(f"Only {characters:,} characters are held out: the loss on them will say little.", {})
    return None
