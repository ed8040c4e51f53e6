"""The fields of a frozen dataclass as command line options: added, read, and written as a command line again."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Container, Mapping
from dataclasses import Field, field, fields
from typing import Any, TypeVar

from model.options.field_types import choices_of, spelled_out, type_of
from model.options.parser import LISTS, Once, escaped, number, numbers, unescaped, whole_number, whole_numbers

T = TypeVar("T")

_PARSE: Mapping[Any, tuple[Callable[[str], Any], str]] = {
    int: (whole_number, "N"),
    float: (number, "X"),
    tuple[float, ...]: (numbers, "X [X ...]"),
    tuple[int, ...]: (whole_numbers, "N [N ...]"),
}
"""The parser and the metavar of a field that does not define its own, by type."""


def option(
    default: T, what: str, *, parse: Callable[[str], Any] | None = None, metavar: str | None = None, bare: Any = None
) -> T:
    """A dataclass field that is also an option.

    Args:
        default: the value if the option is not given.
        what: the help; '{}' stands for the default.
        parse: makes the value from a word; by default, the type decides.
        metavar: stands for the value in the help.
        bare: the value if the option is given without one; None if it needs one.
    """
    metadata = {"help": what.format(spelled_out(default)), "parse": parse, "metavar": metavar, "bare": bare}
    chosen: Any = field(default=default, metadata=metadata)
    return chosen


def option_of(name: str) -> str:
    """The option of a field: `--random-seed` for `random_seed`, `--from` for `from_`."""
    return "--" + name.removesuffix("_").replace("_", "-")


def spelled_options(values: Mapping[str, object]) -> str:
    """Values of fields as options: '--weight-drop 0.4 --dropout 0.5'."""
    return " ".join(f"{option_of(name)} {spelled_out(value)}" for name, value in values.items())


def options_of(kind: type) -> list[Field[Any]]:
    """The fields of a dataclass that are options: not inherited, with a help, and with more than one choice."""
    inherited = {each.name for base in kind.__bases__ for each in getattr(base, "__dataclass_fields__", {}).values()}
    own = [each for each in fields(kind) if "help" in each.metadata and each.name not in inherited]
    return [each for each in own if len(choices_of(kind, each.name)) != 1]


def add_fields(
    parser: argparse.ArgumentParser,
    kind: type,
    headings: Mapping[str, str],
    help_of: Callable[[Field[Any]], str] = lambda each: each.metadata["help"],
    only: Container[str] | None = None,
) -> None:
    """Add an option for each field of a dataclass. The namespace contains only options that are given.

    Args:
        parser: of a command.
        kind: the dataclass.
        headings: of the groups, by the first field of each.
        help_of: the help of a field.
        only: the fields that are added; None adds all.
    """
    group: Any = parser
    for each in options_of(kind):
        if only is not None and each.name not in only:
            continue
        if each.name in headings:
            group = parser.add_argument_group(headings[each.name])
        settings = {"default": argparse.SUPPRESS, "help": help_of(each).replace("%", "%%")}
        group.add_argument(option_of(each.name), dest=each.name, **settings, **_settings_of(kind, each))


def given(kind: type, namespace: argparse.Namespace) -> dict[str, Any]:
    """The values of the options that were given, by field."""
    there = vars(namespace)
    return {each.name: there[each.name] for each in options_of(kind) if each.name in there}


def read_value(kind: type, name: str, text: str) -> Any:
    """The value that a text means for a field, as on a command line; 'on' and 'off' for a switch.

    Raises:
        argparse.ArgumentTypeError: it means none; the message says why.
    """
    if type_of(kind, name) is bool:
        if text not in ("on", "off"):
            raise argparse.ArgumentTypeError(f"{text!r} is neither on nor off")
        return text == "on"
    if choices := choices_of(kind, name):
        if text not in choices:
            raise argparse.ArgumentTypeError(f"{text!r} is none of: {', '.join(choices)}")
        return text
    parse = kind.__dataclass_fields__[name].metadata.get("parse") or _PARSE.get(type_of(kind, name), (str, None))[0]  # type: ignore[attr-defined]
    return parse(",".join(text.split()) if parse in LISTS else text)


def words_of(kind: type, value: Any, usual: Any, always: Container[str] = ()) -> list[str]:
    """The command line options for the fields in which `value` differs from `usual`, and for those named `always`."""
    words = []
    for each in options_of(kind):
        chosen, name = getattr(value, each.name), option_of(each.name)
        if chosen == getattr(usual, each.name) and each.name not in always:
            continue
        if isinstance(chosen, bool):
            words.append(name if chosen else name.replace("--", "--no-", 1))
        else:
            text = escaped(chosen) if each.metadata.get("parse") is unescaped else chosen
            words.append(f"{name}={','.join(map(repr, text)) if isinstance(text, tuple) else text}")
    return words


def _settings_of(kind: type, each: Field[Any]) -> dict[str, Any]:
    """The settings of a field for argparse, from its type and metadata."""
    if type_of(kind, each.name) is bool:
        return {"action": "store_true" if each.metadata.get("bare") else argparse.BooleanOptionalAction}
    if choices := choices_of(kind, each.name):
        return {"choices": choices}
    parse, metavar = _PARSE.get(type_of(kind, each.name), (str, None))
    settings = {"type": each.metadata.get("parse") or parse, "metavar": each.metadata.get("metavar") or metavar}
    if settings["type"] is unescaped:
        settings["action"] = Once
    bare = each.metadata.get("bare")
    return settings if bare is None else settings | {"nargs": "?", "const": bare}
