"""Changes what a program finds around it: variables, limits, descriptors, folders, file systems, the clock."""

from __future__ import annotations

import ctypes
import os
import resource
import tempfile
import time
from collections.abc import Mapping
from itertools import count
from typing import Any

_NEW_MOUNTS = 0x20000
_CAPABILITIES, _ADMINISTRATION, _RESOURCES = 0x20080522, 21, 24
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18


def enter(world: Mapping[str, Any]) -> None:
    """Change this process by a table's row.

    Args:
        world: what differs. `environment`: variables, None to remove one; `limits`: by their names without RLIMIT_;
            `closed`: descriptors; `deleted_folder`: whether the current one is; `read_only`: a folder; `user`: a
            number, for whom the system counts its threads; `clock`: seconds that it goes back with each look at it.
    """
    for name, value in world.get("environment", {}).items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
    if folder := world.get("read_only"):
        _mount_read_only(folder)
    if user := world.get("user"):
        _count_as(user)
    if world.get("deleted_folder"):
        folder = tempfile.mkdtemp()
        os.chdir(folder)
        os.rmdir(folder)
    if seconds := world.get("clock"):
        begun = time.time()
        times = (begun - seconds * looks for looks in count(1))
        time.time = lambda: next(times)
    for descriptor in world.get("closed", ()):
        os.close(descriptor)
    if limits := world.get("limits"):
        for name, most in limits.items():
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (most, most))


def _call(name: str, *arguments: Any) -> None:
    """A function of the system's library.

    Raises:
        OSError: it failed.
    """
    if getattr(ctypes.CDLL(None, use_errno=True), name)(*arguments):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), name)


def _count_as(user: int) -> None:
    """Let the limit of threads hold, as it does for everybody but the superuser; files are open as before."""
    os.setresuid(user, 0, 0)
    header, held = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    _call("capget", header, held)
    for words in (0, 1):  # effective and permitted
        held[words] &= ~(1 << _ADMINISTRATION | 1 << _RESOURCES)
    _call("capset", header, held)


def _mount_read_only(folder: str) -> None:
    """For this process alone."""
    place = os.fsencode(folder)
    _call("unshare", _NEW_MOUNTS)
    _call("mount", b"none", b"/", None, _RECURSIVE | _PRIVATE, None)
    _call("mount", place, place, None, _BIND, None)
    _call("mount", place, place, None, _BIND | _REMOUNT | _READ_ONLY, None)
