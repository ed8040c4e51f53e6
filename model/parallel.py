"""The devices that training runs on: how many, their mesh, and where arrays lie on it.

On a CPU one XLA device per core is far faster than one device with a thread pool: no operation waits for another
thread in the middle of a step. The batch is split over the devices and the gradients are summed, the very code that
runs on many accelerators. One CPU device more is for who writes meanwhile: a device runs one program after another,
and a character would wait for the whole chunk of steps before it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import jax
import platformdirs
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec

DATA = "data"
"""The mesh's one axis: lanes are split along it."""

_LANES_PER_DEVICE = 8
"""Below this a device's matrix products are too thin to be worth it."""


class DeviceError(ValueError):
    """The work does not fit the devices; the message says what does."""


def cores() -> int:
    """Processor cores this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def start(devices: int = 0) -> None:
    """Set JAX up before its first use: CPU devices and the cache of compiled programs. Later calls change nothing.

    Args:
        devices: CPU devices to make for training; 0 makes one for each core.
    """
    try:
        jax.config.update("jax_num_cpu_devices", (devices or cores()) + 1)
    except RuntimeError:
        return  # JAX is running: its devices are made
    if not jax.config.values["jax_compilation_cache_dir"]:
        _keep_compiled(platformdirs.user_cache_path("charlstm", appauthor=False) / "compiled")


def _keep_compiled(folder: Path) -> None:
    # The cache holds machine code that later runs execute, so nobody else may write there.
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def training_devices() -> list[jax.Device]:
    """Every accelerator, or every CPU device but the one for writing."""
    every: list[jax.Device] = jax.devices()
    return every[:-1] if every[0].platform == "cpu" and len(every) > 1 else every


def writing_device() -> jax.Device:
    """A CPU device that training leaves alone; where JAX was told to have no CPU, the last there is."""
    try:
        last: jax.Device = jax.devices("cpu")[-1]
    except RuntimeError:
        last = jax.devices()[-1]
    return last


def make_mesh(batch: int, devices: int = 0) -> Mesh:
    """A mesh over this machine's devices that a batch divides over evenly.

    Args:
        batch: lanes.
        devices: how many to use; 0 takes as many as leave each device enough lanes to be busy. It does not time them:
            every number would have to be compiled first, and one that hangs on what else the machine is doing would
            keep two runs of the same recipe from agreeing bit for bit.

    Raises:
        DeviceError: there are not that many devices, or the batch does not divide over them.
    """
    every = training_devices()
    have = len(every)
    if devices:
        if devices > have:
            raise DeviceError(f"--devices is {devices}, but there are {have} here.")
        if batch % devices:
            near = [b for b in (batch // devices * devices, (batch // devices + 1) * devices) if b]
            sizes = " or ".join(map(str, near))
            raise DeviceError(f"A batch of {batch} does not divide over {devices} devices: take --batch {sizes}.")
    else:
        fits = (n for n in range(have, 0, -1) if batch % n == 0 and batch // n >= _LANES_PER_DEVICE)
        devices = next(fits, 1)
    return jax.make_mesh((devices,), (DATA,), axis_types=(AxisType.Auto,), devices=every[:devices])


def replicate(mesh: Mesh, tree: Any) -> Any:
    """The same arrays on every device."""
    return jax.device_put(tree, NamedSharding(mesh, PartitionSpec()))


def shard(mesh: Mesh, array: Any, axis: int) -> Any:
    """An array split along one axis."""
    return jax.device_put(array, NamedSharding(mesh, PartitionSpec(*[None] * axis, DATA)))
