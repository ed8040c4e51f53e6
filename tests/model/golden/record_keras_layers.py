"""Record what Keras's recurrent layers compute from given weights, for tests to compare.

By hand, in an environment of its own with keras 3, which is no dependency of this project:

    uv venv /tmp/keras && uv pip install -p /tmp/keras keras==3.15.1 scipy jax==0.6.2
    KERAS_BACKEND=jax /tmp/keras/bin/python tests/model/golden/record_keras_layers.py

It writes `keras_layers.json` beside itself: of GRU and SimpleRNN, weights in Keras's order, the text that is read as
ids, and the outputs of two layers, one on the other, after each of its tokens.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

GOLDEN = Path(__file__).with_name("keras_layers.json")
TIME, LANES, SYMBOLS, UNITS = 7, 2, 5, 4
LAYERS = {"gru": keras.layers.GRU, "rnn": keras.layers.SimpleRNN}


def rounded(array: np.ndarray) -> list[Any]:
    """The numbers with as many digits as float32 has."""
    listed: list[Any] = np.float32(array).astype(float).round(9).tolist()
    return listed


def record(kind: str) -> dict[str, Any]:
    """Two layers of a kind with random weights, biases among them, and what they compute."""
    random = np.random.default_rng(16)
    ids = random.integers(0, SYMBOLS, (TIME, LANES))
    layers = [LAYERS[kind](UNITS, return_sequences=True) for _ in range(2)]
    model = keras.Sequential([keras.Input((TIME, SYMBOLS)), *layers])
    for layer in layers:
        layer.set_weights([random.normal(0, 0.7, each.shape).astype(np.float32) for each in layer.weights])
    hs = model.predict(np.eye(SYMBOLS, dtype=np.float32)[ids.T], verbose=0)
    return {
        "settings": {name: layers[0].get_config().get(name) for name in ("activation", "reset_after", "use_bias")},
        "weights": [[rounded(each) for each in layer.get_weights()] for layer in layers],
        "ids": ids.tolist(),
        "hs": rounded(np.swapaxes(hs, 0, 1)),
    }


if __name__ == "__main__":
    versions = {"keras": keras.__version__, "backend": keras.backend.backend()}
    GOLDEN.write_text(json.dumps({"versions": versions, **{kind: record(kind) for kind in LAYERS}}) + "\n", "utf-8")
