"""A pytree as named arrays and back: how parameters and training states meet the file that keeps them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import jax
import numpy as np

Tree = TypeVar("Tree")


class TreeError(ValueError):
    """Named arrays do not make up the tree that is wanted; the message names the leaf."""


def to_arrays(tree: object, prefix: str = "") -> dict[str, np.ndarray]:
    """Every leaf copied to the host under its path, such as `layers.0.wx`; never a view of a device's buffer."""
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {prefix + jax.tree_util.keystr(path, simple=True, separator="."): np.array(leaf) for path, leaf in leaves}


def from_arrays(arrays: Mapping[str, np.ndarray], like: Tree, prefix: str = "") -> Tree:
    """The tree that `to_arrays` named.

    Args:
        arrays: more may be there than are needed.
        like: a tree of the wanted structure, shapes and types.
        prefix: what its names begin with.

    Raises:
        TreeError: an array is missing, or has another shape or type.
    """
    leaves, structure = jax.tree_util.tree_flatten_with_path(like)
    found: list[np.ndarray] = []
    for path, leaf in leaves:
        name = prefix + jax.tree_util.keystr(path, simple=True, separator=".")
        array = arrays.get(name)
        if array is None:
            raise TreeError(f"{name} is missing.")
        if array.shape != leaf.shape or array.dtype != leaf.dtype:
            raise TreeError(f"{name} is {array.dtype}{list(array.shape)}, not {leaf.dtype}{list(leaf.shape)}.")
        found.append(array)
    tree: Tree = jax.tree_util.tree_unflatten(structure, found)
    return tree
