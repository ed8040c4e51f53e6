"""Compares kinds of network: the held-out loss after as many epochs, and after as much time of training.

Run by hand: uv run python tests/benchmarks/networks.py [NETWORK ...] [--recipe best] [--texts nietzsche shakespeare].
A network is a kind of NETWORKS, perhaps with options of the recipe: 'gru --rate 0.005'. Each learns each text twice:
for the recipe's epochs, and for as many as take the time that the first network took. The learning rate's cycle ends
with the run, so no loss on the way would be a fair one. With --seconds, the time is that many seconds instead, and
nothing is trained for equal epochs. Times are of training, without compiling and evaluation.
"""

from __future__ import annotations

import argparse
import os
import shlex
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from model.networks.network_kinds import NETWORKS
from model.options.parser import OptionParser, number, whole_number
from model.options.recipe_options import add_recipe_options, chosen_recipe
from model.recipe import DEFAULT_RECIPE, PRESETS, Recipe

if TYPE_CHECKING:
    from corpora.corpus import Corpus


class Learned(NamedTuple):
    """What a run came to."""

    parameters: int
    epochs: int
    held_out: float
    """The best, in nats per character."""
    best_epoch: int
    seconds: float
    step: float
    """Milliseconds of a step."""


def recipes(given: argparse.Namespace) -> dict[str, Recipe]:
    """The recipe of each network, by the words that ask for it."""
    parser = OptionParser()
    add_recipe_options(parser)
    found = {}
    for words in given.networks or NETWORKS:
        options = ["--recipe", given.recipe, "--network", *shlex.split(words)]
        found[words] = chosen_recipe(parser, parser.parse_args(options))
    return found


def learn(corpus: Corpus, recipe: Recipe, devices: int) -> Learned:
    """Train to the end."""
    from model.events import Compiled, EpochEnd, Finished
    from model.training.trainer import Trainer

    trainer = Trainer(corpus, recipe, devices=devices)
    steps, compiled, trained = 1, 0.0, 0.0
    for event in trainer.run():
        match event:
            case Compiled():
                compiled, steps = event.seconds, event.steps_per_epoch
            case EpochEnd():
                trained = event.seconds - compiled
            case Finished():
                assert event.best_held_out is not None
                step = 1000 * trained / (steps * recipe.epochs)
                return Learned(
                    trainer.parameters, recipe.epochs, event.best_held_out, event.best_epoch or 0, trained, step
                )
    raise AssertionError("the run has no end")


def show(words: str, learned: Learned) -> None:
    """Print a row."""
    print(
        f"  {words:36}{learned.parameters:11,}{learned.step:9.2f}{learned.epochs:8}{learned.seconds:9.1f}"
        f"{learned.held_out:10.4f}{learned.best_epoch:7}",
        flush=True,
    )


def compare(text: str, given: argparse.Namespace) -> None:
    """Print both tables of a text."""
    from corpora import open_corpus

    rows = recipes(given)
    head = f"  {'':36}{'parameters':>11}{'ms/step':>9}{'epochs':>8}{'seconds':>9}{'held-out':>10}{'best':>7}"
    corpora = {read_as: open_corpus(text, read_as) for read_as in {recipe.read_as for recipe in rows.values()}}
    equal, seconds = dict[str, Learned](), given.seconds
    if seconds is None:
        print(f"\n{text}, {given.recipe}, equal epochs; load {os.getloadavg()[0]:.1f}\n{head}")
        for words, recipe in rows.items():
            if given.epochs:
                recipe = replace(recipe, epochs=given.epochs)
            equal[words] = learn(corpora[recipe.read_as], recipe, given.devices)
            show(words, equal[words])
        seconds = next(iter(equal.values())).seconds
    print(f"\n{text}, {given.recipe}, {seconds:.0f} seconds of training; load {os.getloadavg()[0]:.1f}\n{head}")
    for words, recipe in rows.items():
        measured = equal.get(words) or learn(corpora[recipe.read_as], replace(recipe, epochs=1), given.devices)
        epochs = max(1, round(seconds * measured.epochs / measured.seconds))
        timed = measured
        if epochs != measured.epochs:
            timed = learn(corpora[recipe.read_as], replace(recipe, epochs=epochs), given.devices)
        show(words, timed)


def main() -> None:
    """Compare, text by text."""
    parser = OptionParser(description=__doc__)
    parser.add_argument("networks", nargs="*", help="a kind of network, perhaps with options (default: all kinds)")
    parser.add_argument("--recipe", choices=tuple(PRESETS), default=DEFAULT_RECIPE)
    parser.add_argument("--texts", nargs="+", default=["nietzsche"], help="as charlstm train takes them")
    parser.add_argument("--epochs", type=whole_number, help="for equal epochs (default: the recipe's)")
    parser.add_argument("--seconds", type=number, help="only compare for equal time, of so many seconds")
    parser.add_argument("--devices", type=whole_number, default=0)
    given = parser.parse_args()
    from model.devices.jax_setup import start_jax

    start_jax(given.devices)
    for text in given.texts:
        compare(text, given)


if __name__ == "__main__":
    main()
