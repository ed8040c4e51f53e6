"""A dataclass's fields as settings: their bounds, types and choices, and values as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from functools import cache
from types import NoneType
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from corpora.safe_text import shown

T = TypeVar("T")

_LONGEST_VALUE = 60
"""Characters of a value in a message."""


def setting(
    default: T,
    what: str,
    *,
    low: float | None = None,
    high: float | None = None,
    kinds: Mapping[str, object] | None = None,
    metavar: str | None = None,
) -> T:
    """A field: its default, what it is, its inclusive bounds or the kinds it chooses from, and its name in the help.

    A kind says in `without` which fields mean nothing to it.
    """
    metadata = {"help": what, "low": low, "high": high, "kinds": kinds, "metavar": metavar}
    chosen: Any = field(default=default, metadata=metadata)
    return chosen


def type_of(kind: type, name: str) -> Any:
    """The type of a field, such as `int` or `tuple[float, ...]`; of an optional field, the type other than None."""
    annotated = _types(kind)[name]
    beside = [each for each in get_args(annotated) if each is not NoneType]
    return beside[0] if NoneType in get_args(annotated) else annotated


def choices_of(kind: type, name: str) -> tuple[str, ...]:
    """The words that a field accepts, from a table in its metadata or from a Literal; empty for any other field."""
    if kinds := kind.__dataclass_fields__[name].metadata.get("kinds"):  # type: ignore[attr-defined]
        return tuple(kinds)
    annotated = type_of(kind, name)
    return get_args(annotated) if get_origin(annotated) is Literal else ()


def meaningless(kind: type, value_of: Callable[[str], str]) -> dict[str, str]:
    """The fields that mean nothing to what others choose, each with the field that chooses.

    Args:
        kind: the dataclass; a table in a field's metadata says in `without` what means nothing to each choice.
        value_of: the value of such a field.
    """
    tables = {each.name: each.metadata.get("kinds") for each in fields(kind)}
    chosen = {name: kinds.get(value_of(name)) for name, kinds in tables.items() if kinds}
    return {lacking: name for name, choice in chosen.items() if choice for lacking in choice.without}


def spelled_out(value: object) -> str:
    """A value as people write it: `on`, `0.5`, `0.2 0.5`."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(map(spelled_out, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def spelled(value: object) -> str:
    """Any value in a few characters, for messages."""
    try:
        return shown(repr(value), _LONGEST_VALUE)
    except (ValueError, RecursionError):  # Python spells no integer of more than 4,300 digits
        return "beyond words"


@cache
def _types(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)
