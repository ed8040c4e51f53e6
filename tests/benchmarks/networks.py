"""Compares kinds of network: the held-out loss after as many epochs, and after as much time of training.

Run by hand: uv run python tests/benchmarks/networks.py [NETWORK ...] [--recipe best] [--texts nietzsche shakespeare].
A network is a kind of NETWORKS, perhaps with options of the recipe: 'gru --rate 0.005'. Each learns each text twice:
for the recipe's epochs, and for as many as take the time that the first network takes for these. The learning rate's
cycle ends with the run, so no loss on the way would be a fair one. With --seconds, the time is that many seconds
instead, and nothing is trained for equal epochs. With --random-seeds 1 2 3, each run is trained with each of these; the
mean of their losses is printed, with the least and the largest.

Time is the processor's: what the threads of this process spend on all cores together, so that other programs cannot
take it away. How much a step takes is measured before, for some steps of each network in turn, without compiling and
evaluation. Time therefore decides only how many epochs a network trains for, and how busy the machine is afterwards
changes nothing.
"""

from __future__ import annotations

import argparse
import os
import shlex
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from model.networks.network_kinds import NETWORKS
from model.options.parser import OptionParser, number, whole_number
from model.options.recipe_options import add_recipe_options, chosen_recipe
from model.recipe import DEFAULT_RECIPE, PRESETS, Recipe

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from model.training.learner import Learner

_STEPS = 16
"""Of a call while steps are timed."""


class Cost(NamedTuple):
    """What a step of training takes, in milliseconds: the median of the rounds."""

    processor: float
    clock: float


class Learned(NamedTuple):
    """What a run came to."""

    held_out: float
    """The best, in nats per character."""
    best_epoch: int


def in_words(runs: Sequence[Learned]) -> str:
    """What runs that differ in their random seeds came to: the best epochs, the mean loss, the least and largest."""
    losses = [run.held_out for run in runs]
    spread = f" ({min(losses):.4f} to {max(losses):.4f})" if len(runs) > 1 else ""
    return f"{','.join(str(run.best_epoch) for run in runs):>10} {statistics.mean(losses):10.4f}{spread}"


def recipes(given: argparse.Namespace) -> dict[str, Recipe]:
    """The recipe of each network, by the words that ask for it."""
    parser = OptionParser()
    add_recipe_options(parser)
    found = {}
    for words in given.networks or NETWORKS:
        options = ["--recipe", given.recipe, "--network", *shlex.split(words)]
        found[words] = chosen_recipe(parser, parser.parse_args(options))
    return found


def costs(learners: Mapping[str, Learner], rounds: int, seconds: float) -> dict[str, Cost]:
    """What a step of each takes, measured in turn, so that all meet the same load."""
    measured: dict[str, list[Cost]] = {words: [] for words in learners}
    for learner in learners.values():
        learner.learn(1)  # compiles
    for _ in range(rounds):
        for words, learner in learners.items():
            steps, processor, clock = 0, time.process_time(), time.perf_counter()
            while time.process_time() - processor < seconds:
                if not learner.steps_left:
                    learner.end_epoch()
                n = min(_STEPS, learner.steps_left)
                learner.learn(n)
                steps += n
            spent = time.process_time() - processor, time.perf_counter() - clock
            measured[words].append(Cost(*(1000 * each / steps for each in spent)))
    return {words: Cost(*map(statistics.median, zip(*each, strict=True))) for words, each in measured.items()}


def learn(corpus: Corpus, recipe: Recipe, devices: int) -> Learned:
    """Train to the end."""
    from model.training.events import Finished
    from model.training.trainer import Trainer

    finished = next(event for event in Trainer(corpus, recipe, devices=devices).run() if isinstance(event, Finished))
    assert finished.best_held_out is not None
    return Learned(finished.best_held_out, finished.best_epoch or 0)


def compare(text: str, given: argparse.Namespace) -> None:
    """Print the tables of a text."""
    from corpora import open_corpus
    from model.training.learner import Learner

    rows = recipes(given)
    corpora = {read_as: open_corpus(text, read_as) for read_as in {recipe.read_as for recipe in rows.values()}}
    learners = {words: Learner(corpora[recipe.read_as], recipe, given.devices) for words, recipe in rows.items()}
    cost = costs(learners, given.rounds, given.round_seconds)
    epoch_seconds = {
        words: cost[words].processor * learner.reader.steps_per_epoch / 1000 for words, learner in learners.items()
    }
    parameters = {words: learner.parameters for words, learner in learners.items()}
    learners.clear()
    learned: dict[tuple[str, int], list[Learned]] = {}

    def table(title: str, epochs: Mapping[str, int]) -> None:
        head = ("parameters", "ms/step", "clock", "epochs", "seconds", "in epoch", "held-out")
        print(
            f"\n{text}, {given.recipe}, {title}; load {os.getloadavg()[0]:.1f}\n  {'':32}", *map("{:>10}".format, head)
        )
        for words, recipe in rows.items():
            run = words, epochs[words]
            if run not in learned:
                learned[run] = [
                    learn(corpora[recipe.read_as], replace(recipe, epochs=run[1], random_seed=seed), given.devices)
                    for seed in given.random_seeds or (recipe.random_seed,)
                ]
            print(
                f"  {words:32} {parameters[words]:10,} {cost[words].processor:10.2f} {cost[words].clock:10.2f} "
                f"{run[1]:10} {run[1] * epoch_seconds[words]:10.1f} {in_words(learned[run])}",
                flush=True,
            )

    seconds = given.seconds
    if seconds is None:
        equal = {words: given.epochs or recipe.epochs for words, recipe in rows.items()}
        table("equal epochs", equal)
        first = next(iter(rows))
        seconds = equal[first] * epoch_seconds[first]
    table(
        f"{seconds:.0f} seconds of training", {words: max(1, round(seconds / epoch_seconds[words])) for words in rows}
    )


def main() -> None:
    """Compare, text by text."""
    parser = OptionParser(description=__doc__)
    parser.add_argument("networks", nargs="*", help="a kind of network, perhaps with options (default: all kinds)")
    parser.add_argument("--recipe", choices=tuple(PRESETS), default=DEFAULT_RECIPE)
    parser.add_argument("--texts", nargs="+", default=["nietzsche"], help="as charlstm train takes them")
    parser.add_argument("--epochs", type=whole_number, help="for equal epochs (default: the recipe's)")
    parser.add_argument("--seconds", type=number, help="only compare for equal time, of so many seconds")
    parser.add_argument("--random-seeds", type=whole_number, nargs="+", help="of training (default: the recipe's)")
    parser.add_argument("--rounds", type=whole_number, default=7, help="in which steps are timed (default: 7)")
    parser.add_argument("--round-seconds", type=number, default=2.0, help="for each network (default: 2)")
    parser.add_argument("--devices", type=whole_number, default=0)
    given = parser.parse_args()
    from model.devices.jax_setup import start_jax

    start_jax(given.devices)
    for text in given.texts:
        compare(text, given)


if __name__ == "__main__":
    main()
