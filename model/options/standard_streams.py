"""Standard input, output and error as both programs need them, whatever the shell made of them."""

from __future__ import annotations

import io
import os
import sys


def prepare_streams() -> None:
    """Send what is for a closed stream nowhere, and print '?' for characters that an encoding lacks.

    A descriptor that the shell closed (`2>&-`) would be that of the next file opened, perhaps a checkpoint, and native
    libraries write their messages to descriptors 1 and 2.
    """
    for descriptor, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            _fill(descriptor)
        if descriptor and getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115 - to the program's end
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def trust_the_terminal() -> None:
    """Forget COLUMNS and LINES: exported ones would count for more than the terminal's own size, and never change."""
    for name in ("COLUMNS", "LINES"):
        os.environ.pop(name, None)


def _fill(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != descriptor:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
    os.set_inheritable(descriptor, True)
