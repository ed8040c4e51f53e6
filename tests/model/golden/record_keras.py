"""Record the golden trace: the exercise's first training losses as Keras 3 computes them.

By hand, in an environment of its own with keras 3 and tensorflow-cpu, neither a dependency of this project:

    uv venv /tmp/keras && uv pip install -p /tmp/keras keras==3.15.1 tensorflow-cpu==2.21.0
    KERAS_BACKEND=tensorflow /tmp/keras/bin/python tests/model/golden/record_keras.py

It writes `keras_notebook.json` beside itself: the losses of single-precision training on the CPU, and what
they depend on (versions, the settings as Keras reports them, a digest of the batches).
"""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path

# Read by TensorFlow as it is imported: no GPU, and no reordering of sums from one run to the next.
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_DETERMINISTIC_OPS"] = "1"

import exercise
import keras
import numpy as np
import tensorflow

GOLDEN = Path(__file__).with_name("keras_notebook.json")
OPTIMISER_SETTINGS = ("rho", "momentum", "epsilon", "centered", "weight_decay", "clipnorm", "clipvalue")
LAYER_SETTINGS = ("activation", "recurrent_activation", "use_bias", "unit_forget_bias", "dropout")
INITIALISERS = ("kernel_initializer", "recurrent_initializer", "bias_initializer")


def build() -> keras.Sequential:
    """The exercise's model, with every setting that the exercise leaves alone at Keras' default."""
    model = keras.Sequential(
        [
            keras.Input((exercise.WINDOW, exercise.SYMBOLS)),
            keras.layers.LSTM(exercise.UNITS),
            keras.layers.Dense(exercise.SYMBOLS, activation="softmax"),
        ]
    )
    optimiser = keras.optimizers.RMSprop(learning_rate=exercise.RATE)
    model.compile(loss="categorical_crossentropy", optimizer=optimiser)
    return model


def train(model: keras.Sequential, weights: exercise.Weights) -> list[float]:
    """The loss of each batch, taken before the step on it, from the given weights on."""
    lstm, dense = model.layers
    lstm.set_weights([weights["kernel"], weights["recurrent_kernel"], weights["bias"]])
    dense.set_weights([weights["dense_kernel"], weights["dense_bias"]])
    one_hot = np.eye(exercise.SYMBOLS, dtype=np.float32)
    return [
        float(model.train_on_batch(one_hot[windows], one_hot[targets]))
        for windows, targets in zip(*exercise.batches(), strict=True)
    ]


def settings(model: keras.Sequential) -> dict[str, dict[str, object]]:
    """What Keras' defaults were, read off the model it built."""
    optimiser, layer = model.optimizer.get_config(), model.layers[0].get_config()
    return {
        "optimizer": {
            "class": type(model.optimizer).__name__,
            "learning_rate": exercise.RATE,
            **{name: optimiser[name] for name in OPTIMISER_SETTINGS},
        },
        "lstm": {
            **{name: layer[name] for name in LAYER_SETTINGS},
            **{name: layer[name]["class_name"] for name in INITIALISERS},
        },
        "dense": {name: model.layers[1].get_config()[name]["class_name"] for name in INITIALISERS[::2]},
    }


def main() -> None:
    """Record, and write the data file."""
    weights = exercise.initial_weights()
    windows, targets = exercise.batches()
    model = build()
    golden = {
        "recorded_by": "tests/model/golden/record_keras.py",
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "keras": keras.__version__,
            "backend": f"{keras.backend.backend()} {tensorflow.__version__}",
        },
        "exercise": {
            "symbols": exercise.SYMBOLS,
            "units": exercise.UNITS,
            "window": exercise.WINDOW,
            "batch": exercise.BATCH,
            "steps": exercise.STEPS,
            "weights_seed": exercise.WEIGHTS_SEED,
            "text_seed": exercise.TEXT_SEED,
        },
        **settings(model),
        "batches_sha256": exercise.digest(windows, targets),
        "first_loss_float64": exercise.reference_loss(weights, windows[0], targets[0]),
        "losses": train(model, weights),
    }
    GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
    print(f"{GOLDEN}: {golden['losses'][0]:.6f} -> {golden['losses'][-1]:.6f}")


if __name__ == "__main__":
    main()
