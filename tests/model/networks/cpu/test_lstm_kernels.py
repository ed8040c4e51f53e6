"""The kernels for the CPU beside the same steps in XLA's own operations, and their own exponential function."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jax import Array

from model.networks.cpu.lstm_kernels import advance, forward_loop
from model.networks.cpu.lstm_passes import backward_compiled, forward_compiled
from model.networks.cpu.time_loop import run_loop
from model.networks.recurrent.lstm_cell import Carry, Residuals, zero_carry
from model.networks.recurrent.lstm_recurrence import backward_scanned, forward_scanned, recur

pytestmark = pytest.mark.usefixtures("two_devices")

TOLERANCES = {"float32": 2e-6, "float64": 1e-14}
"""Of an LSTM's numbers near 1, after some steps."""


def numbers(random: np.random.Generator, *shape: int) -> np.ndarray:
    return random.normal(size=shape)


def close(got: Any, expected: Any, dtype: str) -> None:
    for one, other in zip(jax.tree.leaves(got), jax.tree.leaves(expected), strict=True):
        assert one.dtype == other.dtype == dtype
        np.testing.assert_allclose(one, other, rtol=0, atol=TOLERANCES[dtype] * max(1, np.abs(other).max()))


# Widths around the number of lanes in a vector and in a panel of weights, so that rows end within one; batches around
# the rows of a product that are summed at once.
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
@pytest.mark.parametrize(
    ("time", "lanes", "units"), [(1, 1, 1), (7, 3, 15), (5, 4, 16), (3, 1, 17), (4, 5, 80), (3, 19, 40)]
)
def test_both_ways_there_and_back_are_the_same(
    random: np.random.Generator, dtype: str, scaled: bool, time: int, lanes: int, units: int
) -> None:
    with jax.enable_x64(dtype == "float64"):
        ids, rows = random.integers(0, 3, (time, lanes)), {False: (time, lanes), True: (3,)}
        draws = (
            numbers(random, units, 4 * units) / np.sqrt(units),
            Carry(numbers(random, lanes, units), np.tanh(numbers(random, lanes, units))),
            {by_id: numbers(random, *rows[by_id], 4 * units) for by_id in rows},
            {by_id: random.uniform(0, 2, (*rows[by_id], units)) if scaled else None for by_id in rows},
        )
        cotangents = numbers(random, time, lanes, units), Carry(*numbers(random, 2, lanes, units))
        inputs = jax.tree.map(lambda array: jnp.asarray(array, dtype), (draws, cotangents))

        @jax.jit  # all at once: most of the time is the compiler's
        def there_and_back(draws: Any, cotangents: Any, ids: Array) -> list[tuple[Any, Any]]:
            wh, carry, zx, scale = draws
            both: list[tuple[Any, Any]] = []
            for by_id in rows:
                given = zx[by_id], wh, carry, scale[by_id], ids if by_id else None
                read = forward_scanned(*given)
                both.append((forward_compiled(*given), read))
                residuals = Residuals(wh, *read[:-1], scale[by_id], *((ids, zx[by_id]) if by_id else (None, None)))
                ways = (each(residuals, wh.T, *cotangents) for each in (backward_compiled, backward_scanned))
                both.append(tuple(ways))
            return both

        for got, expected in there_and_back(*inputs, ids):
            close(got, expected, dtype)


def activated(z: np.ndarray) -> np.ndarray:
    """The gates (i, f, g, o) of these numbers, by the kernel: (4, N)."""
    zx = jnp.asarray(np.tile(z, 4)[None, None])
    nothing = jnp.zeros((1, len(z)), zx.dtype)
    wh, carry = jnp.zeros((len(z), 4 * len(z)), zx.dtype), Carry(nothing, nothing)
    return np.asarray(jax.jit(forward_compiled)(zx, wh, carry, None, None).gates).reshape(4, -1)


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=40))
def test_gates_of_any_number_are_right_to_the_last_bits(z: list[float]) -> None:
    i, f, g, o = activated(np.array(z, np.float32))
    exact = np.array(z, np.float64)
    np.testing.assert_allclose(g, np.tanh(exact), rtol=0, atol=3e-7)
    np.testing.assert_allclose(i, 0.5 + 0.5 * np.tanh(exact / 2), rtol=0, atol=2e-7)
    np.testing.assert_array_equal(i, f)
    np.testing.assert_array_equal(i, o)


def test_gates_all_along_the_line_are_right_to_the_last_bits() -> None:
    z = np.linspace(-20, 20, 2001, dtype=np.float32)
    i, _, g, _ = activated(z)
    assert np.abs(g - np.tanh(z.astype(np.float64))).max() < 3e-7
    assert np.abs(i - 1 / (1 + np.exp(-z.astype(np.float64)))).max() < 2e-7
    assert ((g >= -1) & (g <= 1) & (i >= 0) & (i <= 1)).all()


def test_gates_of_small_numbers_are_as_exact_as_of_large_ones() -> None:
    z = (10.0 ** np.linspace(-30, 0, 301)).astype(np.float32)
    _, _, g, _ = activated(np.concatenate([-z, z]))
    exact = np.tanh(z.astype(np.float64))
    np.testing.assert_allclose(g, np.concatenate([-exact, exact]), rtol=5e-7)


@pytest.mark.parametrize("bits", [0x7FC00000, 0xFFC00000, 0x7F800001, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("units", [3, 16])
def test_gates_of_nan_are_nan(units: int, bits: int) -> None:
    z = np.zeros(units, np.float32)
    z.view(np.uint32)[units - 1] = bits
    gates = activated(z)
    assert np.isnan(gates[:, -1]).all()
    assert np.isfinite(gates[:, :-1]).all()


def test_rows_that_a_table_does_not_have_are_the_nearest(random: np.random.Generator) -> None:
    table, wh = jnp.asarray(numbers(random, 4, 20), jnp.float32), jnp.asarray(numbers(random, 5, 20), jnp.float32)

    def there_and_back(ids: list[int]) -> list[Any]:
        rows, carry = jnp.array(ids)[:, None], zero_carry(1, 5)
        return jax.tree.leaves(
            jax.value_and_grad(lambda table: recur(table, wh, carry, None, "float32", rows, True)[0].sum())(table)
        )

    for got, expected in zip(there_and_back([-1, 2, 7, 2**30]), there_and_back([0, 2, 3, 3]), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("zh", (1, 20), "float32"),
        ("zh", (2, 20), "bfloat16"),
        ("gates", (7, 2, 15), "float32"),
        ("hs", (7, 1, 5), "float32"),
        ("cs", (6, 2, 5), "float32"),
    ],
)
def test_operands_of_wrong_shapes_are_refused(name: str, shape: tuple[int, ...], dtype: str) -> None:
    shapes = {"gates": (7, 2, 20), "hs": (7, 2, 5), "cs": (7, 2, 5), "zh": (2, 20), "c": (2, 5)}
    operands = {each: jnp.zeros(whole) for each, whole in shapes.items()}
    advance(jnp.int32(0), **operands)
    with pytest.raises(TypeError, match=r"^advance takes float32 .*, and got"):
        advance(jnp.int32(0), **operands | {name: jnp.zeros(shape, dtype)})


@pytest.mark.parametrize(
    ("name", "shape", "dtype"),
    [
        ("gates", (7, 2, 15), "float32"),
        ("c", (1, 5), "float32"),
        ("h", (2, 4), "float32"),
        ("wh", (20, 5), "float32"),
        ("wh", (5, 20), "bfloat16"),
        ("scale", (6, 2, 5), "float32"),
    ],
)
def test_a_loop_refuses_arrays_of_wrong_shapes(name: str, shape: tuple[int, ...], dtype: str) -> None:
    shapes = {"gates": (7, 2, 20), "c": (2, 5), "h": (2, 5), "wh": (5, 20), "scale": (7, 2, 5)}
    given = {each: jnp.zeros(whole) for each, whole in shapes.items()}
    made = run_loop(forward_loop(by_id=False, scaled=True), None, given)
    assert made["hs"].shape == (7, 2, 5)
    with pytest.raises(TypeError, match=r"^lstm_forward_scaled takes .* float32 .*, and got"):
        run_loop(forward_loop(by_id=False, scaled=True), None, given | {name: jnp.zeros(shape, dtype)})


def test_a_loop_by_id_refuses_other_ids() -> None:
    shapes = {"table": (9, 20), "c": (2, 5), "h": (2, 5), "wh": (5, 20)}
    given = {each: jnp.zeros(whole) for each, whole in shapes.items()}
    loop = forward_loop(by_id=True, scaled=False)
    assert run_loop(loop, jnp.zeros((7, 2), jnp.int32), given)["hs"].shape == (7, 2, 5)
    for ids in (None, jnp.zeros((7, 3), jnp.int32)):
        with pytest.raises(TypeError, match=r"^lstm_forward_by_id takes ids"):
            run_loop(loop, ids, given)
