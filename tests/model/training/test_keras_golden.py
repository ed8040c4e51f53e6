"""The recipe `notebook` is the reference exercise: same weights, same batches, the losses of Keras 3."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

from model.devices.local_devices import make_mesh
from model.networks.network import Params, build
from model.recipe import NOTEBOOK
from model.tokens.batches import Batches
from model.training.train_step import init_state, make_train_chunk, place_batches

pytestmark = pytest.mark.usefixtures("two_devices")


def from_keras(weights: dict[str, np.ndarray]) -> Params:
    """Keras' weights under our names: the gates' order i, f, c, o is the same."""
    layer = {"wx": weights["kernel"], "wh": weights["recurrent_kernel"], "b": weights["bias"]}
    output = {"w": weights["dense_kernel"], "b": weights["dense_bias"]}
    params: Params = {
        "layers": {0: {name: jnp.array(array) for name, array in layer.items()}},
        "output": {name: jnp.array(array) for name, array in output.items()},
    }
    return params


def test_the_recipe_is_what_keras_was_asked_for(exercise: ModuleType, golden: dict[str, Any]) -> None:
    assert (NOTEBOOK.reading, NOTEBOOK.optimizer, NOTEBOOK.schedule) == ("windows", "rmsprop", "constant")
    assert golden["optimizer"] == {
        "class": "RMSprop",
        "learning_rate": NOTEBOOK.rate,
        "rho": NOTEBOOK.decay,
        "momentum": 0.0,
        "epsilon": NOTEBOOK.epsilon,
        "centered": False,
        "weight_decay": None,
        "clipnorm": None,
        "clipvalue": None,
    }
    assert "weight_decay" in NOTEBOOK.without
    assert (NOTEBOOK.clip, NOTEBOOK.dropout) == (0, golden["lstm"]["dropout"])
    assert golden["lstm"]["unit_forget_bias"]
    assert (NOTEBOOK.forget_bias, NOTEBOOK.initialisation) == (1, "fused")
    assert (NOTEBOOK.window, NOTEBOOK.batch) == (exercise.WINDOW, exercise.BATCH)
    assert (NOTEBOOK.hidden, NOTEBOOK.layers) == (exercise.UNITS, 1)
    assert (NOTEBOOK.epochs, NOTEBOOK.stride, NOTEBOOK.lowercase) == (59, 3, True)
    assert (NOTEBOOK.temperatures, NOTEBOOK.seed_length, NOTEBOOK.sample_length) == ((0.2, 0.5, 1.0, 1.2), 60, 400)


@pytest.mark.parametrize("devices", [1, 2])
def test_fifty_losses_equal_those_of_keras(exercise: ModuleType, golden: dict[str, Any], devices: int) -> None:
    windows, targets = exercise.batches()
    assert exercise.digest(windows, targets) == golden["batches_sha256"], "NumPy draws other batches than it did"
    mesh = make_mesh(NOTEBOOK.batch, devices)
    graph, _ = build(NOTEBOOK, exercise.SYMBOLS, cpu_kernels=True)
    state = init_state(graph, NOTEBOOK, from_keras(exercise.initial_weights()), mesh)
    train_chunk = make_train_chunk(graph, NOTEBOOK, carried=False, total_steps=exercise.STEPS, mesh=mesh)
    batches = Batches(
        inputs=windows.transpose(0, 2, 1),
        targets=targets[:, None, :],
        weights=np.ones((exercise.STEPS, exercise.BATCH), np.float32),
    )
    state, metrics = train_chunk(state, place_batches(batches, mesh), exercise.STEPS)
    losses = np.array(metrics.losses)[: exercise.STEPS]
    np.testing.assert_allclose(losses[0], golden["first_loss_float64"], atol=1e-6)
    np.testing.assert_allclose(losses, golden["losses"], rtol=0, atol=1e-4)
    assert int(state.step) == exercise.STEPS
