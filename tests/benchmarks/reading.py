"""How well a run predicts its held-out text when it learns from what it has read, beside counting and compressors.

Run by hand: uv run python tests/benchmarks/reading.py RUN [--runs DIR] [--seed-file FILE]. Each way has read the
training text before. A compressor's loss is what the held-out text adds to the size of the compressed training text, as
UTF-8. With a file: how well its next 1,000 characters are predicted after `write --dynamic` has learned from so many as
a seed. Losses do not depend on the machine's load; the times are of the processor, compilation included.
"""

from __future__ import annotations

import argparse
import bz2
import lzma
import math
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from corpora import Corpus, open_corpus
from model.baselines.ladder import count_text, measure
from model.cli.run_argument import add_run, open_weights
from model.cli.writing.run_text import open_run_text
from model.options.parser import OptionParser
from model.recipe import Recipe

if TYPE_CHECKING:
    from model.writing.language_model import LanguageModel

COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "bzip2 -9": bz2.compress,
    "xz -9e": lambda text: lzma.compress(text, preset=9 | lzma.PRESET_EXTREME),
}


def compressed(corpus: Corpus, recipe: Recipe) -> Iterator[tuple[str, float]]:
    """What compressors come to, nats per character."""
    training, held_out = map(len, corpus.split(recipe.held_out))
    before, whole = corpus.text(0, training).encode(), corpus.text().encode()
    for name, compress in COMPRESSORS.items():
        yield name, (len(compress(whole)) - len(compress(before))) * 8 * math.log(2) / held_out


def show(name: str, loss: float, seconds: float) -> None:
    """Print a row."""
    print(f"{name:44}{loss:9.4f}{loss / math.log(2):8.3f}{seconds:8.1f}", flush=True)


SEEDS = (60, 1000, 5000, 20_000)
"""Lengths of seeds."""

CONTINUED, PLACES = 1000, 12
"""Characters that continue a seed, and how many seeds, evenly spread over the file."""


def continue_seeds(language_model: LanguageModel, ids: np.ndarray) -> None:
    """Print how well what follows seeds is predicted, with and without learning from them."""
    print(f"{'the next 1,000 characters':44}{'nats':>9}{'learned':>9}")
    for length in SEEDS:
        losses = np.empty((PLACES, 2))
        for place, start in enumerate(np.linspace(0, len(ids) - length - CONTINUED, PLACES).astype(int)):
            seed, after = np.split(ids[start : start + length + CONTINUED], [length])
            learned, _ = language_model.after_reading(seed)
            losses[place] = language_model.score(after), learned.score(after)
        print(f"after {length:<38,}{losses[:, 0].mean():9.4f}{losses[:, 1].mean():9.4f}", flush=True)


def options() -> argparse.Namespace:
    """The command line."""
    parser = OptionParser(description=__doc__)
    add_run(parser)
    parser.add_argument("--seed-file", metavar="FILE", help="a text that seeds are taken from")
    return parser.parse_args()


def main() -> None:
    """Print the table, each row as soon as it is known."""
    given = options()
    run, checkpoint = open_weights(given)
    corpus = open_run_text(run, checkpoint, "the table", "choose another run")
    from model.devices.jax_setup import start_jax

    start_jax(devices=1)
    from model.writing.language_model import LanguageModel

    language_model = LanguageModel.from_checkpoint(checkpoint)
    if given.seed_file:
        text = open_corpus(given.seed_file, language_model.recipe.read_as, distinct=1)
        continue_seeds(language_model, language_model.tokenizer.read(text)[0])
        return
    recipe, tokenizer = language_model.recipe, language_model.tokenizer
    training, held_out = map(len, corpus.split(recipe.held_out))
    known, ids = tokenizer.read(corpus, 0, training)[0], tokenizer.read(corpus, training)[0]
    epoch = checkpoint.manifest.cursor.epoch
    print(f"{run.name}, epoch {epoch}: {held_out:,} held-out characters of {corpus.title}")
    print(f"{'':44}{'nats':>9}{'bits':>8}{'CPU s':>8}")
    for name, loss in compressed(corpus, recipe):
        show(name, loss, 0.0)
    begun = time.process_time()
    orders = measure(count_text(corpus, tokenizer, recipe), corpus, tokenizer, recipe).orders
    best = min(range(len(orders)), key=orders.__getitem__)
    show(f"n-grams of order {best}", orders[best], time.process_time() - begun)
    from model.baselines.mixing import Mixture
    from model.training.dynamic_evaluation import RATE, learn_from

    def reading(rate: float, counted: np.ndarray | None) -> float:
        mixture = None if counted is None else Mixture(counted, ids, tokenizer)
        return learn_from(language_model.graph, language_model.params, ids, tokenizer.lengths, rate, mixture)[1]

    ways: dict[str, Callable[[], float]] = {
        "the network": lambda: language_model.score(ids),
        "score --dynamic": lambda: reading(RATE, None),
        "score --counting": lambda: reading(0.0, known),
        "score --dynamic --counting": lambda: reading(RATE, known),
        "the same, without the training text": lambda: reading(RATE, known[:0]),
    }
    for name, score in ways.items():
        begun = time.process_time()
        show(name, score(), time.process_time() - begun)


if __name__ == "__main__":
    main()
