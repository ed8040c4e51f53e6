"""Command-line options made from the recipe's fields, shared by `charlstm` and `charlstm-tui`.

Built on argparse, because the screen must be painted half a second after the process starts and the
libraries that derive command lines from types take a fifth of that to import.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from dataclasses import Field, fields, replace
from difflib import get_close_matches
from typing import Any, NoReturn, get_args

from corpora.safe_text import shown
from model.recipe import PRESETS, Recipe, RecipeError, choices_of, settable_fields, type_of

GROUPS = {
    "lowercase": "the text",
    "hidden": "the network",
    "reading": "reading",
    "epochs": "learning",
    "temperatures": "the showing after each epoch",
}
"""Headings of the recipe's options, each under the first field that it covers."""

DEFAULT_RECIPE = "fast"

_PATIENCE = {
    "join_timeout": (60.0, "that the processes wait for each other at the start"),
    "heartbeat": (20.0, "without a sign of life after which a process counts as gone"),
    "step_timeout": (300.0, "after which a process that lives but does not get on counts as stuck"),
}
"""What many processes wait for each other, in seconds, unless somebody says otherwise."""

SAVE_SECONDS = 15.0
"""Between two checkpoints in the middle of an epoch, unless somebody says otherwise."""

_LONGEST_MESSAGE = 600
"""Characters of what is said against a command line, however long the value that it quotes."""


class OptionParser(argparse.ArgumentParser):
    """An argparse parser that answers a mistake in one sentence and names the nearest valid option.

    Options are never abbreviated, so that a script keeps its meaning when an option is added.
    """

    def __init__(self, **settings: Any) -> None:
        settings.setdefault("allow_abbrev", False)
        super().__init__(**settings)

    def parse_known_args(  # type: ignore[override]  # the overloads differ only in a namespace's type
        self, args: Sequence[str] | None = None, namespace: Any = None
    ) -> tuple[Any, list[str]]:
        """Parse, and refuse what is left over here, where the options of a subcommand are still known."""
        parsed, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._explain(unknown[0]))
        return parsed, unknown

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where help is, in a line that no terminal obeys, and exit with code 2."""
        ending = "" if message.endswith((".", "?", "!")) else "."
        self.exit(2, f"{self.prog}: {shown(message, _LONGEST_MESSAGE)}{ending} See {self.prog} --help.\n")

    def _explain(self, argument: str) -> str:
        if not argument.startswith("-"):
            return f"{argument!r} is left over; keep the words of a list together"
        name = argument.partition("=")[0]
        near = get_close_matches(name, self._option_string_actions, n=1)
        return f"there is no option {name}" + (f"; did you mean {near[0]}?" if near else "")


def whole_number(text: str) -> int:
    """The integer that `text` says."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def number(text: str) -> float:
    """The finite number that `text` says."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return value


def _seconds(text: str) -> float:
    value = number(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text} seconds is no time at all; give more than 0")
    return value


def _devices(text: str) -> int:
    value = whole_number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} devices is less than none; 0 chooses for you")
    return value


def _steps(text: str) -> int:
    value = whole_number(text)
    if value < 0:
        raise argparse.ArgumentTypeError(f"{text} steps is less than none; 0 logs none")
    return value


def add_version(parser: argparse.ArgumentParser) -> None:
    """Add `--version`, which looks the version up only when it is asked for."""
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


def add_corpus(parser: argparse.ArgumentParser, default: str = "nietzsche") -> None:
    """Add the corpus, as `corpus`: a list of names, paths or addresses, empty for the default corpus."""
    parser.add_argument(
        "corpus",
        metavar="CORPUS",
        nargs="*",
        help="what to learn from: a name listed by 'charlstm corpora', files, a folder, a URL, "
        f"or - for standard input (default: {default})",
    )


def add_run_options(parser: argparse.ArgumentParser) -> None:
    """Add where and how long a run goes: `resume`, `max_seconds`, `runs` and `name`, None unless given, `resume` ''
    where it names no run; `devices`, `device`, `save_every` and `log_every`.
    """
    group = parser.add_argument_group("the run")
    group.add_argument(
        "--resume",
        nargs="?",
        const="",
        metavar="RUN",
        help="go on with a run where it was saved last (default: the unfinished run changed last)",
    )
    group.add_argument("--max-seconds", type=_seconds, metavar="S", help="stop training after S seconds")
    group.add_argument("--runs", metavar="DIR", help="folder that keeps the runs (default: your data folder)")
    group.add_argument("--name", help="name of this run (default: the corpus and the time)")
    group.add_argument(
        "--save-every",
        type=_seconds,
        default=SAVE_SECONDS,
        metavar="S",
        help="save after S seconds as well as after each epoch (default: %(default)g)",
    )
    group.add_argument(
        "--log-every",
        type=_steps,
        default=100,
        metavar="N",
        help="log the loss of every N-th step; 0 of none (default: %(default)s)",
    )
    group.add_argument(
        "--devices",
        type=_devices,
        default=0,
        metavar="N",
        help="how many devices share the work (default: 0, chosen for you)",
    )
    group.add_argument(
        "--device",
        choices=("auto", "cpu", "gpu"),
        default="auto",
        help="what to train on; a small LSTM may be faster on the CPU, which 'charlstm devices' measures "
        "(default: the GPU where JAX finds one)",
    )


def add_process_options(parser: argparse.ArgumentParser) -> None:
    """Add how several processes, on one machine or many, train together; `check_process_options` looks them over."""
    group = parser.add_argument_group("many processes")
    group.add_argument("--coordinator", metavar="HOST:PORT", help="where process 0 is, and a port there that is free")
    group.add_argument("--processes", type=whole_number, metavar="N", help="how many train together")
    group.add_argument(
        "--process", type=whole_number, metavar="I", help="which of them this is, from 0; 0 keeps the run"
    )
    group.add_argument(
        "--cluster", action="store_true", help="take all three from SLURM, Open MPI or Kubernetes, as JAX knows them"
    )
    for name, (seconds, what) in _PATIENCE.items():
        group.add_argument(option_of(name), type=_seconds, metavar="S", help=f"seconds {what} (default: {seconds:g})")


def check_process_options(parser: OptionParser, namespace: argparse.Namespace) -> bool:
    """Whether several processes train together; options that do not go together end the program with code 2.

    What was not said of how long they wait is filled in.
    """
    together = _check_who_they_are(parser, namespace)
    for name, (seconds, _) in _PATIENCE.items():
        if getattr(namespace, name) is None:
            setattr(namespace, name, seconds)
        elif not together:
            parser.error(f"{option_of(name)} is for many processes: it goes with --coordinator, or with --cluster")
    return together


def _check_who_they_are(parser: OptionParser, namespace: argparse.Namespace) -> bool:
    three = (namespace.coordinator, namespace.processes, namespace.process)
    if namespace.cluster and any(each is not None for each in three):
        parser.error("--cluster finds out what --coordinator, --processes and --process would say: leave them away")
    if namespace.cluster:
        return True
    if all(each is None for each in three):
        return False
    if any(each is None for each in three):
        parser.error("--coordinator, --processes and --process belong together: give all three, or --cluster")
    host, _, port = namespace.coordinator.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 1 << 16:
        parser.error(f"--coordinator is HOST:PORT, such as node1:29500, and not {namespace.coordinator!r}")
    if namespace.processes < 2:
        parser.error("--processes is 2 or more; one process alone needs none of these options")
    if not 0 <= namespace.process < namespace.processes:
        parser.error(f"--process is from 0 to {namespace.processes - 1} where --processes is {namespace.processes}")
    return True


def add_recipe_options(parser: argparse.ArgumentParser) -> None:
    """Add `--recipe` and one option for each field of Recipe; read them back with `chosen_recipe`."""
    group = parser.add_argument_group("the recipe")
    group.add_argument(
        "--recipe",
        choices=tuple(PRESETS),
        default=DEFAULT_RECIPE,
        help=f"what the options below start from (default: {DEFAULT_RECIPE}; "
        "notebook is the exercise as Keras teaches it)",
    )
    for field in settable_fields():
        if field.name in GROUPS:
            group = parser.add_argument_group(GROUPS[field.name])
        group.add_argument(option_of(field.name), **_settings_of(field))


def option_of(name: str) -> str:
    """The option of a field of Recipe: `random_seed` gives `--random-seed`."""
    return "--" + name.replace("_", "-")


def recipe_from(namespace: argparse.Namespace) -> Recipe:
    """The preset that was chosen, with the given options in place of its values.

    Raises:
        RecipeError: a value lies outside its bounds.
    """
    given = vars(namespace)
    changes = {field.name: given[field.name] for field in fields(Recipe) if field.name in given}
    changes = {name: tuple(value) if isinstance(value, list) else value for name, value in changes.items()}
    return replace(PRESETS[namespace.recipe], **changes)


def chosen_recipe(parser: argparse.ArgumentParser, namespace: argparse.Namespace) -> Recipe:
    """The recipe of `recipe_from`; what is wrong with it is said by the parser, which exits with code 2."""
    try:
        return recipe_from(namespace)
    except RecipeError as error:
        first, _, rest = str(error).partition(" ")
        known = any(first == field.name for field in fields(Recipe))
        parser.error(f"{option_of(first) if known else first} {rest}")


def refuse_what_a_resumed_run_decides(parser: OptionParser, namespace: argparse.Namespace) -> None:
    """Exit with code 2 where `--resume` stands beside options that the run has settled long ago."""
    settled = settled_by_a_run(namespace)
    if namespace.resume is not None and settled:
        parser.error(f"a resumed run keeps its recipe and its name: leave {' and '.join(settled)} away")


def settled_by_a_run(namespace: argparse.Namespace) -> list[str]:
    """The options given that a run which is there already has settled: its recipe's and its name."""
    given = vars(namespace)
    settled = [option_of(field.name) for field in fields(Recipe) if field.name in given]
    return settled + ["--recipe"] * (given["recipe"] != DEFAULT_RECIPE) + ["--name"] * (given["name"] is not None)


def _settings_of(field: Field[Any]) -> dict[str, Any]:
    """The argparse settings of one field, from its type, help and the presets' values."""
    settings: dict[str, Any] = {
        "default": argparse.SUPPRESS,
        "help": f"{field.metadata['help']} [{_defaults_of(field.name)}]".replace("%", "%%"),
    }
    kind = type_of(field.name)
    converters: dict[Any, Callable[[str], Any]] = {int: whole_number, float: number}
    if kind is bool:
        return settings | {"action": argparse.BooleanOptionalAction}
    if choices := choices_of(field.name):
        return settings | {"choices": choices}
    if kind in converters:
        return settings | {"type": converters[kind], "metavar": "N" if kind is int else "X"}
    return settings | {"type": converters[get_args(kind)[0]], "nargs": "+", "metavar": "X"}


def _defaults_of(name: str) -> str:
    """The field's value in the default recipe, and in each preset that has another: `24; notebook: 59`."""
    default = getattr(PRESETS[DEFAULT_RECIPE], name)
    others = {preset: getattr(recipe, name) for preset, recipe in PRESETS.items()}
    different = [f"{preset}: {_spell(value)}" for preset, value in others.items() if value != default]
    return "; ".join([_spell(default), *different])


def _spell(value: object) -> str:
    """A value as it is given on a command line."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, tuple):
        return " ".join(map(_spell, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
