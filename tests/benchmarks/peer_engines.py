"""The engines that are compared: this project, Keras, torch, and XLA's matrix product as the yardstick.

Each peer reads the text as its users do: Keras from an array of one-hot windows in memory, torch by making each batch
one-hot when it is needed. The peers' learning rate is constant.
"""

from __future__ import annotations

import os
import random
import shlex
import string
import time
from pathlib import Path
from typing import Any

from model.networks.sight import layer_dilations
from model.options.parser import OptionParser
from model.options.recipe_options import add_recipe_options, recipe_from
from model.recipe import Recipe
from tests.benchmarks.workers import Measure, repeat, serve

PROJECT, PRODUCT = "charlstm", "matrix product"
CHARACTERS = 600_893
"""Length of the synthetic text: that of the exercise's text."""
ALPHABET = string.ascii_lowercase + string.digits + " \n" + string.punctuation[:19]


def synthetic_text() -> str:
    """A text with the exercise's length and number of distinct characters, some of them frequent."""
    chance = random.Random(1)
    frequencies = [1 / (place + 2) for place in range(len(ALPHABET))]
    return "".join(chance.choices(ALPHABET, frequencies, k=CHARACTERS))


def work_of(options: str) -> tuple[Recipe, int]:
    """The recipe that a line of options describes, and the number of devices (0: all)."""
    parser = OptionParser(prog="the work")
    parser.add_argument("--devices", type=int, default=0)
    add_recipe_options(parser)
    given = parser.parse_args(["--recipe", *shlex.split(options)])
    return recipe_from(given), given.devices


def encode(text: str) -> Any:
    """The text for the peers: indices (N,) into the sorted characters."""
    import numpy as np

    return np.unique(np.array(list(text)), return_inverse=True)[1]


def lanes(ids: Any, recipe: Recipe) -> tuple[Any, Any]:
    """Inputs and targets of a text read in lanes, each (steps * B, T): all lanes of a step, then the next step."""
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
    """A recipe's network and optimiser in Keras, for one-hot characters."""
    from keras import Input, Sequential, layers, optimizers

    if recipe.network != "lstm":
        raise ValueError(f"Keras trains no {recipe.network} here")
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
    """This project: the loop of `charlstm train`, with so many epochs that it never ends."""
    from dataclasses import replace

    from corpora import open_corpus
    from model.devices.jax_setup import start_jax
    from model.training.events import Compiled, Progress
    from model.training.trainer import Trainer

    recipe, devices = work_of(options)
    start_jax(devices)
    begun = time.perf_counter()
    corpus = open_corpus(file, recipe.read_as)
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

    measure(1.0)  # the trainer adapts the chunks' length meanwhile
    return measure


def keras(file: str, options: str) -> Measure:
    """Keras with the backend in KERAS_BACKEND: `fit`, called as in the exercise."""
    from keras import callbacks

    recipe, _ = work_of(options)
    ids = encode(Path(file).read_text())
    size, carried = int(ids.max()) + 1, recipe.reading == "lanes"
    x, y = (one_hot(part, size) for part in (lanes if carried else windows)(ids, recipe))
    model = keras_model(recipe, size)

    class Clock(callbacks.Callback):  # type: ignore[misc]
        """Times an epoch without the work that `fit` does before the first batch."""

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


def torch_convolution(recipe: Recipe, size: int) -> Any:
    """A recipe's convolution in torch, from ids (B, T) to logits (B, T, V): a stack of its `Conv1d`."""
    import torch
    from torch import nn

    hidden, kernel, dilations = recipe.hidden, recipe.kernel, layer_dilations(recipe)

    class Stack(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embedding = nn.Embedding(size, hidden)
            self.gated = nn.ModuleList(nn.Conv1d(hidden, 2 * hidden, kernel, dilation=each) for each in dilations)
            widths = [2 * hidden] * (len(dilations) - 1) + [hidden]
            self.onward = nn.ModuleList(nn.Conv1d(hidden, width, 1) for width in widths)
            self.out = nn.Conv1d(hidden, size, 1)

        def forward(self, ids: Any) -> Any:
            x, skips = self.embedding(ids).transpose(1, 2), 0
            for gated, onward, dilation in zip(self.gated, self.onward, dilations, strict=True):
                told, gate = gated(nn.functional.pad(x, ((kernel - 1) * dilation, 0))).chunk(2, dim=1)
                skip, *residual = onward(torch.tanh(told) * torch.sigmoid(gate)).split(hidden, dim=1)
                x, skips = sum(residual, x), skips + skip
            return self.out(torch.relu(skips)).transpose(1, 2)

    return Stack()


def torch(file: str, options: str) -> Measure:
    """torch.nn.LSTM, or a stack of Conv1d without anything carried, with the training loop of torch's tutorials."""
    import torch
    from torch import nn

    recipe, _ = work_of(options)
    if recipe.network not in ("lstm", "conv"):
        raise ValueError(f"torch trains no {recipe.network} here")
    ids = encode(Path(file).read_text())
    size, carried = int(ids.max()) + 1, recipe.reading == "lanes"
    inputs, targets = map(torch.from_numpy, (lanes if carried else windows)(ids, recipe))
    convolution = torch_convolution(recipe, size) if recipe.network == "conv" else None
    lstm, dense = nn.LSTM(size, recipe.hidden, batch_first=True), nn.Linear(recipe.hidden, size)
    weights = [*convolution.parameters()] if convolution else [*lstm.parameters(), *dense.parameters()]
    if recipe.optimizer == "rmsprop":
        rule = torch.optim.RMSprop(weights, lr=recipe.rate, alpha=recipe.decay, eps=recipe.epsilon)
    else:
        rule = torch.optim.AdamW(weights, lr=recipe.rate, weight_decay=recipe.weight_decay)
    at, carry = 0, None

    def predict(ids: Any) -> Any:
        nonlocal carry
        if convolution:
            logits = convolution(ids)
            return logits if carried else logits[:, -1]
        outputs, after = lstm(nn.functional.one_hot(ids, size).float(), carry)
        carry = tuple(each.detach() for each in after) if carried else None
        return dense(outputs) if carried else dense(outputs[:, -1])

    def step() -> None:
        nonlocal at
        part = slice(at, at + recipe.batch)
        at = at + recipe.batch if at + 2 * recipe.batch <= len(inputs) else 0
        rule.zero_grad()
        logits = predict(inputs[part])
        nn.functional.cross_entropy(logits.reshape(-1, size), targets[part].reshape(-1)).backward()
        if recipe.clip:
            nn.utils.clip_grad_norm_(weights, recipe.clip)
        rule.step()

    return repeat(step)


def matrix_product(file: str, options: str) -> Measure:
    """The yardstick: XLA's float32 products of large matrices on all cores; one product has 2 * 2048^3 operations."""
    import jax
    import numpy as np

    a, b = map(jax.device_put, np.random.default_rng(1).standard_normal((2, 2048, 2048), np.float32))
    product = jax.jit(jax.numpy.matmul)
    return repeat(lambda: product(a, b).block_until_ready())


def choose_backend(name: str) -> None:
    """Make Keras use the backend in the peer's name, on the CPU. Call this before Keras is imported."""
    os.environ["KERAS_BACKEND"] = name.removeprefix("keras-")
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"


def be_engine(name: str, file: str, options: str) -> None:
    """Run an engine in a worker's process."""
    if name.startswith("keras-"):
        choose_backend(name)
    engines = {PROJECT: charlstm, PRODUCT: matrix_product, "torch": torch}
    serve(lambda: engines.get(name, keras)(file, options))
