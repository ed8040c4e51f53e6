"""Time training steps on this machine: on its processor and its GPU, with one device or several, in either precision.

The choices take turns, and their medians are compared. Nothing is saved.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from model.cli.console import say, say_json, say_table, text_bar
from model.options.recipe_options import add_recipe_options, chosen_recipe
from model.options.training_options import add_corpus
from model.preparing.prepare import open_text
from model.recipe import Precision

if TYPE_CHECKING:
    from model.training.learner import Learner

HELP = "measure whether to train on the processor or the GPU, on how many devices, and in which precision"
USAGE = "charlstm devices [CORPUS ...] [OPTION ...]"

_CORPUS = "aphorisms"
"""Built in: timing needs no network."""

_ROUNDS = 9

_ROUND_SECONDS = 0.3
"""Time for one choice in each round; at least one step is done."""

_WORTH = 1.05
"""How many times as fast another choice must be to be recommended."""


class Timing(NamedTuple):
    """How fast a choice of devices and precision trains."""

    platform: str
    devices: int
    precision: Precision
    step_seconds: float
    """The median over the rounds."""
    characters: float
    """Training characters in a step."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add this command's options."""
    add_corpus(parser, "the text to time steps on", f"default: {_CORPUS}")
    parser.add_argument("--json", action="store_true", help="print one JSON object per choice")
    add_recipe_options(parser)


def work(options: argparse.Namespace) -> int:
    """Measure each choice, and recommend one."""
    recipe = chosen_recipe(options.parser, options)
    with text_bar() as progress:
        corpus = open_text(options.corpus or (_CORPUS,), recipe, progress)
    from model.devices.jax_setup import start_jax

    start_jax()
    from model.devices import local_devices
    from model.training.learner import Learner

    choices = [(recipe, *each) for each in local_devices.choices(recipe.batch)]
    # On the default devices only: each choice has to be compiled.
    other: Precision = "float32" if recipe.precision == "bfloat16" else "bfloat16"
    choices.append((replace(recipe, precision=other), *choices[0][1:]))
    timings = measure([Learner(corpus, its, devices, platform) for its, platform, devices in choices])
    if options.json:
        for each in timings:
            say_json({"event": "timing", "chosen": each is timings[0]} | each._asdict())
        return 0
    header = ("platform", "devices", "precision", "ms/step", "characters/s", "")
    say_table(header, [_row(each, "default" if each is timings[0] else "") for each in timings])
    say(advice(timings))
    return 0


def measure(learners: Sequence[Learner]) -> list[Timing]:
    """Time steps of each learner, in turns; a terminal sees how far they are."""
    from tqdm import tqdm  # type: ignore[import-untyped]

    steps, seconds = [], [list[float]() for _ in learners]
    looks = "measuring {percentage:3.0f}%|{bar}| {remaining} left"
    with tqdm(total=len(learners) * (1 + _ROUNDS), bar_format=looks, leave=False, disable=None) as bar:
        for learner in learners:
            _learn(learner, 1)  # compiles
            steps.append(max(1, round(_ROUND_SECONDS / _learn(learner, 4))))
            bar.update()
        for _ in range(_ROUNDS):
            for learner, n, spent in zip(learners, steps, seconds, strict=True):
                spent.append(_learn(learner, n))
                bar.update()
    return [
        Timing(
            platform=learner.platform,
            devices=learner.mesh.size,
            precision=learner.recipe.precision,
            step_seconds=statistics.median(spent),
            characters=learner.characters(learner.reader.steps_per_pass) / learner.reader.steps_per_pass,
        )
        for learner, spent in zip(learners, seconds, strict=True)
    ]


def advice(timings: Sequence[Timing]) -> str:
    """A recommendation in a sentence. The first timing is the default."""
    chosen, best = timings[0], min(timings, key=lambda each: each.step_seconds)
    gain = chosen.step_seconds / best.step_seconds
    if gain < _WORTH:
        return "The default is as fast as any."
    devices = f"--device {best.platform} --devices {best.devices}"
    options = devices if best.precision == chosen.precision else f"--precision {best.precision}"
    return f"Use {options}: {gain:.1f} times as fast as the default."


def _learn(learner: Learner, n: int) -> float:
    """Seconds per step, over n steps or as many as the epoch or a chunk has left."""
    from model.training.train_step import CHUNK

    learner.end_epoch()
    n = min(n, CHUNK, learner.steps_at_once)
    begun = time.perf_counter()
    learner.learn(n)
    return (time.perf_counter() - begun) / n


def _row(timing: Timing, remark: str) -> tuple[str, ...]:
    return (
        timing.platform,
        str(timing.devices),
        timing.precision,
        f"{timing.step_seconds * 1000:.1f}",
        f"{timing.characters / timing.step_seconds:,.0f}",
        remark,
    )
