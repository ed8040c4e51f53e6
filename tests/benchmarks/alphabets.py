"""What a training step costs with larger and larger alphabets, and where the time goes.

Run by hand: uv run python tests/benchmarks/alphabets.py [--distinct 100 1000 6000 20000] [--recipe fast] [--devices 2].
The characters are random: only how many there are matters. CPU time, in milliseconds, the least of several chunks, so
that other programs hardly count: of a whole step; of the parts that grow with the alphabet, each compiled alone and for
one device; and of reading 10,000 held-out characters. Beside them, what the estimate of a new run would make of a step,
if it knew only that of the first alphabet.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from corpora.corpus import Corpus
from model.recipe import PRESETS, Recipe

CHUNKS, STEPS = 5, 4
HELD_OUT = 10_000


def corpus(distinct: int) -> Corpus:
    """Random characters."""
    kind = np.uint8 if distinct <= 256 else np.uint16
    ids = np.random.default_rng(0).integers(0, distinct, 10 * HELD_OUT).astype(kind)
    ids[:distinct] = np.arange(distinct)
    return Corpus("random", "Random", "".join(map(chr, range(0x3400, 0x3400 + distinct))), ids, None, ())


def least(work: Callable[[], Any], repeats: int = CHUNKS) -> float:
    """CPU time in milliseconds of the shortest of several calls, after one that compiles."""
    work()
    spent = []
    for _ in range(repeats):
        begun = time.process_time()
        work()
        spent.append(1e3 * (time.process_time() - begun))
    return min(spent)


def measure(recipe: Recipe, distinct: int, devices: int) -> tuple[float, ...]:
    """Parameters, and times: of a step, of the output and its loss, of the update, of the held-out text."""
    import jax
    import jax.numpy as jnp
    import optax

    from model.networks.network import assemble
    from model.training.learner import Learner
    from model.training.train_step import cross_entropy, make_optimizer

    learner = Learner(corpus(distinct), recipe, devices)
    whole = least(lambda: learner.learn(STEPS)) / STEPS
    params = learner.host_params()
    output = assemble(learner.graph, params).output
    hs = np.random.default_rng(1).normal(0, 0.3, (recipe.window, recipe.batch, recipe.hidden)).astype(np.float32)
    targets = np.random.default_rng(2).integers(0, distinct, (recipe.window, recipe.batch)).astype(np.int32)
    matrix, bias = np.array(output.w[...]), np.array(output.b[...])

    @jax.jit
    def predict(hs: Any, matrix: Any, bias: Any) -> Any:
        return jax.value_and_grad(lambda *of: cross_entropy(of[0] @ of[1] + of[2], targets).mean(), (0, 1, 2))(
            hs, matrix, bias
        )

    optimizer = make_optimizer(recipe)

    @jax.jit
    def update(gradient: Any, state: Any, params: Any) -> Any:
        direction, state = optimizer.update(gradient, state, params)
        return jax.tree.map(lambda p, d: p - 0.001 * d, params, direction), state, optax.tree.norm(gradient)

    state = jax.device_put(optimizer.init(params))
    placed = jax.device_put(params)
    gradient = jax.tree.map(jnp.ones_like, placed)
    return (
        learner.parameters,
        whole,
        least(lambda: jax.block_until_ready(predict(hs, matrix, bias))),
        least(lambda: jax.block_until_ready(update(gradient, state, placed))),
        least(lambda: learner.judge(lambda: False), 2),
    )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--distinct", type=int, nargs="+", default=[100, 1000, 6000, 20_000])
    parser.add_argument("--recipe", choices=[*PRESETS], default="fast")
    parser.add_argument("--devices", type=int, default=2)
    options = parser.parse_args()
    from model.devices.jax_setup import start_jax
    from model.preparing.cost import work_of

    start_jax(options.devices, "cpu")
    recipe = replace(PRESETS[options.recipe], tokens="characters", epochs=1000)
    print(f"{'distinct':>8} {'parameters':>11} {'step':>8} {'output':>8} {'update':>8} {'held-out':>9} {'estimate':>9}")
    speed = None
    for distinct in options.distinct:
        parameters, *times = measure(recipe, distinct, options.devices)
        work = work_of(recipe, distinct, HELD_OUT).step
        speed = speed or work / times[0]
        print(f"{distinct:>8,} {parameters:>11,.0f} {' '.join(f'{each:>8.1f}' for each in times)} {work / speed:>9.1f}")


if __name__ == "__main__":
    main()
