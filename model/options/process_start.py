"""How both programs begin: with the standard streams that they need, whatever the shell made of them, and so that an
interrupt ends them from the first moment on.
"""

from __future__ import annotations

import _thread
import io
import os
import signal
import sys
import threading
from importlib import import_module
from types import FrameType

_IMPORT_SYSTEM = "<frozen importlib._bootstrap>"
"""What Python calls the file of its functions that import modules."""

_SOON = 0.01
"""Seconds."""


def run_program(module: str) -> int:
    """Import a module and call its `main`; an interrupt that it does not handle ends both. Returns the exit code."""
    sys.unraisablehook = _raise_again
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)
    try:
        return int(import_module(module).main())
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


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


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Wait for the end of an import: native modules make another error of an interrupt, or end the process."""
    outer = frame
    while outer is not None and outer.f_code.co_filename != _IMPORT_SYSTEM:
        outer = outer.f_back
    if outer is None:
        signal.default_int_handler(number, frame)
    _interrupt_again()


def _raise_again(lost: sys.UnraisableHookArgs) -> None:
    """An interrupt that comes while garbage is collected would be lost: JAX has a function called then."""
    if lost.exc_type is KeyboardInterrupt:
        _interrupt_again()
    else:
        sys.__unraisablehook__(lost)


def _interrupt_again() -> None:
    threading.Timer(_SOON, _thread.interrupt_main).start()
