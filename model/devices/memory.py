"""The memory of this process, as the system sees it."""

from __future__ import annotations

import ctypes
import os


def give_back_free_memory() -> None:
    """Give memory that nothing uses back to the system.

    glibc keeps it in the arenas of many threads: with training and writing, 130 MB after some minutes, and slowly more.
    Other C libraries have no such call.
    """
    if os.name == "nt":  # where CDLL takes no None
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
