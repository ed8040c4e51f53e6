"""How well counting predicts a text: guessing among all tokens alike, and n-gram models of order 0 to 5.

They are counted in the training part of the text and judged on its held-out part, as a network is: compare the losses.
Each writes a sample (after Shannon 1948, who drew them from books by hand).
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence

import numpy as np

from model.baselines.ladder import count_text, measure
from model.baselines.names import Baseline, best_of, ladder_of
from model.baselines.ngrams import NGrams
from model.cli.console import say, say_json, say_table, say_wrapped, text_bar
from model.cli.writing.seed_options import add_length, add_random_seed
from model.options.recipe_options import TEXT, add_recipe_options, chosen_recipe
from model.options.sampling_options import add_sampling_options, one_sampling
from model.options.training_options import add_corpus
from model.preparing.prepare import open_text
from model.sampling import Sampling
from model.tokens.beginning import read_seed
from model.tokens.tokenizer import Tokenizer
from model.tokens.tokenizer_kinds import class_of

HELP = "measure how well counting predicts a text, for comparison"
USAGE = "charlstm baselines [CORPUS ...] [OPTION ...]"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser, "the text to count in")
    add_length(parser, "characters that each order writes; 0 writes nothing", 150)
    add_random_seed(parser, "the same number writes the same")
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object a line, with order (-1 is guessing all tokens alike) and held_out, in nats",
    )
    add_recipe_options(parser, TEXT)
    add_sampling_options(parser, several=False, left_out="as in the recipe, at temperature 1", network=False)


def work(options: argparse.Namespace) -> int:
    """Count, judge, write, and print."""
    recipe = chosen_recipe(options.parser, options)
    with text_bar() as progress:
        corpus = open_text(options.corpus, recipe, progress)
        tokenizer = class_of(recipe.tokens).train(corpus, recipe, progress)
    ngrams = count_text(corpus, tokenizer, recipe)
    found = measure(ngrams, corpus, tokenizer, recipe)
    ladder = ladder_of(found)
    begin = read_seed(tokenizer, recipe, "").ids
    samples = _samples(ngrams, tokenizer, ladder, begin, one_sampling(options, recipe), options)
    if options.json:
        for baseline, text in zip(ladder, samples, strict=True):
            say_json(_record(baseline) | ({"text": text} if options.length else {}))
        return 0
    training, held_out = map(len, corpus.split(recipe.held_out))
    say(f"{corpus.title}: {len(corpus):,} characters, {len(corpus.alphabet)} distinct")
    whole = "the" if found.counted == training else f"the last {found.counted:,} of the"
    say(f"counted in {whole} {training:,} characters to train on, judged on the last {held_out:,}")
    say()
    header = ("baseline", "loss", "bits a character", "perplexity", "what it does")
    say_table(header, [_row(baseline) for baseline in ladder])
    if options.length:
        say()
        for baseline, text in zip(ladder, samples, strict=True):
            say_wrapped(baseline.label, text)
    best = best_of(found)
    say()
    say(f"Best: {best.words}, held-out {best.loss:.4f}. A network that stays above this knows less than a count table.")
    return 0


def _row(baseline: Baseline) -> tuple[str, ...]:
    bits, perplexity = baseline.loss / math.log(2), math.exp(baseline.loss)
    return baseline.label, f"{baseline.loss:.4f}", f"{bits:.3f}", f"{perplexity:.2f}", baseline.words


def _record(baseline: Baseline) -> dict[str, object]:
    nats = baseline.loss
    judged = {"held_out": nats, "bpc": nats / math.log(2), "perplexity": math.exp(nats)}
    return {"event": "baseline", "order": baseline.order, "words": baseline.words} | judged


def _samples(
    ngrams: NGrams,
    tokenizer: Tokenizer,
    ladder: Sequence[Baseline],
    begin: np.ndarray,
    sampling: Sampling,
    options: argparse.Namespace,
) -> list[str]:
    """What each baseline writes, from the same noise; empty texts where none are wanted."""
    if not options.length:
        return [""] * len(ladder)
    from model.devices.jax_setup import start_jax

    start_jax(devices=1, device="cpu")
    from model.baselines.counted_writing import write_by_counts

    orders = [each.order for each in ladder]
    texts = write_by_counts(ngrams, orders, [sampling] * len(orders), options.random_seed, begin)
    characters, written = np.zeros(len(orders), np.int64), list[np.ndarray]()
    while characters.min() < options.length:
        written.append(np.asarray(next(texts).ids))
        characters += tokenizer.lengths[written[-1]]
    ids = np.stack(written, axis=1)
    return [tokenizer.decode(text[: tokenizer.enough(text, options.length)]) for text in ids]
