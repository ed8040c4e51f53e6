"""A recipe in files: plain values for a checkpoint's manifest, commented TOML for a run's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from difflib import get_close_matches
from typing import Any, get_origin

from model.options.field_types import spelled, type_of
from model.recipe import Recipe, RecipeError

_BEFORE = {"nfc": False}
"""What fields were in effect before a recipe had them, where that is not their default."""


def to_plain(recipe: Recipe) -> dict[str, Any]:
    """Every field as a number, a switch, a word or a list of numbers; `from_plain` takes them back exactly."""
    values = {field.name: getattr(recipe, field.name) for field in fields(Recipe)}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def from_plain(plain: Mapping[str, Any]) -> Recipe:
    """The recipe of these plain values; a field that is not given has its default, or its value before there was one.

    Raises:
        RecipeError: there is no such field (the nearest one is named), or a value is of the wrong kind or out of
            its bounds.
    """
    names = [field.name for field in fields(Recipe)]
    for name in plain:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            raise RecipeError(
                f"There is no setting {spelled(name)}" + (f"; did you mean {near[0]!r}?" if near else ".")
            )
    try:
        return Recipe(**{name: _of_its_kind(name, value) for name, value in (_BEFORE | {**plain}).items()})
    except OverflowError as error:
        raise RecipeError("A setting is larger than any number that this program can use.") from error


def to_toml(recipe: Recipe) -> str:
    """One `name = value` a field, each under its help as a comment."""
    lines = [
        f"# {field.metadata['help']}\n{field.name} = {toml_value(getattr(recipe, field.name))}\n"
        for field in fields(Recipe)
    ]
    return "\n".join(lines)


def toml_value(value: object) -> str:
    """A switch, number, text or list of them, as TOML writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # TOML's basic strings are JSON's, but for DEL; what is no Unicode at all cannot be written.
        sound = value.encode("utf-8", "replace").decode("utf-8")
        return json.dumps(sound, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_value, value)) + "]"
    return repr(value)


def _of_its_kind(name: str, value: Any) -> Any:
    """The value as its field has it: whole numbers serve as floats, lists as tuples."""
    kind = type_of(Recipe, name)
    if kind is bool and isinstance(value, bool):
        return value
    if kind is int and _is_whole(value):
        return value
    if kind is float and _is_number(value):
        return float(value)
    if isinstance(value, list | tuple) and kind == tuple[int, ...] and all(map(_is_whole, value)):
        return tuple(value)
    if isinstance(value, list | tuple) and kind == tuple[float, ...] and all(map(_is_number, value)):
        return tuple(map(float, value))
    if isinstance(value, str) and kind not in (bool, int, float) and get_origin(kind) is not tuple:
        return value  # one of its choices, which Recipe itself checks
    raise RecipeError(f"{name} is {spelled(value)}, which is not a {_spell(kind)}.")


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _spell(kind: Any) -> str:
    plain = {bool: "switch (true or false)", int: "whole number", float: "number"}
    lists = {tuple[int, ...]: "list of whole numbers", tuple[float, ...]: "list of numbers"}
    return (plain | lists).get(kind, "word")
