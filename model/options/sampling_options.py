"""Command line options made from the fields of Sampling."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from model.options.fields import given, option_of
from model.options.parser import Once, between, number, whole_number
from model.recipe import Recipe
from model.sampling import SETTINGS, Sampling, SamplingError, Unit


def add_sampling_options(
    parser: argparse.ArgumentParser,
    *,
    several: bool = True,
    left_out: str = "as in the run's recipe",
    network: bool = True,
) -> None:
    """Add an option for each setting; `samplings` reads them back.

    Args:
        parser: of a command.
        several: whether `--temperature` may be given several times.
        left_out: what a setting is that is not given.
        network: whether it is a network that writes, whose units can be switched off.
    """
    orders = (", ".join(Sampling(temperature_last=last).order).replace("_", "-") for last in (False, True))
    order = "Settings are applied in this order: {}; with --temperature-last: {}.".format(*orders)
    group = parser.add_argument_group("sampling", f"What is left out is {left_out}. {order}")
    for each in SETTINGS:
        how: dict[str, Any] = {"default": argparse.SUPPRESS, "help": each.metadata["help"]}
        if isinstance(each.default, bool):
            how["action"] = argparse.BooleanOptionalAction
        else:
            kind, metavar = (whole_number, "N") if isinstance(each.default, int) else (number, "X")
            how |= {"type": between(kind, each.metadata["low"], each.metadata["high"]), "metavar": metavar}
        if each.name == "temperature" and several:
            how["help"] += "; repeat it to write one more sample"
            how["action"] = "append"
        elif each.name == "temperature":
            how["action"] = Once
        group.add_argument(option_of(each.name), **how)
    if network:
        group.add_argument(
            option_of("without_units"),
            type=_units,
            default=argparse.SUPPRESS,
            metavar="L:N[,...]",
            help="switch units of the network off, such as 1:57: layer 1, unit 57; 'charlstm units' finds them",
        )


def _units(text: str) -> tuple[Unit, ...]:
    """Units with commas between them."""
    try:
        return Sampling(without_units=tuple(map(Unit.parse, text.split(",")))).without_units
    except SamplingError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def samplings(options: argparse.Namespace, recipe: Recipe) -> list[Sampling]:
    """A sampling for each temperature that was given, or else for each of the recipe's."""
    chosen = _given(options)
    temperatures = chosen.pop("temperature", recipe.temperatures)
    return [replace(recipe.sampling(temperature), **chosen) for temperature in temperatures]


def one_sampling(options: argparse.Namespace, recipe: Recipe) -> Sampling:
    """The sampling that was given: temperature 1, and the recipe's filters, where nothing else was."""
    return replace(recipe.sampling(Sampling().temperature), **_given(options))


def _given(options: argparse.Namespace) -> dict[str, Any]:
    """The settings that were given, and the units."""
    units = getattr(options, "without_units", ())
    return given(Sampling, options) | ({"without_units": units} if units else {})
