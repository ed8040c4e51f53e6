"""How long a recipe learns until it predicts held-out text this well: the loss after each epoch, and the seconds.

Run by hand: uv run python tests/benchmarks/learning.py [CORPUS] [--recipe best] [options of the recipe]. Nietzsche is
lower-cased, as in the exercise, and Shakespeare is not. Nothing is kept, and nothing that an earlier run has compiled
is used: what is shown includes compiling, and beside it the same without. With `--beside keras-tensorflow` the exercise
in Keras learns the same text afterwards, in a process of its own, and is judged in windows of 60 every 9 characters.
"""

from __future__ import annotations

import time

LAUNCHED = time.perf_counter()

import argparse  # noqa: E402 - importing counts
import math  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
import tempfile  # noqa: E402
from contextlib import closing  # noqa: E402
from dataclasses import replace  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import TYPE_CHECKING, NamedTuple  # noqa: E402

from model.options.parser import OptionParser, number, whole_number  # noqa: E402
from model.options.recipe_options import add_recipe_options, chosen_recipe  # noqa: E402

if TYPE_CHECKING:
    from corpora.corpus import Corpus
    from model.recipe import Recipe
    from tests.benchmarks.workers import Measure

TARGETS = {"nietzsche": 1.505, "shakespeare": 1.4697}
"""What to pass: the best that the exercise in Keras and TensorFlow reached in 59 epochs, and what nanoGPT publishes for
its setting for a GPU.
"""
BESIDE = ("keras-tensorflow", "keras-jax")
EXERCISE = "--exercise"
"""Has the process be the exercise's."""


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
    parser.add_argument("--beside", choices=BESIDE, help="let the exercise in Keras learn the same text, too")
    parser.add_argument(
        "--beside-epochs", type=whole_number, default=20, help="how many epochs it has for it (default: 20)"
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


def learn(corpus: Corpus, recipe: Recipe, given: argparse.Namespace) -> Passed | None:
    """Train, and print a line for each epoch."""
    from model.devices.jax_setup import start_jax
    from model.training.events import Compiled, EpochEnd, Finished
    from model.training.trainer import Trainer

    start_jax(given.devices)
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
                    f"{math.nan if event.windowed is None else event.windowed:10.4f}{event.seconds + compiled:12.1f}"
                    f"{event.seconds:15.1f}{since_launch:14.1f}",
                    flush=True,
                )
                if passed is None and held_out <= given.target:
                    passed = Passed(event.epoch, event.seconds + compiled, compiled, since_launch)
                if passed and given.until_passed:
                    return passed
            case Finished(best_held_out=best) if best is not None:
                print(f"The best is {best:.4f}, after epoch {event.best_epoch}; load {os.getloadavg()[0]:.1f}.")
    return passed


def beside(corpus: Corpus, recipe: Recipe, given: argparse.Namespace, passed: Passed) -> None:
    """Let the exercise learn the same text until it passes the target or its epochs are over."""
    import numpy as np

    from tests.benchmarks.workers import Worker, make_environment

    training, held_out = corpus.split(recipe.held_out)
    print(f"\nThe exercise, {given.beside}, load {os.getloadavg()[0]:.1f}")
    print(f"{'epoch':>5}{'loss':>9}{'held out':>10}{'trained, s':>12}")
    best, best_epoch, trained = math.inf, 0, 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "text.npz"))
        np.savez(file, training=training, held_out=held_out)
        python, module = make_environment(given.beside), "tests.benchmarks.learning"
        arguments = [EXERCISE, given.beside, file, str(recipe.random_seed)]
        with closing(Worker(python, module, arguments)) as worker:
            for epoch in range(1, given.beside_epochs + 1):
                after = worker.ask(0)
                trained, loss = after["trained"], after["held_out"]
                print(f"{epoch:5}{after['loss']:9.4f}{loss:10.4f}{trained:12.1f}", flush=True)
                if loss < best:
                    best, best_epoch = loss, epoch
                if best <= given.target:
                    break
    outcome = "passed" if best <= given.target else "did not pass"
    print(
        f"It {outcome} {given.target} in {trained:.0f} s of training, {trained / passed.trained:.0f} times as long, "
        f"{trained / passed.since_launch:.0f} since the launch; its best is {best:.4f}, with epoch {best_epoch}."
    )


def exercise(file: str, random_seed: int) -> Measure:
    """The exercise in Keras, which learns an epoch each time it is asked, however many seconds that takes."""
    import numpy as np
    from keras import utils

    from model.recipe import NOTEBOOK
    from tests.benchmarks.peer_engines import keras_model, one_hot, windows

    utils.set_random_seed(random_seed)
    with np.load(file) as text:
        training, held_out = text["training"], text["held_out"]
    size = 1 + int(max(training.max(), held_out.max()))
    x, y = (one_hot(part, size) for part in windows(training, NOTEBOOK))
    judged_x, judged_y = (one_hot(part, size) for part in windows(held_out, replace(NOTEBOOK, stride=9)))
    model = keras_model(NOTEBOOK, size)
    trained = 0.0

    def epoch(_: float) -> dict[str, float]:
        nonlocal trained
        begun = time.perf_counter()
        told = model.fit(x, y, batch_size=NOTEBOOK.batch, epochs=1, verbose=0)
        trained += time.perf_counter() - begun
        held_out_loss = model.evaluate(judged_x, judged_y, batch_size=512, verbose=0)
        return {"loss": told.history["loss"][0], "held_out": held_out_loss, "trained": trained}

    return epoch


def be_exercise(name: str, file: str, random_seed: str) -> None:
    """What the exercise's process does."""
    from tests.benchmarks.peer_engines import choose_backend
    from tests.benchmarks.workers import serve

    choose_backend(name)
    serve(lambda: exercise(file, int(random_seed)))


def main() -> None:
    """Learn, and say when the target was passed."""
    parser, given = options()
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"
    from corpora import open_corpus

    recipe = chosen_recipe(parser, given)
    corpus = open_corpus(given.corpus, recipe.read_as)
    passed = learn(corpus, recipe, given)
    if passed is None:
        print(f"{given.target} was not passed." if given.target else "There was no target.")
        return
    print(
        f"{given.target} was passed with epoch {passed.epoch}: {passed.trained:.1f} s of training, "
        f"{passed.trained - passed.compiled:.1f} s without compiling, {passed.since_launch:.1f} s since the launch."
    )
    if given.beside:
        beside(corpus, recipe, given, passed)


if __name__ == "__main__":
    if sys.argv[1:2] == [EXERCISE]:
        be_exercise(*sys.argv[2:])
    else:
        main()
