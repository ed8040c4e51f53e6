"""How a command ends: what it raises, in a sentence and an exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress

from corpora.corpus import CorpusError
from model.cli.console import complain
from model.recipe import RecipeError
from model.runs.checkpoint import CheckpointError
from model.runs.folder import RunError

_INTERRUPTED = 130
_BROKEN_PIPE = 141


def exit_code(work: Callable[[], int]) -> int:
    """Do the work; the exit code it ends with, having said what went wrong."""
    try:
        return work()
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


def _drop_output() -> None:
    """Let the interpreter flush into nothing on its way out, where nobody reads any more."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
