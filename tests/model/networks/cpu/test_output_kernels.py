"""The kernels of the GRU and the RNN, forward and back, against XLA's own operations and finite differences."""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array
from jax.test_util import check_grads

from model.networks.recurrent.gru import GRULayer
from model.networks.recurrent.output_cell import Cell
from model.networks.recurrent.output_recurrence import recur
from model.networks.recurrent.rnn import RNNLayer

pytestmark = pytest.mark.usefixtures("two_devices")

TIME, LANES, UNITS, SYMBOLS = 5, 3, 19, 7
"""Units of a whole vector, and some more."""

Inputs = tuple[Array, Array, Array | None, Array, Array | None]


def problem(random: np.random.Generator, layer: Any, *, table: bool, scaled: bool) -> tuple[Inputs, np.ndarray | None]:
    """Inputs of `recur` in float64, and the ids where zx is a table."""
    wide = layer.blocks * UNITS
    zx = random.normal(size=(SYMBOLS, wide) if table else (TIME, LANES, wide))
    wh = random.normal(size=(UNITS, wide)) / np.sqrt(UNITS)
    bh = random.normal(size=wide) if layer is GRULayer else None
    scale = random.uniform(0, 2, (TIME, LANES, UNITS)) if scaled else None
    ids = random.integers(0, SYMBOLS, (TIME, LANES)) if table else None
    return (zx, wh, bh, np.tanh(random.normal(size=(LANES, UNITS))), scale), ids


@pytest.mark.parametrize("layer", [GRULayer, RNNLayer], ids=["gru", "rnn"])
@pytest.mark.parametrize("table", [False, True], ids=["rows", "table"])
def test_kernels_compute_what_xla_does(random: np.random.Generator, layer: Any, table: bool) -> None:
    cotangent = random.normal(size=(TIME, LANES, UNITS))

    @partial(jax.jit, static_argnums=0)
    def there_and_back(cpu_kernels: bool, inputs: Inputs, ids: Array | None) -> list[Array]:
        def read(zx: Array, wh: Array, bh: Array | None, first: Array, scale: Array | None) -> Array:
            return recur(layer.cell, zx, wh, bh, first, scale, "float32", ids, cpu_kernels)

        hs, pull_back = jax.vjp(read, *inputs)
        return jax.tree.leaves((hs, pull_back(jnp.asarray(cotangent))))

    with jax.enable_x64(True):
        for scaled in (False, True):
            inputs, ids = problem(random, layer, table=table, scaled=scaled)
            for got, expected in zip(
                there_and_back(True, inputs, ids), there_and_back(False, inputs, ids), strict=True
            ):
                assert got.dtype == np.float64
                np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


@pytest.mark.parametrize("cell", [GRULayer.cell, RNNLayer.cell], ids=["gru", "rnn"])
def test_the_way_back_equals_finite_differences(random: np.random.Generator, cell: Cell) -> None:
    layer = GRULayer if cell is GRULayer.cell else RNNLayer
    with jax.enable_x64(True):
        inputs, _ = problem(random, layer, table=False, scaled=True)

        def read(*inputs: Array) -> Array:
            zx, wh, first, scale, *bh = inputs
            return recur(cell, zx, wh, bh[0] if bh else None, first, scale, "float32", None, True)

        zx, wh, bh, first, scale = inputs
        given = [each for each in (zx, wh, first, scale, bh) if each is not None]
        check_grads(jax.jit(read), given, order=1, modes=["rev"])


@pytest.mark.parametrize("layer", [GRULayer, RNNLayer], ids=["gru", "rnn"])
def test_products_of_bfloat16_are_off_by_its_rounding_and_no_more(random: np.random.Generator, layer: Any) -> None:
    inputs, _ = problem(random, layer, table=False, scaled=False)
    zx, wh, bh, first, scale = jax.tree.map(lambda each: jnp.asarray(each, jnp.float32), inputs)

    @partial(jax.jit, static_argnums=0)
    def gradients(precision: Any) -> list[Array]:
        def total(zx: Array, wh: Array, first: Array) -> Array:
            return (recur(layer.cell, zx, wh, bh, first, scale, precision, None, True) * jnp.arange(UNITS)).sum()

        return jax.tree.leaves(jax.value_and_grad(total, (0, 1, 2))(zx, wh, first))

    for got, exact in zip(gradients("bfloat16"), gradients("float32"), strict=True):
        assert got.dtype == np.float32
        assert 0 < np.linalg.norm(got - exact) / np.linalg.norm(exact) < 0.02
