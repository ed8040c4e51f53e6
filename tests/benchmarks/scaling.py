"""What several processes cost and gain: time and bytes a step on this machine, and a model of many more devices.

Run by hand: uv run python tests/benchmarks/scaling.py [--processes 1 2 4] [--steps 64]. The processes are on this
machine, one device each, and speak to each other over its loopback: where there are more of them than cores, they
share these, and the figures show what communication costs rather than what many machines gain.

The model: a step of H units, T characters and L lanes a device takes t = o T + L T (24 H^2 + 6 H V) / F seconds, with
an overhead o a character and F operations a second fitted to what was measured; summing g bytes of gradients around a
ring of P devices takes 2 (P - 1) a + 2 (P - 1) / P g / b, with a latency a and b bytes a second fitted likewise.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np

from corpora.corpus import Corpus
from model.recipe import FAST, NOTEBOOK, Recipe

CHARACTERS = 60
"""In the alphabet, about as many as Nietzsche has."""
RECIPES = {
    "notebook": replace(NOTEBOOK, held_out=0.0),
    "fast": replace(FAST, held_out=0.0),
    "fast, H = 512": replace(FAST, hidden=512, held_out=0.0),
}
FITTED = ((128, 32), (128, 128), (256, 64), (512, 16), (512, 64))
"""Units and lanes of the steps that the model of computing is fitted to."""
SIZES = (1_000, 10_000, 100_000, 1_000_000, 4_000_000)
"""Numbers summed over the processes, for the model of communication."""
DEVICES = (2, 8, 64, 1024)
HIDDEN = (128, 256, 512, 1024, 2048, 4096)
WINDOW = 64
ENOUGH = 0.8
"""Efficiency from which more devices are said to pay."""


def corpus() -> Corpus:
    """Random characters: what they are makes no difference to time."""
    ids = np.random.default_rng(0).integers(0, CHARACTERS, 400_000).astype(np.uint8)
    return Corpus("random", "Random", "".join(map(chr, range(48, 48 + CHARACTERS))), ids, None, ())


# In each process


def step_seconds(recipe: Recipe, steps: int) -> float:
    """Of a training step, by all processes together."""
    from model.training.learner import Learner

    learner = Learner(corpus(), recipe, devices=1)
    learner.learn(1)
    chunk, seconds = 8, []
    for _ in range(max(3, steps // chunk)):
        begun = time.perf_counter()
        learner.learn(chunk)
        seconds.append((time.perf_counter() - begun) / chunk)
    return median(seconds)


def sum_seconds(numbers: int) -> float:
    """Of summing so many float32 numbers over all processes."""
    import jax
    from jax import lax
    from jax.sharding import PartitionSpec

    from model.devices.local_devices import DATA, make_mesh, replicate

    mesh = make_mesh(jax.process_count(), 1)
    whole = PartitionSpec()
    total = jax.jit(
        jax.shard_map(lambda x: lax.psum(x, DATA) / 2, mesh=mesh, in_specs=whole, out_specs=whole, check_vma=False)
    )
    array = replicate(mesh, np.ones(numbers, np.float32))
    seconds = []
    for repeat in range(25):
        begun = time.perf_counter()
        array = total(array).block_until_ready()
        if repeat >= 5:
            seconds.append(time.perf_counter() - begun)
    return median(seconds)


def work(address: str, processes: int, process: int, steps: int) -> None:
    """Measure all there is to measure, together; process 0 prints it."""
    from model.devices.jax_setup import start_jax

    start_jax(1)
    import jax

    if processes > 1:
        jax.distributed.initialize(address, processes, process)
    measured: dict[str, Any] = {"steps": {name: step_seconds(recipe, steps) for name, recipe in RECIPES.items()}}
    if processes > 1:
        measured["sums"] = [[4 * numbers, sum_seconds(numbers)] for numbers in SIZES]
    else:
        fitted = [(hidden, lanes, replace(FAST, hidden=hidden, batch=lanes, window=WINDOW)) for hidden, lanes in FITTED]
        measured["computing"] = [[hidden, lanes, step_seconds(recipe, 24)] for hidden, lanes, recipe in fitted]
    if process == 0:
        print("measured " + json.dumps(measured), flush=True)
    os._exit(0)


# In the one that asks


def measure(processes: int, steps: int) -> dict[str, Any]:
    """What so many processes measure together."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
    command = [sys.executable, __file__, "--steps", str(steps), "--work", address, str(processes)]
    started = [
        subprocess.Popen([*command, str(process)], stdout=subprocess.PIPE, text=True) for process in range(processes)
    ]
    outputs = [process.communicate()[0] for process in started]
    line = next(line for line in outputs[0].splitlines() if line.startswith("measured "))
    measured: dict[str, Any] = json.loads(line.removeprefix("measured "))
    return measured


def parameters(hidden: int) -> int:
    """Of a network of one layer."""
    return CHARACTERS * 4 * hidden + 4 * hidden * hidden + 4 * hidden + hidden * CHARACTERS + CHARACTERS


def fit(rows: list[list[float]], seconds: list[float]) -> tuple[float, float]:
    """The two factors, none below zero, whose products with the rows come nearest to the seconds, in proportion."""
    matrix, target = np.array(rows, float), np.array(seconds)
    scaled = matrix / target[:, None]
    factors = np.linalg.lstsq(scaled, np.ones(len(target)), rcond=None)[0]
    if factors.min() < 0:  # one of them explains it all
        keep = int(np.argmax(factors))
        factors = np.zeros(2)
        factors[keep] = float(scaled[:, keep] @ np.ones(len(target)) / (scaled[:, keep] @ scaled[:, keep]))
    return float(factors[0]), float(factors[1])


def operations(hidden: int) -> float:
    """Of a step, a character and lane."""
    return 24 * hidden * hidden + 6 * hidden * CHARACTERS


def report(measured: dict[int, dict[str, Any]]) -> None:
    """Both tables."""
    one = measured[1]["steps"]
    print(f"\n{'recipe':<16}{'processes':>10}{'ms a step':>11}{'efficiency':>12}{'MB sent':>9}{'ms to sum':>11}")
    for name, recipe in RECIPES.items():
        gradients = 4 * parameters(recipe.hidden)
        for processes, found in measured.items():
            seconds = found["steps"][name]
            efficiency = one[name] / (min(processes, cores()) * seconds)
            sent = 2 * (processes - 1) / processes * gradients
            row = f"{name:<16}{processes:>10}{1e3 * seconds:>11.1f}{efficiency:>11.0%} {sent / 1e6:>8.2f}"
            if processes > 1:
                bytes_, times = zip(*found["sums"], strict=True)
                row += f"{1e3 * np.interp(gradients, bytes_, times):>11.2f}"
            print(row)
    print(f"efficiency: of one process's time over the time on so many, on the {cores()} cores that are here")

    computing = measured[1]["computing"]
    overhead, rate = fit(
        [[WINDOW, WINDOW * lanes * operations(hidden)] for hidden, lanes, _ in computing],
        [seconds for *_, seconds in computing],
    )
    sums = [(count, *each) for count, found in measured.items() if count > 1 for each in found["sums"]]
    latency, inverse = fit(
        [[2 * (count - 1), 2 * (count - 1) / count * size] for count, size, _ in sums],
        [seconds for *_, seconds in sums],
    )
    print(f"\ncomputing: {1e6 * overhead:.1f} us a character and {1e-9 / rate:.0f} GFLOP/s a device")
    print(f"communication: {1e6 * latency:.0f} us a hop and {1e-9 / inverse if inverse else np.inf:.2f} GB/s")
    print(f"\nlanes a device, and in the whole batch, from which {ENOUGH:.0%} of the time is computing (T = {WINDOW})")
    print(f"{'H':>6}" + "".join(f"{f'{count} devices':>20}" for count in DEVICES))
    for hidden in HIDDEN:
        row = f"{hidden:>6}"
        for count in DEVICES:
            gradients = 4 * parameters(hidden)
            summing = 2 * (count - 1) * latency + 2 * (count - 1) / count * gradients * inverse
            needed = (summing * ENOUGH / (1 - ENOUGH) - overhead * WINDOW) / (WINDOW * operations(hidden) * rate)
            lanes = max(1, int(np.ceil(needed)))
            row += f"{f'{lanes:,} ({lanes * count:,})':>20}"
        print(row)


def cores() -> int:
    """That these processes may use."""
    return len(os.sched_getaffinity(0))


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2, 4], help="1 among them")
    parser.add_argument("--steps", type=int, default=64, help="timed, of each recipe")
    parser.add_argument("--work", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        address, processes, process = options.work
        work(address, int(processes), int(process), options.steps)
    report({processes: measure(processes, options.steps) for processes in sorted({1, *options.processes})})


if __name__ == "__main__":
    main()
