"""The recurrence: its own backward pass, and three other ways to compute the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from jax import Array, lax
from jax.test_util import check_grads

from model.networks.recurrent import lstm_recurrence
from model.networks.recurrent.lstm_cell import Carry, step, zero_carry
from model.recipe import Precision

pytestmark = pytest.mark.usefixtures("two_devices")

recur = partial(lstm_recurrence.recur, cpu_kernels=True)

TIME, LANES, UNITS, SYMBOLS = 7, 3, 5, 11


@pytest.fixture
def in_float64() -> Iterator[None]:
    with jax.enable_x64(True):
        yield


def problem(random: np.random.Generator, time: int = TIME) -> tuple[np.ndarray, np.ndarray, Carry]:
    """Inputs' shares of z, recurrent weights and a first carry that is not zero, in float64."""
    zx = random.normal(size=(time, LANES, 4 * UNITS))
    wh = random.normal(size=(UNITS, 4 * UNITS)) / np.sqrt(UNITS)
    c, h = random.normal(size=(2, LANES, UNITS))
    return zx, wh, Carry(c, np.tanh(h))


def textbook_recur(zx: Array, wh: Array, carry: Carry, scale: Array | None = None) -> tuple[Array, Carry]:
    """The formulas, for automatic differentiation to find its own way back through."""

    def read(carry: Carry, at: tuple[Array, Array]) -> tuple[Carry, Array]:
        zx_t, scale_t = at
        z = zx_t + (scale_t * carry.h) @ wh
        i, f, o = (1 / (1 + jnp.exp(-z[:, k * UNITS : (k + 1) * UNITS])) for k in (0, 1, 3))
        c = f * carry.c + i * jnp.tanh(z[:, 2 * UNITS : 3 * UNITS])
        h = o * jnp.tanh(c)
        return Carry(c, h), h

    last, hs = lax.scan(read, carry, (zx, jnp.ones((*zx.shape[:2], UNITS)) if scale is None else scale))
    return hs, last


def numpy_recur(zx: np.ndarray, wh: np.ndarray, carry: Carry) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    c, h = np.array(carry.c), np.array(carry.h)
    hs = []
    for zx_t in zx:
        i, f, g, o = np.split(zx_t + h @ wh, 4, axis=1)
        c = c / (1 + np.exp(-f)) + np.tanh(g) / (1 + np.exp(-i))
        h = np.tanh(c) / (1 + np.exp(-o))
        hs.append(h)
    return np.array(hs), c, h


@pytest.mark.usefixtures("in_float64")
@pytest.mark.parametrize("time", [1, TIME])
@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
def test_backward_pass_equals_automatic_differentiation(random: np.random.Generator, time: int, scaled: bool) -> None:
    inputs = problem(random, time)
    if scaled:
        inputs = (*inputs, random.uniform(0, 2, size=(time, LANES, UNITS)))
    cotangents = (
        random.normal(size=(time, LANES, UNITS)),
        Carry(random.normal(size=(LANES, UNITS)), random.normal(size=(LANES, UNITS))),
    )

    def there_and_back(function: Callable[..., Any]) -> list[Array]:
        outputs, pull_back = jax.vjp(function, *inputs)
        return jax.tree.leaves((outputs, pull_back(cotangents)))

    gots, expecteds = jax.jit(lambda: (there_and_back(recur), there_and_back(textbook_recur)))()
    for got, expected in zip(gots, expecteds, strict=True):
        assert got.dtype == np.float64
        assert np.abs(got - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("scaled", [False, True], ids=["plain", "scaled"])
def test_products_of_bfloat16_are_off_by_its_rounding_and_no_more(random: np.random.Generator, scaled: bool) -> None:
    zx, wh, carry = problem(random)
    scale = random.uniform(0, 2, size=(TIME, LANES, UNITS)) if scaled else None
    inputs = jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), (zx, wh, carry, scale))

    def total(precision: Precision, zx: Array, wh: Array, carry: Carry, scale: Array | None) -> Array:
        hs, last = recur(zx, wh, carry, scale, precision)
        return (hs * jnp.arange(UNITS)).sum() + last.c.sum()

    def there_and_back(precision: Precision) -> list[Array]:
        argnums = (0, 1, 2, 3) if scaled else (0, 1, 2)
        both = jax.value_and_grad(partial(total, precision), argnums)(*inputs)
        return [*jax.tree.leaves(both), recur(*inputs, precision)[0]]

    rounding = 2**-8  # bfloat16 has eight significant bits
    for got, exact in zip(there_and_back("bfloat16"), there_and_back("float32"), strict=True):
        assert got.dtype == np.float32
        off = np.linalg.norm(got - exact) / np.linalg.norm(exact)
        assert 0 < off < 2 * rounding


@pytest.mark.usefixtures("in_float64")
def test_backward_pass_equals_finite_differences(random: np.random.Generator) -> None:
    check_grads(recur, problem(random), order=1, modes=["rev"])


@pytest.mark.usefixtures("in_float64")
def test_reading_equals_a_numpy_loop(random: np.random.Generator) -> None:
    zx, wh, carry = problem(random)
    hs, last = recur(zx, wh, carry)
    expected_hs, expected_c, expected_h = numpy_recur(zx, wh, carry)
    np.testing.assert_allclose(hs, expected_hs, rtol=1e-12)
    np.testing.assert_allclose(last.c, expected_c, rtol=1e-12)
    np.testing.assert_allclose(last.h, expected_h, rtol=1e-12)


def test_reading_in_single_precision_is_near_the_double(random: np.random.Generator) -> None:
    zx, wh, carry = problem(random, time=60)
    hs, _ = recur(*jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), (zx, wh, carry)))
    np.testing.assert_allclose(hs, numpy_recur(zx, wh, carry)[0], atol=1e-6)


def test_reading_equals_flax_with_the_same_weights(random: np.random.Generator) -> None:
    ids = random.integers(0, SYMBOLS, (LANES, TIME))
    wx = random.normal(size=(SYMBOLS, 4 * UNITS)).astype(np.float32)
    _, wh, carry = jax.tree.map(lambda array: jnp.asarray(array, jnp.float32), problem(random))
    b = random.normal(size=4 * UNITS).astype(np.float32)
    cell = nnx.OptimizedLSTMCell(SYMBOLS, UNITS, rngs=nnx.Rngs(0))
    cell.dense_i.kernel[...], cell.dense_h.kernel[...], cell.dense_h.bias[...] = wx, wh, b
    (c, h), hs = nnx.RNN(cell, return_carry=True, rngs=False)(
        jax.nn.one_hot(ids, SYMBOLS), initial_carry=(carry.c, carry.h)
    )
    got_hs, last = recur((wx + b)[ids.T], wh, carry)
    np.testing.assert_allclose(got_hs, hs.transpose(1, 0, 2), atol=1e-6)
    np.testing.assert_allclose(last.c, c, atol=1e-6)
    np.testing.assert_allclose(last.h, h, atol=1e-6)


@pytest.mark.usefixtures("in_float64")
def test_reading_goes_on_where_the_carry_was_handed_over(random: np.random.Generator) -> None:
    zx, wh, carry = problem(random, time=2 * TIME)
    hs, last = recur(zx, wh, carry)
    first_hs, between = recur(zx[:TIME], wh, carry)
    second_hs, last_of_two = recur(zx[TIME:], wh, between)
    np.testing.assert_allclose(np.concatenate([first_hs, second_hs]), hs, rtol=1e-14)
    np.testing.assert_allclose(last_of_two.c, last.c, rtol=1e-14)
    np.testing.assert_allclose(last_of_two.h, last.h, rtol=1e-14)


@pytest.mark.usefixtures("in_float64")
def test_steps_one_by_one_equal_reading_at_once(random: np.random.Generator) -> None:
    zx, wh, carry = problem(random)
    hs, last = recur(zx, wh, carry)
    for at, zx_t in enumerate(zx):
        carry = step(zx_t, wh, carry)
        np.testing.assert_allclose(carry.h, hs[at], rtol=1e-13)
    np.testing.assert_allclose(carry.c, last.c, rtol=1e-13)


@pytest.mark.usefixtures("in_float64")
def test_scaled_steps_one_by_one_equal_scaled_reading_at_once(random: np.random.Generator) -> None:
    zx, wh, carry = problem(random)
    scale = random.uniform(0, 2, size=(TIME, LANES, UNITS))
    hs, _ = recur(zx, wh, carry, scale)
    for at, zx_t in enumerate(zx):
        carry = step(zx_t, wh, carry, scale[at])
        np.testing.assert_allclose(carry.h, hs[at], rtol=1e-13)


def test_lanes_do_not_touch_one_another(random: np.random.Generator) -> None:
    zx, wh, carry = problem(random)
    hs, _ = recur(zx, wh, carry)
    zx[:, 1] += 1
    changed, _ = recur(zx, wh, carry)
    np.testing.assert_array_equal(changed[:, [0, 2]], hs[:, [0, 2]])
    assert np.abs(changed[:, 1] - hs[:, 1]).min() > 0


def test_saturated_gates_stay_finite_both_ways() -> None:
    zx = jnp.full((3, 1, 4), 1e4) * jnp.array([1, -1, 1, -1])
    carry = Carry(jnp.full((1, 1), 1e4), jnp.ones((1, 1)))

    def total(zx: Array, wh: Array, carry: Carry) -> Array:
        hs, last = recur(zx, wh, carry)
        return hs.sum() + last.c.sum()

    value, gradients = jax.value_and_grad(total, argnums=(0, 1, 2))(zx, jnp.ones((1, 4)), carry)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves((value, gradients)))


def test_a_network_that_has_read_nothing_remembers_nothing() -> None:
    carry = zero_carry(LANES, UNITS)
    assert carry.c.shape == carry.h.shape == (LANES, UNITS)
    assert carry.c.dtype == carry.h.dtype == np.float32
    assert not carry.c.any()
    assert not carry.h.any()
