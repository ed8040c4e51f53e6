"""What all tests share: no person's files are touched, and JAX starts once with two CPU devices."""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Other programs on the machine must not make a property look slow, nor the making of its examples.
settings.register_profile("charlstm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("charlstm")

USER_FOLDERS = ("XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")

TESTS = Path(__file__).parent
TUI = TESTS / "tui"

COMPILED_AS_FOR_USERS = {
    TESTS / place
    for place in (
        "model/networks/recurrent",
        "model/training/test_keras_golden.py",
        "model/training/test_train_step.py",
        "model/writing/test_language_model.py",
        "tui/engine/writing/test_writing_again.py",
        "tui/terminal",
    )
}
"""Where tests compare what different programs compute, or with figures of other libraries, or are the whole program as
people start it. What is compared with itself, such as a run and the same run resumed, may be compiled quickly."""

_QUICKLY = "JAX_DISABLE_MOST_OPTIMIZATIONS"

_home = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Set the environment before anything reads it, JAX's import above all; child processes inherit it."""
    config.stash[_home] = home = tempfile.TemporaryDirectory(prefix="charlstm-tests-", ignore_cleanup_errors=True)
    for name in USER_FOLDERS:
        folder = Path(home.name, name.lower())
        folder.mkdir()
        os.environ[name] = str(folder)
    # Compiled programs do outlive the session: a second run of the tests compiles next to nothing.
    if getattr(config, "cache", None) is not None:
        os.environ["JAX_COMPILATION_CACHE_DIR"] = str(config.cache.mkdir("compiled"))
        os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0.1"
        os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    # A screen that is drawn makes objects by the ten thousand. Looking for garbage after each 700 of them would take a
    # third of the time of tests that start the program, and after each 50,000 a tenth.
    gc.set_threshold(400_000, 20, 10)
    # Messages name commands as they must be typed: here as in an activated environment, whatever started the tests.
    os.environ.pop("UV_RUN_RECURSION_DEPTH", None)
    os.environ["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), os.environ.get("PATH", "")))


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the temporary user folders."""
    home = config.stash.get(_home, None)
    if home is not None:
        home.cleanup()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Let XLA optimise what is compiled only where that matters: it takes a third of the time of tests that compile."""
    quickly = COMPILED_AS_FOR_USERS.isdisjoint((item.path, *item.path.parents))
    if os.environ.get(_QUICKLY) == str(int(quickly)):
        return
    os.environ[_QUICKLY] = str(int(quickly))  # for the programs that tests start, and for JAX, which is imported late
    if "jax" in sys.modules:
        import jax

        jax.config.update(_QUICKLY.lower(), quickly)
        jax.clear_caches()


def pytest_runtest_teardown() -> None:
    """Collect again what engines have excluded from garbage collection: most of it ends with the test."""
    gc.unfreeze()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with programs on a terminal, which take long and wait much, so that other tests run beside them.

    Give long tests, which are run by hand, no time limit; run a screen's test that fails beside others once more.
    """
    items.sort(key=lambda item: TUI / "terminal" not in item.path.parents)
    for item in items:
        if TUI in item.path.parents and hasattr(item.config, "workerinput"):
            # But not one that was stopped after five minutes.
            item.add_marker(pytest.mark.flaky(reruns=1, rerun_except="Timeout"))
        if item.get_closest_marker("slow") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(0))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name long bytes only by their argument: what is packed says when, which differs between processes."""
    return argname if isinstance(val, bytes) and len(val) > 20 else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why tests were run once more: what fails on a slow machine only is a fault, too."""
    for report in terminalreporter.stats.get("rerun", ()):
        terminalreporter.section(f"run once more: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)


@pytest.fixture(scope="session")
def two_devices() -> None:
    """JAX, started with two CPU devices to train on; every test that runs JAX in this process asks for it."""
    from model.devices.jax_setup import start_jax

    start_jax(2)
    import jax

    assert jax.device_count() == 2, "something used JAX before this fixture started it"
    from model.training import learner

    # Trainers of the same recipe share what is compiled; the program trains one run after the other.
    learner.make_train_chunk = cache(learner.make_train_chunk)


@pytest.fixture
def compilations(two_devices: None) -> Iterator[Callable[[], int]]:
    """How many programs JAX has compiled, or taken from its cache of compiled ones, since the test began."""
    import jax

    seen: list[str] = []

    def listen(event: str, duration: float, **_: object) -> None:
        if event.endswith("backend_compile_duration"):
            seen.append(event)

    jax.monitoring.register_event_duration_secs_listener(listen)
    yield lambda: len(seen)
    jax.monitoring.unregister_event_duration_listener(listen)
