"""`--recipe`, and one option for each field of Recipe."""

from __future__ import annotations

import argparse
from collections.abc import Container, Mapping
from dataclasses import Field, replace
from typing import Any

from corpora.reading.read_as import ReadAs
from corpora.safe_text import enumerated
from model.networks.network_kinds import NETWORKS
from model.options.field_types import meaningless, spelled_out
from model.options.fields import add_fields, given, option_of, words_of
from model.options.parser import OptionParser
from model.recipe import DEFAULT_NETWORK, DEFAULT_RECIPE, PRESETS, Recipe, RecipeError, preset
from model.tokens.tokenizer_kinds import TOKENIZERS

HEADINGS = {
    "encoding": "the text",
    "network": "the network",
    "reading": "reading",
    "epochs": "training",
    "temperatures": "the samples after each epoch",
}
"""Headings of the recipe's options, by the first field under each."""


FITTED = ("held_out", "dropout", "weight_drop", "window", "batch", "epochs", "steps_per_epoch")
"""The recipe's fields that fit themselves to the size of the text where they are not set; see
`model.preparing.fitting`."""

READING = ("encoding", "column")
"""The recipe's fields that say what the bytes of a text are, and which of them; ReadAs has them, too."""

TEXT = (
    *(*READING, "nfc", "lowercase", "min_count", "text_length"),
    *("lines", "separator", "held_out", "tokens", "vocabulary"),
)
"""The recipe's fields that decide what the text is, what of it is held out, and what its tokens are."""


def add_recipe_options(parser: argparse.ArgumentParser, only: Container[str] | None = None) -> None:
    """Add the options, which `chosen_recipe` reads.

    Args:
        parser: of a command.
        only: the fields that have options besides `--recipe`; None for all.
    """
    parser.add_argument_group("the recipe").add_argument(
        "--recipe",
        choices=tuple(PRESETS),
        default=argparse.SUPPRESS,
        help=f"the preset that the options below change (default: {DEFAULT_RECIPE}; "
        "words writes whole words, notebook is the exercise as Keras teaches it)",
    )
    add_fields(parser, Recipe, HEADINGS, help_of, only)


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for a text that is not trained on, which `chosen_reading` reads."""
    add_fields(parser, Recipe, {}, help_of, READING)


def chosen_reading(namespace: argparse.Namespace, *, lowercase: bool, nfc: bool) -> ReadAs:
    """How the user wants a text to be read.

    Args:
        namespace: with the options.
        lowercase: whether it is lower-cased.
        nfc: whether its letters are composed.

    Raises:
        CorpusError: it cannot be read so.
    """
    return ReadAs(
        lowercase=lowercase, nfc=nfc, **{name: getattr(namespace, name) for name in READING if name in namespace}
    )


def recipe_name(namespace: argparse.Namespace) -> str:
    """The chosen preset's name."""
    name: str = getattr(namespace, "recipe", DEFAULT_RECIPE)
    return name


def recipe_from(namespace: argparse.Namespace) -> Recipe:
    """The chosen preset, changed by the options that were given.

    Raises:
        RecipeError: as in `with_changes`.
    """
    return recipe_with(recipe_name(namespace), given(Recipe, namespace))


def recipe_with(name: str, changes: Mapping[str, Any]) -> Recipe:
    """The preset of this name for the kinds of network and tokens that the changes ask for, with the changes.

    Raises:
        RecipeError: as in `with_changes`.
    """
    return with_changes(preset(name, changes.get("network", DEFAULT_NETWORK), changes.get("tokens")), changes)


def with_changes(recipe: Recipe, changes: Mapping[str, Any]) -> Recipe:
    """The recipe with other values; what means nothing to its choices then is at its default.

    Raises:
        RecipeError: a value is out of bounds, or means nothing to the choices.
    """
    changed = replace(recipe, **changes)
    without = meaningless(Recipe, lambda name: getattr(changed, name))
    for name in changes:
        if by := without.get(name):
            kinds = Recipe.__dataclass_fields__[by].metadata["kinds"].items()
            to = enumerated(each for each, kind in kinds if name not in kind.without)
            raise RecipeError(f"{name} means nothing to {by} {getattr(changed, by)}, only to {to}: leave it out.")
    usual: dict[str, Any] = {name: Recipe.__dataclass_fields__[name].default for name in without}
    return replace(changed, **usual)


def recipe_words(recipe: Recipe, name: str, base: Recipe | None = None, always: Container[str] = ()) -> list[str]:
    """The command line options that make this recipe of the preset of this name, or of another recipe.

    Args:
        recipe: of a new run.
        name: of the preset.
        base: the other recipe.
        always: fields that are named even if their values are the same.
    """
    usual = base or preset(name, recipe.network, recipe.tokens)
    others = {"network": DEFAULT_NETWORK, "tokens": PRESETS[name].tokens} if base is None else {}
    kinds = [f"{option_of(each)}={its}" for each, other in others.items() if (its := getattr(recipe, each)) != other]
    # What means nothing to its choices needs no option, and would be refused.
    meant = replace(usual, **{each: getattr(recipe, each) for each in recipe.without})
    return kinds + words_of(Recipe, recipe, meant, always)


def chosen_recipe(parser: OptionParser, namespace: argparse.Namespace) -> Recipe:
    """The recipe of `recipe_from`. A wrong value exits with code 2."""
    try:
        return recipe_from(namespace)
    except RecipeError as error:
        first, _, rest = str(error).partition(" ")
        known = first in Recipe.__dataclass_fields__
        parser.error(f"{option_of(first) if known else first} {rest}")


def settled_by_a_run(namespace: argparse.Namespace) -> list[str]:
    """The given options that an existing run has already settled: recipe and name."""
    there = [option_of(name) for name in given(Recipe, namespace)]
    return there + [option_of(name) for name in ("recipe", "name") if name in namespace]


def help_of(each: Field[Any]) -> str:
    """What a field is, and its defaults in brackets."""
    defaults = defaults_of(each)
    return f"{each.metadata['help']} [{defaults}]" if defaults else each.metadata["help"]


def defaults_of(each: Field[Any]) -> str:
    """The field's default, and its value in presets and for kinds of network that differ: `24; notebook: 59`."""
    default = getattr(PRESETS[DEFAULT_RECIPE], each.name)
    others = {name: getattr(recipe, each.name) for name, recipe in PRESETS.items()}
    if each.name != "network":
        others |= {kind: getattr(preset(DEFAULT_RECIPE, kind), each.name) for kind in NETWORKS}
    if each.name != "tokens":
        others |= {kind: getattr(preset(DEFAULT_RECIPE, tokens=kind), each.name) for kind in TOKENIZERS}
    different = [f"{name}: {spelled_out(value)}" for name, value in others.items() if value not in (default, name)]
    return "; ".join([spelled_out(default), *different])
