"""Record what a stack of Keras's causal convolutions computes from given weights, for tests to compare.

By hand, in an environment of its own with keras 3, which is no dependency of this project:

    uv venv /tmp/keras && uv pip install -p /tmp/keras keras==3.15.1 scipy jax==0.6.2
    KERAS_BACKEND=jax /tmp/keras/bin/python tests/model/golden/record_keras_conv.py

It writes `keras_conv.json` beside itself: the weights by this project's names, the text that is read as ids, the output
of the first convolution of the stack, a plain `Conv1D`, and the logits after each token.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

GOLDEN = Path(__file__).with_name("keras_conv.json")
TIME, LANES, SYMBOLS, UNITS, KERNEL, DILATIONS = 16, 2, 5, 4, 3, (1, 2, 4)


def rounded(array: np.ndarray) -> Any:
    """The numbers with as many digits as float32 has."""
    return np.float32(array).astype(float).round(9).tolist()


def record() -> dict[str, Any]:
    """Build the stack, give it random weights, and read a text with it."""
    random = np.random.default_rng(16)
    named: dict[str, tuple[keras.Layer, int]] = {}
    ids = keras.Input((TIME,), dtype="int32")
    embedding = layers.Embedding(SYMBOLS, UNITS)
    named["embedding"] = embedding, 0
    x, skips, first = embedding(ids), [], None
    for index, dilation in enumerate(DILATIONS):
        convolution = layers.Conv1D(2 * UNITS, KERNEL, padding="causal", dilation_rate=dilation)
        z = convolution(layers.RMSNormalization(epsilon=1e-6)(x))
        first = z if first is None else first
        u = keras.ops.tanh(z[..., :UNITS]) * keras.ops.sigmoid(z[..., UNITS:])
        skip, residual = (layers.Dense(UNITS, use_bias=False) for _ in range(2))
        skips.append(skip(u))
        named |= {f"layers.{index}.w": (convolution, 0), f"layers.{index}.b": (convolution, 1)}
        named[f"layers.{index}.skip"] = skip, 0
        if index < len(DILATIONS) - 1:
            named[f"layers.{index}.residual"] = residual, 0
            x = x + residual(u)
    bias, output = layers.Dense(UNITS, activation="relu"), layers.Dense(SYMBOLS)
    model = keras.Model(ids, [first, output(bias(sum(skips)))])
    named |= {"skip_bias": (bias, 1), "output.w": (output, 0), "output.b": (output, 1)}
    for layer, place in named.values():
        layer.weights[place].assign(random.normal(0, 0.7, layer.weights[place].shape))
    bias.weights[0].assign(np.eye(UNITS))  # it only adds what comes before it is rectified
    text = random.integers(0, SYMBOLS, (LANES, TIME))
    convolved, logits = model.predict(text, verbose=0)
    return {
        "versions": {"keras": keras.__version__, "backend": keras.backend.backend()},
        "dilations": DILATIONS,
        "weights": {name: rounded(layer.weights[place]) for name, (layer, place) in named.items()},
        "ids": text.T.tolist(),
        "convolved": rounded(np.swapaxes(convolved, 0, 1)),
        "logits": rounded(np.swapaxes(logits, 0, 1)),
    }


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(record()) + "\n", "utf-8")
