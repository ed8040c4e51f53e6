"""Which engine a launch needs. No engine is imported before it is asked for."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from tui.launch import Launch

if TYPE_CHECKING:
    from tui.engine.protocol import Engine


def engine_for(launch: Launch, stdin: bytes = b"") -> Engine:
    """An engine that is not started yet.

    Args:
        launch: what it is to train or watch.
        stdin: the text of standard input, where the corpus is '-'.
    """
    if not launch.watches:
        from tui.engine.local_engine import ThreadEngine

        return ThreadEngine(stdin)
    if launch.group:
        from tui.engine.multiprocess_engine import MultiprocessEngine

        return MultiprocessEngine(os.environ.copy())
    from tui.engine.watching.watching_engine import WatchingEngine

    return WatchingEngine()


def next_engine(launch: Launch) -> Engine:
    """An engine to follow one that has ended: its devices are chosen anew. Call it in a thread."""
    if "jax" in sys.modules:
        from model.devices import local_devices

        local_devices.forget()
    return engine_for(launch)
