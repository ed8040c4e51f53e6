"""GRU and RNN compute what Keras's layers do from the same weights; `record_keras_layers.py` recorded the numbers."""

from __future__ import annotations

import json
from dataclasses import replace

import jax
import numpy as np
import pytest

from model.networks.network import assemble, build
from model.recipe import preset
from model.training.named_arrays import to_arrays
from tests.model.conftest import GOLDEN

pytestmark = pytest.mark.usefixtures("two_devices")

LAYERS = json.loads((GOLDEN / "keras_layers.json").read_text("utf-8"))


@pytest.mark.parametrize("kind", ["gru", "rnn"])
def test_two_layers_compute_what_those_of_keras_do(kind: str) -> None:
    recorded = LAYERS[kind]
    ids, hs = np.array(recorded["ids"], np.int32), np.array(recorded["hs"], np.float32)
    graph, params = build(replace(preset("fast", kind), hidden=hs.shape[-1], layers=2), 5)
    for layer, weights in enumerate(recorded["weights"]):
        wx, wh, b = (np.array(each, np.float32) for each in weights)
        ours = {"wx": wx, "wh": wh, "b": b}
        if kind == "gru":
            # Keras has a bias for each share of z. Only in g do they not come to the same.
            inputs, outputs = np.split(b[0], 3), np.split(b[1], 3)
            ours |= {"b": np.concatenate([inputs[0] + outputs[0], inputs[1] + outputs[1], inputs[2]]), "bh": outputs[2]}
        assert ours.keys() == params["layers"][layer].keys()
        params["layers"][layer] = ours
    network = assemble(graph, jax.tree.map(np.asarray, params))
    got, after = network.outputs(ids, network.begin(ids.shape[1]))
    np.testing.assert_allclose(got, hs, atol=1e-5)
    np.testing.assert_allclose(after[-1].h, hs[-1], atol=1e-5)


def test_what_was_recorded_are_keras_own_defaults() -> None:
    assert LAYERS["gru"]["settings"] == {"activation": "tanh", "reset_after": True, "use_bias": True}
    assert LAYERS["rnn"]["settings"] == {"activation": "tanh", "reset_after": None, "use_bias": True}


@pytest.mark.parametrize(("kind", "blocks"), [("gru", 3), ("rnn", 1)])
def test_every_block_of_recurrent_weights_begins_orthogonal(kind: str, blocks: int) -> None:
    arrays = to_arrays(build(replace(preset("fast", kind), hidden=16), 5)[1])
    for block in np.split(arrays["layers.0.wh"].astype(np.float64), blocks, axis=1):
        np.testing.assert_allclose(block @ block.T, np.eye(16), atol=1e-6)
