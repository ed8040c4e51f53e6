"""A tree as named arrays and back: names, exactness, and what does not fit is refused by name."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import Array

from model.training.named_arrays import TreeError, from_arrays, to_arrays

pytestmark = pytest.mark.usefixtures("two_devices")


class Pair(NamedTuple):
    first: Array
    second: Array


def tree() -> dict[str, object]:
    return {
        "layers": {0: {"wx": jnp.ones((2, 3))}, 1: {"wx": jnp.zeros((3, 3))}},
        "pairs": (Pair(jnp.arange(3), jnp.asarray(2.5)), Pair(jnp.array([0, 7], jnp.uint32), jnp.zeros((0, 4)))),
    }


def test_every_leaf_has_the_name_of_its_path() -> None:
    assert set(to_arrays(tree())) == {
        "layers.0.wx",
        "layers.1.wx",
        "pairs.0.first",
        "pairs.0.second",
        "pairs.1.first",
        "pairs.1.second",
    }
    assert set(to_arrays({"b": jnp.ones(1)}, prefix="params.")) == {"params.b"}
    assert list(to_arrays({"only": jnp.ones(1)})) == ["only"]


def test_the_way_there_and_back_changes_no_bit() -> None:
    arrays = to_arrays(tree(), prefix="state.")
    back = from_arrays(arrays, tree(), prefix="state.")
    assert jax.tree.structure(back) == jax.tree.structure(tree())
    for got, expected in zip(jax.tree.leaves(back), jax.tree.leaves(tree()), strict=True):
        assert got.dtype == expected.dtype
        np.testing.assert_array_equal(got, expected)


def test_unknown_arrays_are_ignored() -> None:
    arrays = to_arrays(tree(), prefix="a.") | to_arrays(tree(), prefix="b.") | {"c": np.zeros(1)}
    assert jax.tree.structure(from_arrays(arrays, tree(), prefix="b.")) == jax.tree.structure(tree())


def test_a_missing_array_is_named() -> None:
    arrays = to_arrays(tree(), prefix="params.")
    del arrays["params.layers.1.wx"]
    with pytest.raises(TreeError, match=r"^params\.layers\.1\.wx is missing\.$"):
        from_arrays(arrays, tree(), prefix="params.")


def test_an_array_of_another_shape_is_named_with_both_shapes() -> None:
    arrays = to_arrays(tree()) | {"layers.0.wx": np.ones((3, 2), np.float32)}
    with pytest.raises(TreeError, match=r"^layers\.0\.wx is float32\[3, 2\], not float32\[2, 3\]\.$"):
        from_arrays(arrays, tree())


@pytest.mark.parametrize("dtype", [np.float64, np.float16, np.int32])
def test_an_array_of_another_type_is_refused_and_not_cast(dtype: type) -> None:
    arrays = to_arrays(tree()) | {"layers.0.wx": np.ones((2, 3), dtype)}
    with pytest.raises(TreeError, match=rf"^layers\.0\.wx is {np.dtype(dtype)}\[2, 3\], not float32\[2, 3\]\.$"):
        from_arrays(arrays, tree())


def test_arrays_on_the_host_outlive_those_on_the_device() -> None:
    there = {"w": jnp.arange(1000, dtype=jnp.float32)}
    arrays = to_arrays(there)
    assert arrays["w"].flags.owndata
    assert arrays["w"].flags.writeable
    jax.jit(lambda state: jax.tree.map(lambda leaf: leaf * 0 - 1, state), donate_argnums=0)(there)
    with pytest.raises(RuntimeError, match="deleted"):
        to_arrays(there)
    np.testing.assert_array_equal(arrays["w"], np.arange(1000))
