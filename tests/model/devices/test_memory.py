"""Threads share their memory, and free memory goes back to the system."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

import pytest

from model.devices.memory import give_back_free_memory, share_arena
from tests.model.devices.fresh_process import said_by

ONLY_GLIBC = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has arenas")
THREADS_THAT_TAKE_MEMORY = """
import ctypes, tempfile, threading
from model.devices.memory import share_arena
share_arena()
libc, gate = ctypes.CDLL(None), threading.Barrier(16)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
def take():
    libc.malloc(ctypes.c_size_t(100_000))
    gate.wait()
threads = [threading.Thread(target=take) for _ in range(16)]
for thread in threads: thread.start()
for thread in threads: thread.join()
with tempfile.NamedTemporaryFile() as told:
    stream = ctypes.c_void_p(libc.fopen(told.name.encode(), b"w"))
    libc.malloc_info(0, stream)
    libc.fclose(stream)
    print(told.read().decode().count("<heap nr="))
"""


def held() -> int:
    """What this process has of the machine's memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


@ONLY_GLIBC
@pytest.mark.parametrize(("environment", "arenas"), [({}, 1), ({"MALLOC_ARENA_MAX": "5"}, 5)])
def test_threads_share_one_arena_or_as_many_as_the_environment_says(
    tmp_path: Path, environment: dict[str, str], arenas: int
) -> None:
    assert int(said_by(THREADS_THAT_TAKE_MEMORY, (), tmp_path, **environment)) == arenas


@ONLY_GLIBC
def test_memory_that_nothing_uses_goes_back_although_some_between_stays() -> None:
    blocks = [bytes(8_000) for _ in range(10_000)]
    kept = blocks[::50]
    del blocks
    before = held()
    give_back_free_memory()
    assert held() < before - 40
    assert kept


def test_windows_which_has_no_such_call_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(name: object) -> None:
        raise TypeError("CDLL takes no None on Windows")

    monkeypatch.setattr(ctypes, "CDLL", refuse)
    with monkeypatch.context() as windows:
        windows.setattr("model.devices.memory.os.name", "nt")
        give_back_free_memory()
        share_arena()
