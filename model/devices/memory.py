"""The memory of this process, as the system sees it."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable

_M_ARENA_MAX = -8
"""The number of the option in glibc's malloc.h."""


def share_arena() -> None:
    """Let all threads take memory from one arena; call it before the first thread is started.

    glibc makes up to eight for each core, and what is freed in one serves no thread of another: each run that is opened
    and compiled left 50 MB of holes, in pages that cannot be given back. While eight runs were opened, two arenas grew
    from 425 to 544 MB; one stayed below 395. The environment's MALLOC_ARENA_MAX decides where it is set.
    """
    if "MALLOC_ARENA_MAX" not in os.environ and (mallopt := _of_libc("mallopt")) is not None:
        mallopt(_M_ARENA_MAX, 1)


def give_back_free_memory() -> None:
    """Give memory that nothing uses back to the system.

    glibc keeps it: with training and writing, 130 MB after some minutes, and slowly more.
    Other C libraries have no such call.
    """
    if (trim := _of_libc("malloc_trim")) is not None:
        trim(0)


def _of_libc(name: str) -> Callable[..., int] | None:
    """A function of the C library, where that has it."""
    if os.name == "nt":  # where CDLL takes no None
        return None
    found: Callable[..., int] | None = getattr(ctypes.CDLL(None), name, None)
    return found
