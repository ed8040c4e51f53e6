"""Free memory goes back to the system."""

from __future__ import annotations

import ctypes
import os
import platform
from pathlib import Path

import pytest

from model.devices.memory import give_back_free_memory


def held() -> int:
    """What this process has of the machine's memory, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1_000_000


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps it")
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
