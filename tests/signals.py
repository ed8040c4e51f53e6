"""Programs that tests start find the signals as a person's shell leaves them."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def heeded_signals() -> Iterator[None]:
    """Programs started within heed hang-ups and interrupts, even where nohup or a script started the tests themselves.

    What is ignored is inherited, and the programs rightly go on ignoring it.
    """
    known = [number for name in ("SIGHUP", "SIGINT") if (number := getattr(signal, name, None))]
    ignored = [number for number in known if signal.getsignal(number) is signal.SIG_IGN]
    for number in ignored:
        signal.signal(number, signal.SIG_DFL)
    try:
        yield
    finally:
        for number in ignored:
            signal.signal(number, signal.SIG_IGN)
