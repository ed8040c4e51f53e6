"""How long a recipe learns until it predicts held-out text this well: the loss after each epoch, and the seconds.

Run by hand: uv run python tests/benchmarks/learning.py [CORPUS] [--recipe best] [options of the recipe]. Nietzsche is
lower-cased, as in the exercise, and Shakespeare is not. Nothing is kept, and nothing that an earlier run has compiled
is used: what is shown includes compiling, and beside it the same without.
"""

from __future__ import annotations

import time

LAUNCHED = time.perf_counter()

import argparse  # noqa: E402 - importing counts
import math  # noqa: E402
import os  # noqa: E402
from typing import NamedTuple  # noqa: E402

from model.options import OptionParser, add_recipe_options, chosen_recipe, number, whole_number  # noqa: E402

TARGETS = {"nietzsche": 1.505, "shakespeare": 1.4697}
"""What to pass: the best that the exercise in Keras and TensorFlow reached in 59 epochs, and what nanoGPT publishes for
its setting for a GPU.
"""
REFERENCE_STEPS = 17 * 1409
"""Optimiser steps in which the exercise got to its best on the first nine tenths of Nietzsche."""


class Passed(NamedTuple):
    """When the held-out loss was first at most the target: seconds."""

    epoch: int
    trained: float
    compiled: float
    """Of them, in the first chunk of steps, which is mostly compiling."""
    since_launch: float


def options() -> tuple[OptionParser, argparse.Namespace]:
    """The command line."""
    parser = OptionParser(description=__doc__)
    parser.add_argument("corpus", nargs="?", default="nietzsche", help="as charlstm train takes it")
    parser.add_argument("--target", type=number, help="held-out loss to pass, in nats (default: the corpus's)")
    parser.add_argument("--until-passed", action="store_true", help="end with the epoch that passes it")
    parser.add_argument("--max-seconds", type=number, help="end after so many seconds of training")
    parser.add_argument("--devices", type=whole_number, default=0)
    parser.add_argument(
        "--reference-step",
        type=number,
        metavar="MS",
        help="milliseconds of a step of keras-tensorflow on this machine, as peers.py prints them",
    )
    add_recipe_options(parser)
    given = parser.parse_args()
    if given.target is None:
        given.target = TARGETS.get(given.corpus, 0.0)
    lowercase_as_in_the_exercise(given)
    return parser, given


def lowercase_as_in_the_exercise(given: argparse.Namespace) -> None:
    """Have Nietzsche lower-cased unless options say otherwise."""
    if given.corpus == "nietzsche" and "lowercase" not in given:
        given.lowercase = True


def learn(parser: OptionParser, given: argparse.Namespace) -> Passed | None:
    """Train, and print a line for each epoch."""
    recipe = chosen_recipe(parser, given)
    from corpora import open_corpus
    from model import parallel
    from model.events import Compiled, EpochEnd, Finished
    from model.trainer import Trainer

    parallel.start(given.devices)
    corpus = open_corpus(given.corpus, lowercase=recipe.lowercase, min_count=recipe.min_count)
    trainer = Trainer(corpus, recipe, devices=given.devices, max_seconds=given.max_seconds)
    print(f"{corpus.title}, {trainer.parameters:,} parameters, load {os.getloadavg()[0]:.1f}")
    print(
        f"{'epoch':>5}{'loss':>9}{'held out':>10}{'windowed':>10}"
        f"{'trained, s':>12}{'w/o compiling':>15}{'since launch':>14}"
    )
    compiled, passed = 0.0, None
    for event in trainer.run():
        match event:
            case Compiled():
                compiled = event.seconds
            case EpochEnd(held_out=held_out) if held_out is not None:
                since_launch = time.perf_counter() - LAUNCHED
                print(
                    f"{event.epoch:5}{event.loss:9.4f}{held_out:10.4f}"
                    f"{math.nan if event.windowed is None else event.windowed:10.4f}{event.seconds:12.1f}"
                    f"{event.seconds - compiled:15.1f}{since_launch:14.1f}",
                    flush=True,
                )
                if passed is None and held_out <= given.target:
                    passed = Passed(event.epoch, event.seconds, compiled, since_launch)
                if passed and given.until_passed:
                    return passed
            case Finished(best_held_out=best) if best is not None:
                print(f"The best is {best:.4f}, after epoch {event.best_epoch}; load {os.getloadavg()[0]:.1f}.")
    return passed


def main() -> None:
    """Learn, and say when the target was passed."""
    parser, given = options()
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    passed = learn(parser, given)
    if passed is None:
        print(f"{given.target} was not passed." if given.target else "There was no target.")
        return
    print(
        f"{given.target} was passed with epoch {passed.epoch}: {passed.trained:.1f} s of training, "
        f"{passed.trained - passed.compiled:.1f} s without compiling, {passed.since_launch:.1f} s since the launch."
    )
    if given.reference_step and given.target == TARGETS["nietzsche"]:
        reference = REFERENCE_STEPS * given.reference_step / 1000
        print(
            f"The exercise in Keras takes {reference:,.0f} s for its {REFERENCE_STEPS:,} steps to there: "
            f"{reference / passed.trained:.0f} times as long, {reference / passed.since_launch:.0f} since the launch."
        )


if __name__ == "__main__":
    main()
