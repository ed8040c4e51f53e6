"""How far back a network sees: the receptive field of a convolution. Nothing here imports JAX."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.recipe import Recipe


def layer_dilations(recipe: Recipe) -> tuple[int, ...]:
    """The dilation of each layer of a convolution: where there are more layers, the list begins again."""
    return tuple(recipe.dilations[layer % len(recipe.dilations)] for layer in range(recipe.layers))


def receptive_field(recipe: Recipe) -> int | None:
    """How many tokens a convolution predicts from, 1 + the sum over layers of (kernel - 1) x dilation.

    None where a memory that is carried along has no such end.
    """
    if "dilations" in recipe.without:
        return None
    return 1 + (recipe.kernel - 1) * sum(layer_dilations(recipe))


def spelled_sight(recipe: Recipe) -> str:
    """The receptive field in words, 'sees 32 characters back'; empty where it has no end."""
    field = receptive_field(recipe)
    return "" if field is None else f"sees {field:,} {recipe.token}s back"
