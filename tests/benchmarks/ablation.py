"""What each technique of a recipe is worth: the held-out loss of all of them together, and without each in turn.

Run by hand: uv run python tests/benchmarks/ablation.py [CORPUS] [--recipe best] [options of the recipe]. Network and
text are made smaller together, so that it is as large for its text as the recipe's and a row takes less than a minute
on two cores; a smaller network wants less of it dropped, and a higher rate. Every row starts from the same weights and
reads the same text; --also "--random-seed 2" shows how far two rows differ by chance. Losses do not depend on the
machine's load, times do.
"""

from __future__ import annotations

import argparse
import math
import os
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from corpora import Corpus, open_corpus
from model.options.parser import OptionParser, whole_number
from model.options.recipe_options import add_recipe_options, chosen_recipe
from model.recipe import Recipe
from tests.benchmarks.learning import lowercase_as_in_the_exercise

TECHNIQUES: Mapping[str, Mapping[str, Any]] = {
    "character gates": {"character_gates": False},
    "dropout": {"dropout": 0.0},
    "weight drop": {"weight_drop": 0.0},
    "random offsets": {"random_offsets": False},
    "weight decay": {"weight_decay": 0.0},
    "clipping": {"clip": 0.0},
    "one cycle (constant rate)": {"schedule": "constant"},
    "momentum": {"momentum": 0.0},
    "decay 0.99 (0.999)": {"decay": 0.999},
    "long steps (32 characters)": {"window": 32},
    "high rate (0.0075)": {"rate": 0.0075},
}
"""What is left out, and what stands in its place."""

SCALED = {"hidden": 128, "dropout": 0.3, "weight_drop": 0.2, "rate": 0.03, "epochs": 40}
"""What a row learns unless options say otherwise."""
CHARACTERS = 60_000
"""Of the text's beginning."""


class Outcome(NamedTuple):
    """What a recipe came to."""

    held_out: float
    """Of its best epoch, nats per character."""
    epoch: int
    loss: float
    """Training loss of the last epoch."""
    milliseconds: float
    """A step, compiling left out."""


def options() -> tuple[OptionParser, argparse.Namespace]:
    """The command line."""
    parser = OptionParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", default="nietzsche", help="as charlstm train takes it")
    parser.add_argument(
        "--characters", type=whole_number, default=CHARACTERS, help=f"of the text's beginning (default: {CHARACTERS})"
    )
    parser.add_argument("--without", nargs="*", choices=tuple(TECHNIQUES), default=tuple(TECHNIQUES))
    parser.add_argument(
        "--also", action="append", default=[], metavar="OPTIONS", help="a further row of the recipe with these options"
    )
    parser.add_argument("--devices", type=whole_number, default=0)
    add_recipe_options(parser)
    parser.set_defaults(recipe="best", **SCALED)
    given = parser.parse_args()
    lowercase_as_in_the_exercise(given)
    return parser, given


def rows(parser: OptionParser, given: argparse.Namespace) -> Iterator[tuple[str, Recipe]]:
    """Each row's name and recipe; what the recipe does not have anyway has no row."""
    whole = chosen_recipe(parser, given)
    yield "the whole", whole
    for name in given.without:
        recipe = replace(whole, **TECHNIQUES[name])
        if recipe != whole:
            yield f"without {name}", recipe
    for more in given.also:
        changed = argparse.Namespace(**vars(given))
        add_recipe_options(also := OptionParser(prog=f"--also {more!r}", argument_default=argparse.SUPPRESS))
        also.set_defaults(recipe=given.recipe)
        also.parse_args(shlex.split(more), changed)
        yield more, chosen_recipe(also, changed)


def learn(corpus: Corpus, recipe: Recipe, devices: int) -> Outcome:
    """Train to the end."""
    from model.training.events import EpochEnd, Finished, Progress
    from model.training.trainer import Trainer

    progress, ends, best = [], [], None
    for event in Trainer(corpus, recipe, devices=devices).run():
        match event:
            case Progress():
                progress.append(event)
            case EpochEnd():
                ends.append(event)
            case Finished():
                best = event
    assert best is not None
    held_out = math.nan if best.best_held_out is None else best.best_held_out
    seconds, steps = progress[-1].seconds - progress[0].seconds, progress[-1].step - progress[0].step
    return Outcome(held_out, best.best_epoch or 0, ends[-1].loss, 1000 * seconds / steps)


def main() -> None:
    """Learn every row, and print it when it is done."""
    parser, given = options()
    recipe = chosen_recipe(parser, given)
    from model.devices.jax_setup import start_jax

    start_jax(given.devices)
    text = open_corpus(given.corpus, recipe.read_as)
    text = replace(text, ids=text.ids[: given.characters])
    print(
        f"{text.title}, {len(text):,} characters; H={recipe.hidden}, T={recipe.window}, B={recipe.batch}, "
        f"{recipe.epochs} epochs; load {os.getloadavg()[0]:.1f}"
    )
    print(f"{'':38}{'held out':>9}{'bits':>7}{'worse by':>10}{'epoch':>7}{'loss':>8}{'ms a step':>11}")
    whole: Outcome | None = None
    for name, each in rows(parser, given):
        outcome = learn(text, each, given.devices)
        whole = whole or outcome
        held_out, epoch, loss, milliseconds = outcome
        print(
            f"{name:38}{held_out:9.4f}{held_out / math.log(2):7.3f}{held_out - whole.held_out:+10.4f}"
            f"{epoch:7}{loss:8.4f}{milliseconds:11.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
