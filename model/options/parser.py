"""OptionParser: argparse that explains mistakes; and the parsers of single values.

It is built on argparse because the first frame is due half a second after the start, and libraries that derive command
lines from types need a tenth of a second to be imported.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from textwrap import fill, wrap
from typing import Any, NoReturn, TypeVar

from corpora.safe_text import as_read, shown
from model.options.field_types import spelled_out
from model.options.shell_command import typed
from model.options.suggestions import MEANT

N = TypeVar("N", int, float)

_LONGEST_MESSAGE = 600
"""Characters of an error message: a quoted value may be long."""

_ESCAPE = re.compile(r"\\([nt\\])")
_MEANT_BY = {"n": "\n", "t": "\t", "\\": "\\"}


class _HelpFormatter(argparse.HelpFormatter):
    """Breaks lines at spaces alone, because names have hyphens; a line of the help begins where one is begun in it."""

    def _split_lines(self, text: str, width: int) -> list[str]:
        return [row for line in text.splitlines() for row in wrap(line, width, break_on_hyphens=False)]

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        text = " ".join(text.split())
        return fill(text, width, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


class OptionParser(argparse.ArgumentParser):
    """An argparse parser that explains a mistake in one sentence and suggests the right option.

    Options cannot be abbreviated, so that scripts keep their meaning when options are added. A list of numbers ends at
    the first word that is not a number.
    """

    spare = ""
    """The argument that takes words which look like options and are none; usually they are refused."""

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        settings.setdefault("formatter_class", _HelpFormatter)
        super().__init__(**settings)

    def parse_known_args(  # type: ignore[override]  # the overloads differ only in a namespace's type
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and refuse unknown words here, where the options of a subcommand are still known."""
        args = sys.argv[1:] if args is None else list(args)
        parsed, unknown = super().parse_known_args(list(self._with_lists_joined(args)), namespace)
        if unknown and self.spare:
            setattr(parsed, self.spare, [*getattr(parsed, self.spare), *unknown])
            unknown = []
        if unknown:
            self.error(self._explain(unknown[0], args))
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Print what is wrong and the command that shows the help, without control characters; exit with code 2."""
        ending = "" if message.endswith((".", "?", "!")) else "."
        command = typed(*self.prog.split(), "--help")
        self.exit(2, f"{self.prog}: {shown(message, _LONGEST_MESSAGE)}{ending} See {command}.\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a wrong choice and suggest the nearest one."""
        if action.choices is None or value in action.choices:
            return
        longer = [each for each in action.choices if str(each).startswith(str(value))]
        near = longer if len(longer) == 1 else get_close_matches(str(value), action.choices, n=1)
        hint = f"did you mean {near[0]}?" if near else f"choose one of: {', '.join(action.choices)}"
        raise argparse.ArgumentError(action, f"invalid choice: {value!r}; {hint}")

    def _with_lists_joined(self, args: Sequence[str]) -> Iterator[str]:
        """Join every list of numbers into one word; otherwise argparse would take the corpus as part of the list."""
        words = list(args)
        while words:
            word = words.pop(0)
            action = self._option_string_actions.get(word)
            if word.endswith("=--") and word[:-3] in self._option_string_actions:  # argparse would end the options here
                self.error(f"'--' is not a value for {word[:-3]}")
            if word == "--":
                yield from (word, *words)
                return
            if action is None or action.type not in LISTS:
                if action is not None and action.choices and len(words) > 1 and {*words[:2]} <= {*action.choices}:
                    self.error(f"{word} takes one value, and {words[0]!r} and {words[1]!r} are two")
                yield word
                continue
            count = next((at for at, each in enumerate(words) if not _is_number(each)), len(words))
            if not count and (not words or words[0].startswith("-")):
                self.error(f"{word} takes one number or more")
            yield f"{word}={','.join(words[:count])}" if count else word
            del words[:count]

    def _explain(self, argument: str, args: list[str]) -> str:
        known = self._option_string_actions
        if not argument.startswith("-"):
            before = args[: args.index(argument)] if argument in args else []
            option = next((word for word in reversed(before) if word in known), "")
            values = before[len(before) - before[::-1].index(option) :] if option else []
            if option and known[option].type in LISTS and all(map(_is_number, values)):
                return f"{argument!r} is not a number for {option}; if it is a text, put it beside the others"
            if option and len(values) == 1 and isinstance(known[option], argparse._AppendAction):
                return f"unexpected word {argument!r}; repeat {option} before each value"
            return f"unexpected word {argument!r}; put words that belong together side by side"
        name = argument.partition("=")[0]
        near = [each for each in MEANT.get(name.lstrip("-").lower(), ()) if each.split()[0] in known]
        near = near or get_close_matches(name, known, n=1)
        return f"there is no option {name}" + (f"; did you mean {' or '.join(near)}?" if near else "")


class Once(argparse.Action):
    """Stores a value, and refuses another: of two texts, the user wants both."""

    def __call__(
        self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, name: str | None = None
    ) -> None:
        """Store the value.

        Raises:
            argparse.ArgumentError: there is one.
        """
        if getattr(namespace, self.dest, self.default) != self.default:
            raise argparse.ArgumentError(self, "it is given twice; this command takes one")
        setattr(namespace, self.dest, value)


def whole_number(text: str) -> int:
    """The integer in `text`."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """The finite number in `text`."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def numbers(text: str) -> tuple[float, ...]:
    """The finite numbers in `text`, separated by commas."""
    return tuple(map(number, text.split(",")))


def whole_numbers(text: str) -> tuple[int, ...]:
    """The integers in `text`, separated by commas."""
    return tuple(map(whole_number, text.split(",")))


LISTS = (numbers, whole_numbers)
"""The parsers of lists."""


def positive(text: str) -> float:
    """The finite number above 0 in `text`."""
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} is too small; give more than 0")
    return value


def between(kind: Callable[[str], N], low: float, high: float = math.inf) -> Callable[[str], N]:
    """A parser of numbers from `low` to `high`, both included."""

    def parse(text: str) -> N:
        value = kind(text)
        if not low <= value <= high:
            first, last = spelled_out(low), spelled_out(high)
            bounds = f"{first} or more" if math.isinf(high) else f"a number from {first} to {last}"
            raise argparse.ArgumentTypeError(f"{text} is out of range; give {bounds}")
        return value

    return parse


def unescaped(text: str) -> str:
    r"""The text of an option: `\n` is a line feed, `\t` a tab, `\\` a backslash."""
    return as_read(_ESCAPE.sub(lambda found: _MEANT_BY[found[1]], text))


def escaped(text: str) -> str:
    """An option's text that `unescaped` makes this one of."""
    return text.replace("\\", "\\\\")


def folder(text: str) -> Path:
    """The path in `text`; '~' is the home folder."""
    return Path(os.path.expanduser(text))  # Path.expanduser fails for unknown users


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add `--version`. The version is looked up only when it is asked for."""
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number_of_release = version("charlstm")
        except PackageNotFoundError:
            number_of_release = "(not installed)"
        print(f"charlstm {number_of_release}")
        parser.exit()


def _is_number(text: str) -> bool:
    try:
        list(map(float, text.split(",")))
    except ValueError:
        return False
    return True
