"""How long training stands still for a checkpoint, and how long the thread beside it takes to bring it to the disk.

Run by hand: uv run python tests/benchmarks/saving.py. Each recipe learns a few steps, then is captured and saved again
and again; the file lies where temporary files do.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from model.recipe import BEST, FAST, Recipe

RECIPES = {"fast": FAST, "best": BEST, "best, 1024 units": replace(BEST, hidden=1024)}


def measure(name: str, recipe: Recipe, folder: Path, rounds: int) -> None:
    """Print a line of medians and maxima."""
    from corpora import open_corpus
    from model.training.learner import Learner
    from tests.model.runs.made_runs import create_run

    learner = Learner(open_corpus("aphorisms"), recipe)
    learner.learn(2)
    run = create_run(folder, None, "aphorisms", "saved", recipe, datetime.now(UTC))
    still, saved = [], []
    for _ in range(rounds):
        learner.learn(1)
        begun = time.perf_counter()
        state = learner.capture()
        still.append(1000 * (time.perf_counter() - begun))
        assert state is not None
        begun = time.perf_counter()
        path = run.save(state)
        saved.append(1000 * (time.perf_counter() - begun))
    print(
        f"  {name:18}{path.stat().st_size / 1e6:8.1f} MB{statistics.median(still):10.1f}{max(still):8.1f}"
        f"{statistics.median(saved):12.1f}{max(saved):8.1f}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    given = parser.parse_args()
    from model.devices.jax_setup import start_jax

    start_jax()
    print(f"Milliseconds, median and most of {given.rounds}; load {os.getloadavg()[0]:.1f}")
    print(f"  {'':18}{'file':>11}{'stands still':>18}{'written beside':>20}")
    with tempfile.TemporaryDirectory() as folder:
        for name, recipe in RECIPES.items():
            measure(name, recipe, Path(folder), given.rounds)


if __name__ == "__main__":
    main()
