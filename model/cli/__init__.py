"""`charlstm`: training, writing and scoring without a screen.

One module a command. JAX is imported only by the commands that need it, when they run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from model.cli import baselines, compare, corpora, devices, explain, runs
from model.cli.exit_codes import exit_code
from model.cli.training import steer, train
from model.cli.writing import odds_table, score, units, write
from model.options.parser import OptionParser, add_version
from model.options.process_start import prepare_streams, trust_the_terminal
from model.options.suggestions import COMMANDS

_COMMANDS = (train, write, odds_table, score, units, baselines, runs, corpora, devices, steer, compare, explain)
_MODULES = dict(zip(COMMANDS, _COMMANDS, strict=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for; without a command, print the help.

    Returns:
        0 when it is done; 1 when it failed on the way; 2 when it could not begin; 3 when another process of the same
        training has died or hangs; 128 + signal when it was interrupted.
    """
    prepare_streams()
    if sys.stdout.isatty():
        trust_the_terminal()
    options = _parser().parse_args(argv)
    return exit_code(lambda: options.work(options))


def _help(options: argparse.Namespace) -> int:
    options.parser.print_help()
    return 0


def _parser() -> OptionParser:
    parser = OptionParser(
        prog="charlstm",
        description="Train a language model on a text, and let it write. With a screen: charlstm-tui",
    )
    add_version(parser)
    parser.set_defaults(work=_help, parser=parser)
    commands = parser.add_subparsers(metavar="COMMAND", title="commands")
    for name, command in _MODULES.items():
        one = commands.add_parser(name, help=command.HELP, description=command.__doc__, usage=command.USAGE)
        command.add_options(one)
        one.set_defaults(work=command.work, parser=one)
    return parser
