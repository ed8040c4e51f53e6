"""The devices that training runs on: how many, their mesh, and where arrays lie on it.

On a CPU, one XLA device per core is far faster than one device with a thread pool: no operation waits for another
thread in the middle of a step. The batch is split over the devices and the gradients are summed; the same code runs on
many accelerators. The writer has its own CPU device: a device runs one program after another, and a character
would wait for the chunk of steps before it.
"""

from __future__ import annotations

import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

import jax
import numpy as np
import platformdirs
from jax.experimental import multihost_utils
from jax.extend.backend import clear_backends
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxlib import xla_client

from model.tokens.batches import DeviceError, check_split

DATA = "data"
"""The mesh's one axis: lanes are split along it."""

_LANES_PER_DEVICE = 8
"""Below this a device's matrix products are too thin to be worth it."""


_PLATFORMS = jax.config.values["jax_platforms"]
"""As the user's environment has them."""

_making = threading.Lock()
"""Held while the writing device is made: there is one."""


def cores() -> int:
    """The number of processor cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def start(devices: int = 0, device: str = "auto") -> None:
    """Set JAX up before its first use: CPU devices and the cache of compiled programs. Later calls change nothing.

    Args:
        devices: how many CPU devices to create for training; 0 creates one for each core.
        device: what to train on: 'cpu', 'gpu' (see `check_device`), or 'auto' for the GPU where JAX finds one.
    """
    try:
        jax.config.update("jax_num_cpu_devices", devices or cores())
    except RuntimeError:
        return  # JAX is running: its devices are made
    jax.config.update("jax_platforms", "cpu" if device == "cpu" else _PLATFORMS)
    if not jax.config.values["jax_compilation_cache_dir"]:
        _keep_compiled(platformdirs.user_cache_path("charlstm", appauthor=False) / "compiled")


def forget() -> None:
    """Let `start` set JAX up anew. No array and no compiled function of before may be used after that."""
    clear_backends()


def check_device(device: str) -> None:
    """Check that the device chosen in `start` exists.

    Raises:
        DeviceError: a GPU is wanted, and JAX can use none.
    """
    if device != "gpu":
        return
    try:
        jax.devices("gpu")
    except RuntimeError as error:
        raise DeviceError(
            "There is no GPU that JAX can use. For one of NVIDIA's, install charlstm[cuda13] or charlstm[cuda12]; to "
            "train on the CPU, leave out --device gpu."
        ) from error


def _keep_compiled(folder: Path) -> None:
    # The cache holds machine code that later runs execute, so no other user may write there.
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        return
    jax.config.update("jax_compilation_cache_dir", str(folder))
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def training_devices(platform: str | None = None) -> list[list[jax.Device]]:
    """Every accelerator, or every CPU device, by process.

    Args:
        platform: 'cpu' or 'gpu', as JAX calls it; None for the one that JAX prefers.
    """
    return [jax.local_devices(process_index=each, backend=platform) for each in range(jax.process_count())]


def choices(batch: int) -> list[tuple[str, int]]:
    """The devices that this process can train on, as platform and number; the choice of `make_mesh` comes first.

    For the platform that JAX prefers and for the CPU, each power of two that the batch divides over.
    """
    preferred: str = jax.devices()[0].platform
    offered = [(preferred, make_mesh(batch).size)]
    for platform in dict.fromkeys((preferred, "cpu")):
        try:
            (have,) = map(len, training_devices(platform))
        except RuntimeError:  # JAX was told to have no CPU
            continue
        offered += [(platform, n) for n in (1 << k for k in range(have.bit_length())) if batch % n == 0]
    return list(dict.fromkeys(offered))


def writing_device() -> jax.Device:
    """The CPU device of all writing, with its own threads; the same one in every thread.

    Another of JAX's own CPU devices would slow training by a fifth: XLA gives each device a thread, and this one would
    take a share of every step's work without a core to run on.
    """
    with _making:
        return _make_writing_device()


@cache
def _make_writing_device() -> jax.Device:
    # In the calling thread: a character is too little work to be worth handing over to another.
    client: Any = xla_client.make_cpu_client(asynchronous=False, num_devices=1)
    device: jax.Device
    (device,) = client.devices()
    return device


def shared_by(batch: int, have: int, processes: int = 1) -> int:
    """How many of a process's devices share a batch, where the user chooses none: as many as still get enough lanes.

    Args:
        batch: lanes.
        have: devices of each process.
        processes: that train together.
    """
    counts = range(have, 0, -1)
    fits = (n for n in counts if batch % (n * processes) == 0 and batch // (n * processes) >= _LANES_PER_DEVICE)
    return next(fits, 1)


def make_mesh(batch: int, devices: int = 0, platform: str | None = None) -> Mesh:
    """A mesh over the devices of all processes, as many of each, that a batch divides over evenly.

    Args:
        batch: lanes.
        devices: how many of each process; 0 takes as many as still get enough lanes each. It does not time them as
            `charlstm devices` does: every number would have to be compiled first, and a choice that depends on the
            load of the machine would make two runs of the same recipe differ.
        platform: as `training_devices` takes it.

    Raises:
        DeviceError: there are not that many devices, or the batch does not divide over them.
    """
    every = training_devices(platform)
    processes, have = len(every), min(map(len, every))
    if devices > have:
        raise DeviceError(f"--devices is {devices}, but there are {have} here.")
    devices = devices or shared_by(batch, have, processes)
    check_split(batch, devices * processes)
    chosen = [device for process in every for device in process[:devices]]
    return jax.make_mesh((len(chosen),), (DATA,), axis_types=(AxisType.Auto,), devices=chosen)


def own_lanes(mesh: Mesh, batch: int) -> slice:
    """The lanes of a batch that belong to this process's devices."""
    devices, (first, *_) = mesh.devices.tolist(), mesh.local_devices
    lanes = batch // len(devices)
    start = devices.index(first) * lanes
    return slice(start, start + len(mesh.local_devices) * lanes)


def replicate(mesh: Mesh, tree: Any) -> Any:
    """Place the same arrays on every device; every process passes the same ones."""
    sharding = NamedSharding(mesh, PartitionSpec())

    def place(leaf: Any) -> jax.Array:
        return jax.make_array_from_callback(np.shape(leaf), sharding, lambda index: np.asarray(leaf)[index])

    return jax.tree.map(place, tree)


def shard(mesh: Mesh, own: np.ndarray, axis: int) -> Any:
    """An array split along one axis; every process passes the part of its own devices."""
    sharding = NamedSharding(mesh, PartitionSpec(*[None] * axis, DATA))
    return jax.make_array_from_process_local_data(sharding, own)


def gather(tree: Any) -> Any:
    """Copy split arrays as a whole to this process; all processes must call it together."""
    return tree if jax.process_count() == 1 else multihost_utils.process_allgather(tree, tiled=True)
