"""Command line options made from the fields of Sampling."""

from __future__ import annotations

import argparse
from dataclasses import fields

from model.options.fields import option_of
from model.options.parser import between, number
from model.sampling import Sampling


def add_sampling_options(parser: argparse.ArgumentParser) -> None:
    """Add an option for each setting; `--temperature` may be given several times. `samplings` reads them back."""
    for each in fields(Sampling):
        several = {"action": "append"} if each.name == "temperature" else {"default": each.default}
        more = ""
        if each.name == "temperature":
            more = "; give it again for another sample (default: the recipe's temperatures)"
        parse = between(number, each.metadata["low"], each.metadata["high"])
        parser.add_argument(option_of(each.name), type=parse, metavar="X", help=each.metadata["help"] + more, **several)


def samplings(options: argparse.Namespace, temperatures: tuple[float, ...]) -> list[Sampling]:
    """A sampling for each temperature that was given, or else for each of these."""
    given = {each.name: getattr(options, each.name) for each in fields(Sampling)}
    return [Sampling(**given | {"temperature": each}) for each in options.temperature or temperatures]
