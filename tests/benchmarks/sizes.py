"""What short texts reach with the usual numbers, and with those that `model.preparing.fitting` chooses.

Run by hand: uv run python tests/benchmarks/sizes.py [--characters 1000 5000 ...] [--texts nietzsche shakespeare]
[OPTION ...]. Any option of the recipe is set in both trainings, so that others than the chosen values can be tried:
'--batch 8 --dropout 0.3'. The loss is the best on the held-out tenth, in nats per character.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from model.options.fields import given as given_fields
from model.options.fields import spelled_options
from model.options.parser import OptionParser, whole_number
from model.options.recipe_options import FITTED, add_recipe_options, chosen_recipe
from model.recipe import Recipe

if TYPE_CHECKING:
    from corpora.corpus import Corpus

SIZES = [1000, 2000, 5000, 10_000, 30_000, 100_000]


class Learned(NamedTuple):
    """What a run came to."""

    held_out: float
    last: float
    """The loss on the held-out text at the end."""
    steps: int
    seconds: float
    """Of CPU time, with compiling."""


def learn(corpus: Corpus, recipe: Recipe) -> Learned:
    """Train to the end."""
    from model.training.events import EpochEnd
    from model.training.trainer import Trainer

    begun = time.process_time()
    ends = [event for event in Trainer(corpus, recipe).run() if isinstance(event, EpochEnd)]
    losses = [end.held_out or float("inf") for end in ends]
    return Learned(min(losses), losses[-1], ends[-1].step, time.process_time() - begun)


def compare(text: str, recipe: Recipe, free: frozenset[str]) -> tuple[Learned | None, Learned, Mapping[str, Any]]:
    """The beginning of a text, learned as the recipe says and as it fits; None where it is too short for the recipe."""
    from corpora import open_corpus
    from model.preparing.fitting import fit
    from model.tokens.batches import BatchError

    corpus = open_corpus(text, recipe.read_as)
    fitted = fit(corpus, recipe, free)
    try:
        usual = learn(corpus, recipe)
    except BatchError:
        usual = None
    return usual, learn(corpus, fitted.recipe), fitted.changes


def main() -> None:
    """Measure and print the table."""
    parser = OptionParser(description=__doc__)
    parser.add_argument(
        "--characters", type=whole_number, nargs="+", default=[1000, 2000, 5000, 10_000, 30_000, 100_000]
    )
    parser.add_argument("--texts", nargs="+", default=["nietzsche", "shakespeare"])
    add_recipe_options(parser)
    options = parser.parse_args()
    from model.devices.jax_setup import start_jax

    start_jax(0, "cpu")
    recipe = chosen_recipe(parser, options)
    free = frozenset(FITTED) - given_fields(Recipe, options).keys()
    print(f"{'text':<12}{'characters':>11}{'usual':>9}{'fitted':>9}{'last':>8}{'steps':>8}{'CPU s':>7}  fitted numbers")
    for text in options.texts:
        for characters in options.characters:
            usual, fitted, changes = compare(text, replace(recipe, text_length=characters), free)
            before = f"{usual.held_out:>9.3f}" if usual else f"{'-':>9}"
            print(
                f"{text:<12}{characters:>11,}{before}{fitted.held_out:>9.3f}{fitted.last:>8.3f}{fitted.steps:>8,}"
                f"{fitted.seconds:>7.0f}  {spelled_options(changes)}",
                flush=True,
            )


if __name__ == "__main__":
    main()
