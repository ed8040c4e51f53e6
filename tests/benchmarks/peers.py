"""The training step beside its peers' on the same machine in the same minutes: time, memory, and how both grow.

Run by hand: uv run python tests/benchmarks/peers.py. Every engine has a process of its own, and every peer an
environment of its own that is made in the cache folder the first time. The engines measure in turn, round after round,
so that a change in the machine's load hits all of them. Peers read the text as their users do: Keras from an array of
one-hot windows in memory, torch by making a batch one-hot when it comes. Their learning rate stays constant.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shlex
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, NamedTuple

from model.options.parser import OptionParser
from model.options.recipe_options import add_recipe_options, recipe_from
from model.recipe import Recipe

ROOT = Path(__file__).parents[2]
PROJECT, PRODUCT = "charlstm", "matrix product"
PEERS = {
    "keras-tensorflow": ("keras", "tensorflow-cpu"),
    "keras-jax": ("keras", "jax"),
    "torch": ("torch", "numpy"),
}
"""Each peer's packages."""
WORKS = ("notebook", "notebook --hidden 512", "fast")
"""What is timed side by side: a recipe, and options in place of its values."""
WIDTHS = (64, 128, 256, 512, 1024)
CHARACTERS = 600_893
"""Of the synthetic text: as many as the exercise's."""
ALPHABET = string.ascii_lowercase + string.digits + " \n" + string.punctuation[:19]
SIZES = (1, 10, 100)
"""Lengths of the corpora that growth is shown for, in such texts: 0.6, 6 and 60 MB."""

Measure = Callable[[float], dict[str, float]]
"""Works for so many seconds and says what that gave."""


# Processes and their environments


class WorkerError(Exception):
    """An engine's process ended before it was told to; the message is the last that it said."""


class Worker:
    """An engine in a process of its own, which waits and does nothing until it is asked."""

    def __init__(self, python: str | Path, module: str, arguments: Sequence[str]) -> None:
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - lives as long as the process
        self._process = subprocess.Popen(
            [python, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
        )

    def ask(self, seconds: float) -> dict[str, float]:
        """What the engine measures in about so many seconds; the first time it prepares and warms up before."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with suppress(BrokenPipeError):  # the answer that does not come says why
            self._process.stdin.write(f"{seconds}\n")
            self._process.stdin.flush()
        answer = self._process.stdout.readline()
        if not answer:
            self._process.wait()
            self._said.seek(0)
            lines = self._said.read().strip().splitlines()
            raise WorkerError(lines[-1] if lines else f"ended with code {self._process.returncode}")
        measured: dict[str, float] = json.loads(answer)
        return measured

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()
        self._said.close()


def serve(prepare: Callable[[], Measure]) -> None:
    """Be a worker: answer each line of seconds with a line of JSON. What libraries print goes elsewhere."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    measure: Measure | None = None
    for line in sys.stdin:
        measure = measure or prepare()
        print(json.dumps(measure(float(line)) | {"memory": peak_memory()}), file=answers, flush=True)


def peak_memory() -> float:
    """The most memory that this process has had, in MB."""
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def add_peer_options(parser: argparse.ArgumentParser, peers: Iterable[str]) -> None:
    """Add which peers to measure, and where they are."""
    names = tuple(peers)
    parser.add_argument("--peers", nargs="*", choices=names, default=names, help="beside which (default: all)")
    parser.add_argument(
        "--environment",
        action="append",
        default=[],
        type=ready_environment,
        metavar="NAME=PATH",
        help="a ready virtual environment for a peer, in place of one made in the cache folder",
    )
    parser.add_argument("--rounds", type=int, default=5, help="how often each engine measures (default: 5)")
    parser.add_argument("--seconds", type=float, default=4.0, help="how long it measures each time (default: 4)")


def ready_environment(text: str) -> tuple[str, Path]:
    """The peer and the Python that NAME=PATH names."""
    name, _, path = text.partition("=")
    python = python_of(Path(path).absolute())
    if name not in PEERS or not python.exists():
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(PEERS)} with a virtual environment")
    return name, python


def environments(given: argparse.Namespace) -> dict[str, Path]:
    """The Python of each peer that was chosen and can be had; of the others it is said why not."""
    ready = dict(given.environment)
    found: dict[str, Path] = {}
    for name in given.peers:
        try:
            found[name] = ready[name] if name in ready else make_environment(name)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name} is left out: no environment for it ({error}).")
    return found


def make_environment(name: str) -> Path:
    """The Python of a peer's own environment in the cache folder, made if it is not there."""
    import platformdirs

    folder = platformdirs.user_cache_path("charlstm", appauthor=False) / "peers" / name
    whole = folder / "whole"
    if not whole.exists():
        uv = shutil.which("uv")
        if uv is None:
            raise FileNotFoundError("uv, which makes it, is not installed")
        subprocess.run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python_of(folder), *PEERS[name]], check=True)
        whole.touch()
    return python_of(folder)


def python_of(environment: Path) -> Path:
    """A virtual environment's Python."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


# What the engines do


def synthetic_text() -> str:
    """A text as long as the exercise's, of as many different characters, some of them frequent."""
    chance = random.Random(1)
    frequencies = [1 / (place + 2) for place in range(len(ALPHABET))]
    return "".join(chance.choices(ALPHABET, frequencies, k=CHARACTERS))


def work_of(options: str) -> tuple[Recipe, int]:
    """What a line of options says: a recipe, and how many devices it runs on here."""
    parser = OptionParser(prog="the work")
    parser.add_argument("--devices", type=int, default=0)
    add_recipe_options(parser)
    given = parser.parse_args(["--recipe", *shlex.split(options)])
    return recipe_from(given), given.devices


def encode(text: str) -> Any:
    """The text as the peers get it: indices (N,) into the sorted characters."""
    import numpy as np

    return np.unique(np.array(list(text)), return_inverse=True)[1]


def lanes(ids: Any, recipe: Recipe) -> tuple[Any, Any]:
    """Inputs and targets of a text read in lanes, (steps * B, T): lane after lane in each step."""
    steps = (len(ids) - 1) // (recipe.batch * recipe.window)

    def cut(part: Any) -> Any:
        return part.reshape(recipe.batch, steps, recipe.window).swapaxes(0, 1).reshape(-1, recipe.window)

    used = steps * recipe.batch * recipe.window
    return cut(ids[:used]), cut(ids[1 : used + 1])


def windows(ids: Any, recipe: Recipe) -> tuple[Any, Any]:
    """Inputs (windows, T) and targets (windows,) of overlapping windows."""
    import numpy as np

    starts = np.arange(0, len(ids) - recipe.window, recipe.stride)
    return ids[starts[:, None] + np.arange(recipe.window)], ids[starts + recipe.window]


def one_hot(indices: Any, size: int) -> Any:
    """Indices (...) as booleans (..., size)."""
    import numpy as np

    array = np.zeros((*indices.shape, size), bool)
    np.put_along_axis(array, indices[..., None], True, axis=-1)
    return array


def keras_model(recipe: Recipe, size: int) -> Any:
    """A recipe's network and optimiser as Keras has them, for one-hot characters."""
    from keras import Input, Sequential, layers, optimizers

    carried = recipe.reading == "lanes"
    model = Sequential(
        [
            Input(batch_shape=(recipe.batch if carried else None, recipe.window, size)),
            layers.LSTM(recipe.hidden, return_sequences=carried, stateful=carried),
            layers.Dense(size, activation="softmax"),
        ]
    )
    rules = {"rmsprop": optimizers.RMSprop, "adamw": optimizers.AdamW}
    rule = rules[recipe.optimizer](learning_rate=recipe.rate, global_clipnorm=recipe.clip or None)
    model.compile(loss="categorical_crossentropy", optimizer=rule)
    return model


def charlstm(file: str, options: str) -> Measure:
    """This project: its own loop, as `charlstm train` runs it, with an end that is not reached."""
    from dataclasses import replace

    from corpora import open_corpus
    from model.devices import local_devices
    from model.events import Compiled, Progress
    from model.training.trainer import Trainer

    recipe, devices = work_of(options)
    local_devices.start(devices)
    begun = time.perf_counter()
    corpus = open_corpus(file, lowercase=recipe.lowercase)
    opened = time.perf_counter() - begun
    events = Trainer(corpus, replace(recipe, epochs=100_000), devices=devices).run()
    compiled = next(event.seconds for event in events if isinstance(event, Compiled))
    progress = (event for event in events if isinstance(event, Progress))

    def measure(seconds: float) -> dict[str, float]:
        first = last = next(progress)
        while last.seconds - first.seconds < seconds:
            last = next(progress)
        milliseconds = 1000 * (last.seconds - first.seconds) / (last.step - first.step)
        return {"ms": milliseconds, "opened": opened, "compiled": compiled}

    measure(1.0)  # until the chunks have found their length
    return measure


def keras(file: str, options: str) -> Measure:
    """Keras, with the backend that KERAS_BACKEND names: `fit` as the exercise calls it."""
    from keras import callbacks

    recipe, _ = work_of(options)
    ids = encode(Path(file).read_text())
    size, carried = int(ids.max()) + 1, recipe.reading == "lanes"
    x, y = (one_hot(part, size) for part in (lanes if carried else windows)(ids, recipe))
    model = keras_model(recipe, size)

    class Clock(callbacks.Callback):  # type: ignore[misc]
        """Leaves out what `fit` does before the first batch."""

        def on_epoch_begin(self, *_: object) -> None:
            self.begun = time.perf_counter()

        def on_epoch_end(self, *_: object) -> None:
            self.milliseconds = 1000 * (time.perf_counter() - self.begun)

    clock, steps_there, at = Clock(), len(x) // recipe.batch, 0

    def step_time(steps: int) -> float:
        nonlocal at
        at = at if at + steps <= steps_there else 0
        part = slice(at * recipe.batch, (at + steps) * recipe.batch)
        model.fit(
            x[part], y[part], batch_size=recipe.batch, epochs=1, verbose=0, shuffle=not carried, callbacks=[clock]
        )
        at += steps
        return clock.milliseconds / steps

    step_time(2)  # compiles
    estimate = step_time(4)

    def measure(seconds: float) -> dict[str, float]:
        return {"ms": step_time(min(steps_there, max(2, round(1000 * seconds / estimate))))}

    return measure


def torch(file: str, options: str) -> Measure:
    """torch.nn.LSTM, with a loop as its tutorials write it."""
    import torch
    from torch import nn

    recipe, _ = work_of(options)
    ids = encode(Path(file).read_text())
    size, carried = int(ids.max()) + 1, recipe.reading == "lanes"
    inputs, targets = map(torch.from_numpy, (lanes if carried else windows)(ids, recipe))
    lstm, dense = nn.LSTM(size, recipe.hidden, batch_first=True), nn.Linear(recipe.hidden, size)
    weights = [*lstm.parameters(), *dense.parameters()]
    if recipe.optimizer == "rmsprop":
        rule = torch.optim.RMSprop(weights, lr=recipe.rate, alpha=recipe.decay, eps=recipe.epsilon)
    else:
        rule = torch.optim.AdamW(weights, lr=recipe.rate, weight_decay=recipe.weight_decay)
    at, carry = 0, None

    def step() -> None:
        nonlocal at, carry
        part = slice(at, at + recipe.batch)
        at = at + recipe.batch if at + 2 * recipe.batch <= len(inputs) else 0
        rule.zero_grad()
        outputs, after = lstm(nn.functional.one_hot(inputs[part], size).float(), carry)
        carry = tuple(each.detach() for each in after) if carried else None
        logits = dense(outputs) if carried else dense(outputs[:, -1])
        nn.functional.cross_entropy(logits.reshape(-1, size), targets[part].reshape(-1)).backward()
        if recipe.clip:
            nn.utils.clip_grad_norm_(weights, recipe.clip)
        rule.step()

    return repeat(step)


def matrix_product(file: str, options: str) -> Measure:
    """The yardstick: XLA's float32 products of large matrices on all cores, 2 * 2048^3 operations each."""
    import jax
    import numpy as np

    a, b = map(jax.device_put, np.random.default_rng(1).standard_normal((2, 2048, 2048), np.float32))
    product = jax.jit(jax.numpy.matmul)
    return repeat(lambda: product(a, b).block_until_ready())


def repeat(step: Callable[[], object]) -> Measure:
    """Measures how long a step takes."""
    for _ in range(3):
        step()

    def measure(seconds: float) -> dict[str, float]:
        steps, begun = 0, time.perf_counter()
        while (spent := time.perf_counter() - begun) < seconds:
            step()
            steps += 1
        return {"ms": 1000 * spent / steps}

    return measure


def choose_backend(name: str) -> None:
    """Have Keras use the backend that a peer's name ends with, on the CPU, once it is imported."""
    os.environ["KERAS_BACKEND"] = name.removeprefix("keras-")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def be_engine(name: str, file: str, options: str) -> None:
    """What a worker's process does."""
    if name.startswith("keras-"):
        choose_backend(name)
    engines = {PROJECT: charlstm, PRODUCT: matrix_product, "torch": torch}
    serve(lambda: engines.get(name, keras)(file, options))


# Tables


class Row(NamedTuple):
    """An engine at a piece of work."""

    name: str
    python: str | Path
    arguments: tuple[str, ...]


def measure_in_turn(module: str, rows: Sequence[Row], rounds: int, seconds: float) -> dict[str, list[dict[str, float]]]:
    """What each row's engine measured in each round. The first round warms up and does not count; an engine that
    fails is left out and it is said why.
    """
    measured: dict[str, list[dict[str, float]]] = {}
    with ExitStack() as stack:
        workers = {}
        for row in rows:
            workers[row.name] = worker = Worker(row.python, module, row.arguments)
            stack.callback(worker.close)
        for counts in [False, *[True] * rounds]:
            for name, worker in list(workers.items()):
                try:
                    answer = worker.ask(seconds if counts else min(seconds, 1.0))
                except WorkerError as error:
                    print(f"{name} is left out: {error}")
                    measured.pop(name, None)
                    del workers[name]
                    continue
                if counts:
                    measured.setdefault(name, []).append(answer)
    return measured


def median(measured: Sequence[Mapping[str, float]], what: str) -> float:
    """Of one figure over the rounds."""
    return statistics.median(each[what] for each in measured)


def ratio(first: Sequence[Mapping[str, float]], second: Sequence[Mapping[str, float]], what: str = "ms") -> float:
    """The median over the rounds of the first engine's figure in units of the second's in the same round."""
    return statistics.median(one[what] / other[what] for one, other in zip(first, second, strict=True))


def text_of_a_step(recipe: Recipe) -> int:
    """Characters of training text that a step consumes; overlapping windows take only their stride of it each."""
    return recipe.batch * (recipe.window if recipe.reading == "lanes" else recipe.stride)


def side_by_side(given: argparse.Namespace, pythons: Mapping[str, Path], options: str, file: str) -> None:
    """The table of one piece of work."""
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
    print(f"  {'':36}{'ms a step':>10}{'characters/s':>14}{'peak MB':>9}{'to fastest peer':>17}{'to charlstm':>13}")
    for name, rounds in measured.items():
        milliseconds = median(rounds, "ms")
        print(
            f"  {name:36}{milliseconds:10.1f}{1000 * text_of_a_step(recipe) / milliseconds:14,.0f}"
            f"{max(each['memory'] for each in rounds):9,.0f}"
            f"{f'{ratio(rounds, measured[fastest]):.2f}' if fastest else '':>17}"
            f"{f'{ratio(rounds, measured[PROJECT]):.2f}' if PROJECT in measured else '':>13}"
        )
    # Forwards, to the state before, and to the weights: z = h W takes 2 B H 4H operations a character.
    operations = 3 * 2 * recipe.window * recipe.batch * 4 * recipe.hidden**2 * recipe.layers
    rate = 2 * 2048**3 / median(product, "ms") / 1e6
    limit = operations / rate / 1e6
    print(f"  float32 products of large matrices: {rate:.0f} GFLOP/s; the recurrent ones take {limit:.1f} ms at that")
    if PROJECT in measured:
        print(f"  {PROJECT}'s step takes {median(measured[PROJECT], 'ms') / limit:.2f} times that")


def growth(given: argparse.Namespace, texts: Mapping[int, str]) -> None:
    """How time and memory grow with the network and with the text, for this project alone."""
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
    parser.add_argument("--works", nargs="*", default=WORKS, help=f"recipes and options (default: {WORKS})")
    parser.add_argument(
        "--also", action="append", default=[], metavar="OPTIONS", help="a further row of charlstm with these options"
    )
    parser.add_argument("--growth", action=argparse.BooleanOptionalAction, default=True, help="the table of growth")
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
