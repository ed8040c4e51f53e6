"""How far back a network sees: the receptive field of a convolution. Nothing here imports JAX."""

from __future__ import annotations

from functools import lru_cache, reduce
from operator import or_
from typing import TYPE_CHECKING

from corpora.safe_text import counted

if TYPE_CHECKING:
    from model.recipe import Recipe


def layer_dilations(recipe: Recipe) -> tuple[int, ...]:
    """The dilation of each layer of a convolution: where there are more layers, the list begins again."""
    return tuple(recipe.dilations[layer % len(recipe.dilations)] for layer in range(recipe.layers))


def said_of_dilations(recipe: Recipe) -> tuple[str, ...]:
    """That a convolution has fewer or more layers than dilations were chosen, in a sentence; none where each layer has
    its own, or all have one."""
    chosen, layers = len(recipe.dilations), recipe.layers
    fields = type(recipe).__dataclass_fields__
    if "dilations" in recipe.without or chosen in (1, layers) or recipe.dilations == fields["dilations"].default:
        return ()
    network, more = f"A network of {counted(layers, 'layer')} uses", layers - chosen
    if more > 0:
        return (f"{network} {_first(more, chosen)} again: --layers {chosen} uses each once.",)
    remedy = f": --layers {chosen} uses all" if chosen <= fields["layers"].metadata["high"] else ""
    return (f"{network} only {_first(layers, chosen)}{remedy}.",)


def _first(some: int, chosen: int) -> str:
    """'the first 2 of the 3 dilations', or 'the 3 dilations'."""
    dilations = f"the {chosen} dilations"
    return dilations if some >= chosen else f"the first {f'{some} ' if some > 1 else ''}of {dilations}"


@lru_cache
def _seen(kernel: int, dilations: tuple[int, ...]) -> int:
    """Which tokens a convolution predicts from: the lowest bit is the last one."""
    seen = 1
    for dilation in dilations:
        seen = reduce(or_, (seen << tap * dilation for tap in range(kernel)))
    return seen


def receptive_field(recipe: Recipe) -> int | None:
    """How many tokens back the farthest is that a convolution predicts from: 1 + the sum over layers of (kernel - 1) x
    dilation.

    None where a memory that is carried along has no such end.
    """
    return None if "dilations" in recipe.without else _seen(recipe.kernel, layer_dilations(recipe)).bit_length()


def spelled_sight(recipe: Recipe) -> str:
    """The receptive field in words, 'sees 32 characters back'; 'sees 2 of the last 65 characters' where the dilations
    leave gaps; empty where it has no end."""
    field = receptive_field(recipe)
    if field is None:
        return ""
    seen = _seen(recipe.kernel, layer_dilations(recipe)).bit_count()
    if seen < field:
        return f"sees {seen:,} of the last {field:,} {recipe.token}s"
    return f"sees {field:,} {recipe.token}s back"
