"""What the environment can do to JAX: it works all the same, or a sentence says what to change."""

from __future__ import annotations

import os
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from threading import Event
from types import ModuleType

import jax
import pytest

from model.devices import jax_setup
from model.devices.jax_setup import DeviceError
from tests.model.devices.fresh_process import said_by
from tests.patience import PATIENCE

TRIES = """
from model.devices.jax_setup import DeviceError, start_jax
from model.networks.network_kinds import class_of
try:
    class_of("lstm")  # as commands do that look at a run's weights first
    start_jax(1)
except DeviceError as error:
    print(error)
else:
    import jax
    print(jax.jit(lambda key: jax.random.bits(key, (), "uint32"))(jax.random.PRNGKey(7)), jax.numpy.zeros(1).dtype)
"""


def started(tmp_path: Path, program: str = TRIES, *options: str, **environment: str) -> str:
    """What a fresh process says that starts JAX in this environment; it says nothing else."""
    return said_by(program, options, tmp_path, **environment)


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("JAX_PLATFORMS", "cuda", "JAX_PLATFORMS is 'cuda', and JAX cannot use that here. Unset it, or set it to cpu."),
        ("JAX_TRACEBACK_FILTERING", "x", 'JAX does not understand the environment: Invalid value "x" for JAX flag '),
        ("XLA_FLAGS", "--no-such=1", "XLA does not understand XLA_FLAGS: Unknown flag in XLA_FLAGS: --no-such=1."),
    ],
)
def test_a_variable_that_keeps_jax_from_starting_is_named(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    if value == "cuda" and os.path.exists("/dev/nvidiactl"):
        pytest.skip("there is a GPU")
    assert started(tmp_path, **{name: value}).startswith(sentence)


TORN = """
from pathlib import Path
from model.devices.jax_setup import start_jax
start_jax(1, "cpu")
import jax
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
folder = Path(jax.config.values["jax_compilation_cache_dir"])

def kept():
    jax.clear_caches()
    print(jax.jit(lambda x: x * 2)(jax.numpy.ones(3)).sum())
    return {file.name: file.stat().st_size for file in folder.iterdir()}

sound = kept()
for name, size in sound.items():
    (folder / name).write_bytes((folder / name).read_bytes()[: size // 2])
again = kept()
print(len(sound) > 0, again.keys() == sound.keys(), kept() == again)
"""


def test_a_torn_entry_of_the_compile_cache_is_made_again_without_a_word(tmp_path: Path) -> None:
    assert started(tmp_path, TORN, "-W", "error") == "6.0\n6.0\n6.0\nTrue True True"


@pytest.mark.usefixtures("two_devices")
def test_variables_that_would_break_training_or_change_a_seed_are_ignored(tmp_path: Path) -> None:
    here = f"{jax.random.bits(jax.random.PRNGKey(7), (), 'uint32')} float32"
    assert started(tmp_path, JAX_PLATFORMS="cpu", **dict.fromkeys(jax_setup.OVERRULED, "1")) == here


def test_too_little_address_space_is_said_before_jax_is_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda which: (500_000_000, resource.RLIM_INFINITY))
    monkeypatch.delitem(sys.modules, "jax", raising=False)
    with pytest.raises(DeviceError, match=r"^This shell gives a program 500 MB of address space.*ulimit -v unlimited$"):
        jax_setup.start_jax(1)


def test_a_thread_that_starts_jax_while_another_imports_it_gets_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    begun, go_on = Event(), Event()

    def slowly(name: str) -> ModuleType:
        module = sys.modules[name] = ModuleType(name)
        begun.set()
        assert go_on.wait(PATIENCE)
        module.__dict__["whole"] = True
        return module

    monkeypatch.delitem(sys.modules, "jax")
    monkeypatch.setattr(jax_setup, "_check_address_space", lambda: None)
    monkeypatch.setattr(jax_setup, "_check_xla_flags", lambda: None)
    monkeypatch.setattr("model.devices.jax_setup.importlib.import_module", slowly)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(jax_setup.import_jax)
        assert begun.wait(PATIENCE)
        second = pool.submit(lambda: "whole" in vars(jax_setup.import_jax()))
        wait([second], timeout=0.2)  # time enough to take the half, were it given
        go_on.set()
        assert second.result(PATIENCE)
        assert first.result(PATIENCE) is not jax
