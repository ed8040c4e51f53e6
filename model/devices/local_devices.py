"""The devices that training runs on: how many, their mesh, and where arrays lie on it.

On a CPU, one XLA device per core is far faster than one device with a thread pool: no operation waits for another
thread in the middle of a step. The batch is split over the devices and the gradients are summed; the same code runs on
many accelerators. The writer has its own CPU device: a device runs one program after another, and a character
would wait for the chunk of steps before it.
"""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.extend.backend import clear_backends
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxlib import xla_client

from model.devices.jax_setup import DeviceError
from model.tokens.batches import check_split, shared_by

DATA = "data"
"""The mesh's one axis: lanes are split along it."""

_making = threading.Lock()
"""Held while the writing device is made: there is one."""


def forget() -> None:
    """Let `start_jax` set JAX up anew. No array and no compiled function of before may be used after that."""
    clear_backends()


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
