"""Command line options made from the fields of Sampling."""

from __future__ import annotations

import argparse
from dataclasses import fields
from typing import Any

from model.options.fields import option_of
from model.options.parser import between, number, whole_number
from model.sampling import Sampling


def add_sampling_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting; `--temperature` may be given several times. `samplings` reads them back."""
    group = parser.add_argument_group("sampling")
    for each in fields(Sampling):
        how: dict[str, Any] = {"default": each.default, "help": each.metadata["help"]}
        if isinstance(each.default, bool):
            how["action"] = "store_true"
        else:
            kind, metavar = (whole_number, "N") if isinstance(each.default, int) else (number, "X")
            how |= {"type": between(kind, each.metadata["low"], each.metadata["high"]), "metavar": metavar}
        if each.name == "temperature":
            how["help"] += "; give it again for another sample (default: the recipe's temperatures)"
            how |= {"action": "append", "default": None}
        group.add_argument(option_of(each.name), **how)


def samplings(options: argparse.Namespace, temperatures: tuple[float, ...]) -> list[Sampling]:
    """A sampling for each temperature that was given, or else for each of these."""
    given = {each.name: getattr(options, each.name) for each in fields(Sampling)}
    return [Sampling(**given | {"temperature": each}) for each in options.temperature or temperatures]
