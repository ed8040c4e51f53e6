"""How JAX is started, and how many devices a batch is split over."""

from __future__ import annotations

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.devices.jax_setup import DeviceError, check_device, cores
from model.devices.local_devices import (
    DATA,
    make_mesh,
    replicate,
    shard,
    training_devices,
    writing_device,
)
from tests.model.devices.fresh_process import said_by

START = "from model.devices.jax_setup import start_jax\n"

REPORT = """
import json, jax
print(json.dumps({
    "devices": jax.device_count(),
    "cache": jax.config.values["jax_compilation_cache_dir"],
    "seconds": jax.config.values["jax_persistent_cache_min_compile_time_secs"],
}))
"""


def started(program: str, cache: Path, **environment: str) -> dict[str, Any]:
    """What a fresh process says of JAX after `program`; its user's cache lies at `cache`."""
    said = said_by(program + REPORT, ["-W", "error"], cache, cache.parent, **{"JAX_PLATFORMS": "cpu"} | environment)
    report: dict[str, Any] = json.loads(said)
    return report


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="caches lie elsewhere there")
def test_starting_makes_the_devices_and_a_private_cache_once(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    compiled = cache / "charlstm" / "compiled"
    compiled.mkdir(parents=True, mode=0o755)
    program = START + "start_jax(3)\nimport jax\njax.devices()\nstart_jax(2)\n"
    assert started(program, cache) == {"devices": 3, "cache": str(compiled), "seconds": 0.1}
    assert stat.S_IMODE(compiled.stat().st_mode) == 0o700


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="caches lie elsewhere there")
def test_training_works_without_a_compile_cache(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.write_text("a file where the folder should be")
    report = started(START + "start_jax()\n", cache)
    assert report["devices"] == cores()
    assert report["cache"] is None


def test_the_users_own_compile_cache_is_used(tmp_path: Path) -> None:
    cache, chosen = tmp_path / "cache", str(tmp_path / "chosen")
    report = started(START + "start_jax(1)\n", cache, JAX_COMPILATION_CACHE_DIR=chosen)
    assert report["cache"] == chosen
    assert not cache.exists()


@pytest.mark.usefixtures("two_devices")
@pytest.mark.parametrize(("batch", "devices"), [(32, 2), (16, 2), (128, 2), (14, 1), (8, 1), (1, 1), (33, 1), (18, 2)])
def test_devices_are_as_many_as_are_kept_busy_by_equal_shares(batch: int, devices: int) -> None:
    mesh = make_mesh(batch)
    assert mesh.size == devices
    assert mesh.axis_names == (DATA,)


@pytest.mark.usefixtures("two_devices")
def test_writing_has_a_device_that_training_leaves_alone() -> None:
    assert len(training_devices()[0]) == 2
    assert writing_device() not in training_devices()[0]


@pytest.mark.usefixtures("two_devices")
@given(st.integers(1, 300))
def test_any_batch_finds_a_mesh(batch: int) -> None:
    assert batch % make_mesh(batch).size == 0


@pytest.mark.usefixtures("two_devices")
def test_a_number_of_devices_that_was_asked_for_is_taken() -> None:
    assert make_mesh(2, 2).size == 2
    assert make_mesh(64, 1).size == 1


@pytest.mark.usefixtures("two_devices")
@pytest.mark.parametrize(
    ("batch", "devices", "sentence"),
    [
        (32, 3, "--devices is 3, but there are 2 here."),
        (33, 2, "A batch of 33 does not divide over 2 devices: take --batch 32 or 34, or share it between 1 or 3."),
        (1, 2, "A batch of 1 does not divide over 2 devices: take --batch 2, or share it between 1."),
    ],
)
def test_impossible_devices_are_refused_with_advice(batch: int, devices: int, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        make_mesh(batch, devices)


@pytest.mark.usefixtures("two_devices")
def test_arrays_lie_whole_or_in_shares() -> None:
    mesh = make_mesh(4, 2)
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    whole, split = replicate(mesh, {"w": array})["w"], shard(mesh, array, 1)
    np.testing.assert_array_equal(whole, array)
    np.testing.assert_array_equal(split, array)
    assert {share.data.shape for share in whole.addressable_shards} == {(3, 4)}
    assert {share.data.shape for share in split.addressable_shards} == {(3, 2)}
    assert {share.device for share in split.addressable_shards} == set(jax.devices()[:2])


def test_training_can_be_kept_to_the_cpu(tmp_path: Path) -> None:
    report = started(START + "start_jax(1, 'cpu')\n", tmp_path / "cache", JAX_PLATFORMS="")
    assert report["devices"] == 1


@pytest.mark.usefixtures("two_devices")
def test_a_missing_gpu_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    check_device("auto")
    check_device("cpu")
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    with pytest.raises(DeviceError, match=r"^JAX_PLATFORMS is 'cpu': unset it"):
        check_device("gpu")
    monkeypatch.delenv("JAX_PLATFORMS")
    with pytest.raises(DeviceError, match=r"^There is no GPU that JAX can use\."):
        check_device("gpu")
