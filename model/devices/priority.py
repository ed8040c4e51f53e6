"""The priority of threads, so that what may wait does not slow down what may not."""

from __future__ import annotations

import os
import sys
import threading

BACKGROUND = 15
"""The niceness of what may wait for training and for the text on the screen."""


def lower_priority(niceness: int) -> None:
    """Lower the priority of this thread and of every thread that is started from it. Only Linux can do so.

    Args:
        niceness: from 0, as usual, to 19, only what nothing else needs.
    """
    if sys.platform == "linux":
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), niceness)
