"""How long the ladder of baselines takes, and how much memory: python -m tests.benchmarks.baselines [CHARACTERS ...].

The texts are random walks over 60 characters in which each has 8 likely successors, so that as many contexts are
distinct as in a long book. Each size is counted in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time

import numpy as np

from model.baselines.ladder import MOST_COUNTED
from model.baselines.ngrams import NGrams

SIZES = (600_000, 1_000_000, 100_000_000)


def main(sizes: tuple[int, ...]) -> None:
    """Measure one size, or start a process for each."""
    if len(sizes) > 1:
        for size in sizes:
            subprocess.run([sys.executable, "-m", "tests.benchmarks.baselines", str(size)], check=True)
        return
    text = _text(sizes[0])
    training = len(text) * 9 // 10
    begun = time.process_time()
    models = NGrams(text[max(0, training - MOST_COUNTED) : training], 60)
    counted = time.process_time()
    models.losses(text[training:])
    judged = time.process_time()
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    spent = f"counted in {counted - begun:.2f} s, judged in {judged - counted:.2f} s of CPU"
    print(f"{len(text):>11,}  {spent}; {megabytes:.0f} MB at most, with Python and the text")


def _text(size: int) -> np.ndarray:
    random = np.random.default_rng(1)
    lanes, successors = 1000, random.integers(0, 60, (60, 8))
    steps = np.empty((size // lanes, lanes), np.uint8)
    steps[0] = random.integers(0, 60, lanes)
    for place in range(1, len(steps)):
        steps[place] = successors[steps[place - 1], np.minimum(7, random.geometric(0.4, lanes) - 1)]
    return steps.T.ravel()


if __name__ == "__main__":
    main(tuple(map(int, sys.argv[1:])) or SIZES)
