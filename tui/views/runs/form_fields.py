"""The fields of a form for a new run: those of the recipe, and some of the run."""

from __future__ import annotations

from model.options.field_types import spelled_out
from model.options.fields import options_of
from model.options.parser import escaped
from model.options.training_options import TrainingOptions
from model.recipe import Recipe

RECIPE_FIELDS = tuple(each.name for each in options_of(Recipe))
RUN_FIELDS = ("from_", "from_weights", "name", "seed_text", "max_seconds", "device")
"""Of TrainingOptions."""
FIELDS = {each.name: each for each in (*options_of(TrainingOptions), *options_of(Recipe))}
"""By name, with their help and bounds."""
TEXT_FIELDS = ("encoding", "nfc", "lowercase", "min_count", "text_length", "column", "lines", "separator")
"""The recipe's fields with which the text is read."""
BESIDE_TEXT = ("column", "lines", "separator", "encoding")
"""Those that stand beside the text where they matter to it."""
WORDS = ("from_", "name", "seed_text", "encoding", "column")
"""Fields in which any character may be typed."""
LISTS = ("temperatures", "dilations")
"""Fields of several numbers."""


def kind_of(name: str) -> type:
    """The dataclass that a field belongs to."""
    return Recipe if name in RECIPE_FIELDS else TrainingOptions


def spelled(value: object) -> str:
    """A value as it stands in the form."""
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    if isinstance(value, tuple):
        return " ".join(map(spelled, value))
    return escaped(value) if isinstance(value, str) else spelled_out(value)
