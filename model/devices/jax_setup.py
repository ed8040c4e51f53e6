"""Sets JAX up before its first use; what the environment would spoil is found before JAX is imported."""

from __future__ import annotations

import glob
import importlib
import os
import re
import subprocess
import sys
import threading
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from corpora.errors import CharlstmError
from corpora.safe_text import shown
from model.devices.memory import share_arena

OVERRULED = (
    "JAX_CHECK_TRACER_LEAKS",
    "JAX_DEBUG_INFS",
    "JAX_DEBUG_NANS",
    "JAX_DEFAULT_DEVICE",
    "JAX_DEFAULT_DTYPE_BITS",
    "JAX_DEFAULT_PRNG_IMPL",
    "JAX_DISABLE_JIT",
    "JAX_ENABLE_CHECKS",
    "JAX_ENABLE_CUSTOM_PRNG",
    "JAX_ENABLE_X64",
    "JAX_LEGACY_PRNG_KEY",
    "JAX_NUMPY_DTYPE_PROMOTION",
    "JAX_NUMPY_RANK_PROMOTION",
    "JAX_RAISE_PERSISTENT_CACHE_ERRORS",
    "JAX_RANDOM_SEED_OFFSET",
    "JAX_THREEFRY_PARTITIONABLE",
    "JAX_TRANSFER_GUARD",
    "JAX_TRANSFER_GUARD_DEVICE_TO_DEVICE",
    "JAX_TRANSFER_GUARD_DEVICE_TO_HOST",
    "JAX_TRANSFER_GUARD_HOST_TO_DEVICE",
)
"""Variables for JAX that this program ignores: they would break it, or change what a seed gives."""

ADDRESS_SPACE = 2_000
"""Megabytes of address space without which JAX, on two cores, ends the process as it starts."""

_THREADS, _THREADS_A_CORE = 32, 4
"""Without so many threads, JAX ends the process as it starts, or later."""

_GPUS = ("gpu", "cuda", "rocm")
"""What JAX_PLATFORMS calls them."""

_IMPORTING = threading.RLock()
"""Held while JAX is imported: another thread would find a half of it in sys.modules."""

_PROBE = "from jaxlib import xla_client; xla_client.make_cpu_client(num_devices=1)"
_PROBE_SECONDS = 60.0
_XLA_ERROR = re.compile(r"^[EF]\d{4} [^\]]*\] (.*?)\.?$", re.MULTILINE)

_UNREADABLE = "Error reading persistent compilation cache entry for '"
_UNWRITABLE = "Error writing persistent compilation cache entry for '"
"""How JAX's warnings begin."""


class DeviceError(CharlstmError, ValueError):
    """JAX cannot start here, or the work does not fit the devices; the message says what to change."""


def cores() -> int:
    """The number of processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def start_jax(devices: int = 0, device: str = "auto", *, joins: bool = False) -> None:
    """Set JAX up before its first use: CPU devices and the cache of compiled programs. Later calls change nothing.

    Args:
        devices: how many CPU devices to create for training; 0 creates one for each core.
        device: what to train on: 'cpu', 'gpu', or 'auto' for the GPU where JAX finds one.
        joins: whether this process still has to join others, before which JAX must not look for its devices.

    Raises:
        DeviceError: a variable of the environment keeps JAX from starting, or there is no such device.
    """
    jax = import_jax()
    platforms = os.environ.get("JAX_PLATFORMS") or None
    try:
        jax.config.update("jax_num_cpu_devices", devices or cores())
    except RuntimeError:  # JAX is running: its devices are made
        pass
    else:
        _check_threads()
        jax.config.update("jax_platforms", "cpu" if device == "cpu" else platforms)
        if not jax.config.values["jax_compilation_cache_dir"]:
            import platformdirs

            _keep_compiled(jax, platformdirs.user_cache_path("charlstm", appauthor=False) / "compiled")
    if not joins:
        check_device(device)


def check_device(device: str) -> None:
    """Check that there is a device as `start_jax` takes it. JAX makes its devices now.

    Raises:
        DeviceError: JAX can use none.
    """
    import jax

    try:
        jax.devices("gpu" if device == "gpu" else None)
    except (RuntimeError, AssertionError) as error:
        kept_to = os.environ.get("JAX_PLATFORMS", "")
        if device == "gpu" and kept_to and not any(kind in kept_to for kind in _GPUS):
            raise DeviceError(
                f"JAX_PLATFORMS is {shown(kept_to)!r}: unset it to train on a GPU, or leave out --device gpu."
            ) from error
        if device == "gpu":
            raise DeviceError(
                "There is no GPU that JAX can use. For one of NVIDIA's, install charlstm[cuda13] or charlstm[cuda12]; "
                "to train on the CPU, leave out --device gpu."
            ) from error
        if platforms := jax.config.values["jax_platforms"]:
            raise DeviceError(
                f"JAX_PLATFORMS is {shown(platforms)!r}, and JAX cannot use that here. Unset it, or set it to cpu."
            ) from error
        raise DeviceError(f"JAX cannot start: {shown(str(error))}. Take --device cpu.") from error


def import_jax() -> Any:
    """JAX, imported in an environment that lets it start.

    Raises:
        DeviceError: the environment does not.
    """
    with _IMPORTING:
        if "jax" in sys.modules:
            return sys.modules["jax"]
        _check_address_space()
        for name in OVERRULED:
            os.environ.pop(name, None)
        _check_xla_flags()
        share_arena()
        try:
            return importlib.import_module("jax")
        except ValueError as error:  # it names the variable
            reason = shown(str(error))
            raise DeviceError(f"JAX does not understand the environment: {reason}. Unset that variable.") from error


def _check_address_space() -> None:
    """Refuse a limit under which JAX would end the process without a word of its own."""
    if sys.platform == "win32":
        return
    import resource

    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    if limit != resource.RLIM_INFINITY and limit < ADDRESS_SPACE * 1_000_000:
        raise DeviceError(
            f"This shell gives a program {limit // 1_000_000:,} MB of address space, and JAX needs {ADDRESS_SPACE:,} "
            "or more to start. Raise the limit, or start from another shell: ulimit -v unlimited"
        )


def _check_threads() -> None:
    """Start as many threads as JAX will, because it ends the process without a word of its own where it cannot."""
    needed, gate = _THREADS + _THREADS_A_CORE * cores(), threading.Event()
    started = list[threading.Thread]()
    try:
        for _ in range(needed):
            thread = threading.Thread(target=gate.wait, daemon=True)
            thread.start()
            started.append(thread)
    except RuntimeError as error:
        raise DeviceError(
            f"This system lets the program start {len(started)} more threads, and JAX needs {needed}. End other "
            "programs, or raise the limit: ulimit -u unlimited"
        ) from error
    finally:
        gate.set()
        for thread in started:
            thread.join()


def _check_xla_flags() -> None:
    """Let another process try XLA_FLAGS, where it is set: XLA ends the one in which it does not understand them."""
    if not os.environ.get("XLA_FLAGS"):
        return
    try:
        tried = subprocess.run(
            [sys.executable, "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    refused = _XLA_ERROR.search(tried.stderr.decode(errors="replace")) if tried.returncode else None
    if refused:
        raise DeviceError(f"XLA does not understand XLA_FLAGS: {shown(refused[1])}. Correct the variable, or unset it.")


def _keep_compiled(jax: Any, folder: Path) -> None:
    # The cache holds machine code that later runs execute, so no other user may write there.
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    _mend_cache(folder)


def _mend_cache(folder: Path) -> None:
    """Have an entry that JAX cannot read removed, and made again, without a word; and let a full disk be no matter.

    JAX itself warns of it in each process, and keeps it. It names the program, with which its entries' names begin.
    """
    show = warnings.showwarning

    def remove(message: Warning | str, *about: Any, **more: Any) -> None:
        said, reading, entry = str(message).partition(_UNREADABLE)
        if said or not reading:
            show(message, *about, **more)
            return
        name = entry.partition("'")[0]
        with suppress(OSError):
            for file in folder.glob(f"{glob.escape(name)}-*"):
                file.unlink()

    warnings.showwarning = remove
    warnings.filterwarnings("always", message=_UNREADABLE)
    warnings.filterwarnings("ignore", message=_UNWRITABLE)
