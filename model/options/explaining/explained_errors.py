"""Any exception as one sentence and one exit code, for the command line and the screen alike."""

from __future__ import annotations

import errno
import os
import signal
from typing import NamedTuple

from corpora.errors import CharlstmError, system_reason
from corpora.safe_text import shown

PEER_LOST = 3
"""Exit code when another process of the same training has died or hangs."""

FEW_FILES = (errno.EMFILE, errno.ENFILE)
"""The system's errors where a program may open no more files."""

_NO_ROOM = ("failed to map segment", "annot allocate memory")
"""How the loader says that a library does not fit into memory; it names only the library."""

_ROOM = "close other programs, or raise the limit (ulimit -v and -u show it)."


class Explained(NamedTuple):
    """What an exception means to the user."""

    sentence: str
    """Empty where there is nothing to say: the user interrupted, or nothing reads the output any more."""
    exit_code: int
    expected: bool = True
    """False for a fault of this program, whose traceback belongs into a log."""


def explained(error: BaseException) -> Explained:
    """What happened and what to do, and the exit code of a command that ends with it."""
    match error:
        case CharlstmError():
            return Explained(f"{error}{_without_a_folder()}", error.exit_code)
        case KeyboardInterrupt():
            return Explained("", 128 + signal.SIGINT)
        case BrokenPipeError():
            return Explained("", 128 + 13)  # SIGPIPE, which not every system has
        case MemoryError() | OSError(errno=errno.ENOMEM):
            return _out_of_memory()
        case OSError(errno=code) if code in FEW_FILES:
            few = "This shell lets the program open too few files: raise the limit (ulimit -n shows it)."
            return Explained(few, 1)
        case ImportError() | OSError() if any(words in str(error) for words in _NO_ROOM):
            return Explained(f"There is not enough memory to start: {_ROOM}", 1)
        case OSError(filename=str() | bytes() as path):
            return Explained(f"{shown(str(path))} cannot be used: {system_reason(error)}.{_without_a_folder()}", 1)
        case OSError():
            return Explained(f"Reading or writing failed: {system_reason(error)}.", 1)
        case RuntimeError() if "RESOURCE_EXHAUSTED" in str(error):  # as XLA says it
            return _out_of_memory()
        case RuntimeError() if "can't start new thread" in str(error):
            return Explained(f"This system lets the program start no more threads: {_ROOM}", 1)
    sentence = f"An unexpected error stopped the program: {type(error).__name__}: {shown(str(error), 500)}."
    return Explained(sentence, 1, expected=False)


def _without_a_folder() -> str:
    """What else to know where the shell's folder was deleted: no relative path leads anywhere."""
    try:
        os.getcwd()
    except OSError:
        return " The current folder was deleted, so relative paths lead nowhere: go to another folder first."
    return ""


def _out_of_memory() -> Explained:
    return Explained("There is not enough memory. Use a shorter text, or a smaller --hidden or --batch.", 1)
