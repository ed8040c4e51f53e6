"""Compares the training step with other libraries' on the same machine: time, memory, and how both grow.

Run by hand: uv run python tests/benchmarks/peers.py. Each engine has its own process. Each peer has its own
environment, made in the cache folder the first time. The engines measure in turn, round after round.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from model.recipe import Recipe
from tests.benchmarks.peer_engines import ALPHABET, CHARACTERS, PRODUCT, PROJECT, be_engine, synthetic_text, work_of
from tests.benchmarks.workers import PEERS, Row, add_peer_options, environments, measure_in_turn, median, ratio

WORKS = ("notebook", "notebook --hidden 512", "fast")
"""What is timed side by side: a recipe, and options that replace its values."""
WIDTHS = (64, 128, 256, 512, 1024)
SIZES = (1, 10, 100)
"""Lengths of the corpora in the table of growth, in synthetic texts: 0.6, 6 and 60 MB."""


def text_of_a_step(recipe: Recipe) -> int:
    """Characters of training text that a step reads; an overlapping window counts only as its stride."""
    return recipe.batch * (recipe.window if recipe.reading == "lanes" else recipe.stride)


def side_by_side(given: argparse.Namespace, pythons: Mapping[str, Path], options: str, file: str) -> None:
    """Measure one recipe with every engine and print the table."""
    recipe, _ = work_of(options)
    ours = [Row(PROJECT, sys.executable, ("--engine", PROJECT, file, options))]
    for more in given.also:
        ours.append(Row(f"{PROJECT} {more}", sys.executable, ("--engine", PROJECT, file, f"{options} {more}")))
    peers = [Row(name, python, ("--engine", name, file, options)) for name, python in pythons.items()]
    yardstick = Row(PRODUCT, sys.executable, ("--engine", PRODUCT, file, options))
    load = os.getloadavg()[0]
    measured = measure_in_turn("tests.benchmarks.peers", [*ours, *peers, yardstick], given.rounds, given.seconds)
    product = measured.pop(PRODUCT)
    print(
        f"\nA step of {options}: T={recipe.window}, B={recipe.batch}, V={len(ALPHABET)}, H={recipe.hidden}, "
        f"{recipe.reading}, {recipe.optimizer}; {given.rounds} rounds, load {load:.1f}"
    )
    there = [row.name for row in peers if row.name in measured]
    fastest = min(there, key=lambda name: median(measured[name], "ms"), default=None)
    head = f"{'characters/s':>14}{'peak MB':>9}{'to fastest peer':>17}{'to charlstm':>13}"
    print(f"  {'':36}{'ms a step':>10}{'of CPU':>10}{head}")
    for name, rounds in measured.items():
        milliseconds = median(rounds, "ms")
        print(
            f"  {name:36}{milliseconds:10.1f}{statistics.median(each['ms'] * each['cores'] for each in rounds):10.1f}"
            f"{1000 * text_of_a_step(recipe) / milliseconds:14,.0f}"
            f"{max(each['memory'] for each in rounds):9,.0f}"
            f"{f'{ratio(rounds, measured[fastest]):.2f}' if fastest else '':>17}"
            f"{f'{ratio(rounds, measured[PROJECT]):.2f}' if PROJECT in measured else '':>13}"
        )
    if recipe.network != "lstm":
        return
    # Three products (forward, gradients of the state and of the weights): each 2 B H 4H operations a character.
    operations = 3 * 2 * recipe.window * recipe.batch * 4 * recipe.hidden**2 * recipe.layers
    rate = 2 * 2048**3 / median(product, "ms") / 1e6
    limit = operations / rate / 1e6
    print(f"  float32 products of large matrices: {rate:.0f} GFLOP/s; the recurrent ones take {limit:.1f} ms at that")
    if PROJECT in measured:
        print(f"  {PROJECT}'s step takes {median(measured[PROJECT], 'ms') / limit:.2f} times that")


def growth(given: argparse.Namespace, texts: Mapping[int, str]) -> None:
    """Print how time and memory of this project grow with the network and with the text."""
    rows, steps = [], {}
    for recipe_name, width, size in [("notebook", w, 1) for w in WIDTHS] + [("fast", 128, s) for s in SIZES]:
        options = f"{recipe_name} --hidden {width}"
        name = f"{recipe_name}, H={width}, {size * CHARACTERS / 1e6:.1f} MB"
        rows.append(Row(name, sys.executable, ("--engine", PROJECT, texts[size], options)))
        steps[name] = text_of_a_step(work_of(options)[0])
    load = os.getloadavg()[0]
    measured = measure_in_turn("tests.benchmarks.peers", rows, given.rounds, given.seconds)
    print(f"\nGrowth with the network and with the text; {given.rounds} rounds, load {load:.1f}")
    print(f"  {'':28}{'opens, s':>10}{'compiles, s':>13}{'ms a step':>11}{'characters/s':>14}{'peak MB':>9}")
    for name, rounds in measured.items():
        milliseconds = median(rounds, "ms")
        print(
            f"  {name:28}{rounds[0]['opened']:10.2f}{rounds[0]['compiled']:13.1f}{milliseconds:11.1f}"
            f"{1000 * steps[name] / milliseconds:14,.0f}{max(each['memory'] for each in rounds):9,.0f}"
        )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_peer_options(parser, PEERS)
    parser.add_argument("--works", nargs="*", default=WORKS, help=f"what to measure (default: {WORKS})")
    parser.add_argument(
        "--also", action="append", default=[], metavar="OPTIONS", help="add a row for charlstm with these options"
    )
    parser.add_argument(
        "--growth", action=argparse.BooleanOptionalAction, default=True, help="print the table of growth"
    )
    given = parser.parse_args()
    pythons = environments(given) if given.works else {}
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "false"  # or compiling would look quick the second time
    with tempfile.TemporaryDirectory() as folder:
        text = synthetic_text()
        files = {1: str(Path(folder, "text1.txt"))}
        Path(files[1]).write_text(text)
        for options in given.works:
            side_by_side(given, pythons, options, files[1])
        if given.growth:
            for size in SIZES[1:]:
                files[size] = str(Path(folder, f"text{size}.txt"))
                Path(files[size]).write_text(text * size)
            growth(given, files)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--engine"]:
        be_engine(*sys.argv[2:])
    else:
        main()
