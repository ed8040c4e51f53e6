"""`charlstm`: training, writing and judging without a screen.

One module a command. JAX is imported only by the commands that need it, when they run.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress

from corpora.corpus import CorpusError
from model.checkpoint import CheckpointError
from model.cli import corpora, runs, score, train, write
from model.cli.console import complain, prepare_output
from model.options import OptionParser, add_version
from model.recipe import RecipeError
from model.runs import RunError

_COMMANDS = {"train": train, "write": write, "score": score, "runs": runs, "corpora": corpora}

_INTERRUPTED = 130
_BROKEN_PIPE = 141


def main(argv: Sequence[str] | None = None) -> int:
    """Do what a command line asks for.

    Returns:
        0 when it is done; 1 when it failed on the way; 2 when what was asked for cannot be done at all; 128 + signal
        when it was interrupted.
    """
    prepare_output()
    options = _parser().parse_args(argv)
    try:
        code: int = options.work(options)
    except (CorpusError, RecipeError, RunError) as error:
        complain(str(error))
        return 2
    except CheckpointError as error:
        complain(str(error))
        return 1
    except BrokenPipeError:
        _drop_output()
        return _BROKEN_PIPE
    except OSError as error:
        complain(f"The output could not be written: {error.strerror or error}.")
        _drop_output()
        return 1
    except MemoryError:
        complain("There is not enough memory for this: take a shorter text, or a smaller --hidden or --batch.")
        return 1
    except KeyboardInterrupt:
        return _INTERRUPTED
    return code


def _parser() -> OptionParser:
    parser = OptionParser(
        prog="charlstm",
        description="Teach a character-level LSTM a text, and let it write. For the same with a screen: charlstm-tui",
    )
    add_version(parser)
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        one = commands.add_parser(name, help=command.HELP, description=command.__doc__, usage=command.USAGE)
        command.add_options(one)
        one.set_defaults(work=command.work, parser=one)
    return parser


def _drop_output() -> None:
    """Let the interpreter flush into nothing on its way out, where nobody reads any more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
