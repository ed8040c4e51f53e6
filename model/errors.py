"""Any exception as one sentence and one exit code, for the command line and the screen alike."""

from __future__ import annotations

import errno
import signal
from typing import NamedTuple

from corpora.errors import CharlstmError
from corpora.safe_text import shown

PEER_LOST = 3
"""Exit code when another process of the same training has died or hangs."""


class Explanation(NamedTuple):
    """What an exception means to the user."""

    sentence: str
    """Empty where there is nothing to say: the user interrupted, or nothing reads the output any more."""
    exit_code: int
    expected: bool = True
    """False for a fault of this program, whose traceback belongs into a log."""


def explained(error: BaseException) -> Explanation:
    """What happened and what to do, and the exit code of a command that ends with it."""
    match error:
        case CharlstmError():
            return Explanation(str(error), error.exit_code)
        case KeyboardInterrupt():
            return Explanation("", 128 + signal.SIGINT)
        case BrokenPipeError():
            return Explanation("", 128 + 13)  # SIGPIPE, which not every system has
        case MemoryError() | OSError(errno=errno.ENOMEM):
            return _out_of_memory()
        case OSError(filename=str() | bytes() as path):
            return Explanation(f"{shown(str(path))} cannot be used: {error.strerror or error}.", 1)
        case OSError():
            return Explanation(f"Reading or writing failed: {error.strerror or error}.", 1)
        case RuntimeError() if "RESOURCE_EXHAUSTED" in str(error):  # as XLA says it
            return _out_of_memory()
    sentence = f"An unexpected error stopped the program: {type(error).__name__}: {shown(str(error), 500)}."
    return Explanation(sentence, 1, expected=False)


def _out_of_memory() -> Explanation:
    return Explanation("There is not enough memory. Use a shorter text, or a smaller --hidden or --batch.", 1)
